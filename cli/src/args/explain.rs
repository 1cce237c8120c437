//! The options of `explain`.

use std::path::PathBuf;

/// What follows the options in the help.
pub const HELP: &str = "\
What each FILE is, is found from its content: the error body that a service answered, a client's \
debug log, a raw HTTP request, a captured error, a line of an access log, or any text that holds one \
of them. The options say what a file is where that is not clear.

Examples:
  sigdrift explain body.xml
  sigdrift explain --error body.xml --client debug.log
  sigdrift explain --sent sent.http --received got.http --secret-file secret
  printf %s \"$URL\" |
      sigdrift explain --url - --method PUT --secret-file secret
  aws s3 cp a.txt s3://bucket/ --debug 2>&1 | sigdrift explain -

Secrets are read from files only, and never printed, whatever happens.

Exit codes:
  0  done, also when the cause stays undetermined
  2  bad usage, or nothing that could be read as evidence";

/// The options of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainOptions {
    /// Evidence of one failing request, `-` for standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the service answered: XML, JSON or text
    #[arg(long, value_name = "FILE")]
    pub error: Option<PathBuf>,
    /// The debug log of the client
    #[arg(long, value_name = "FILE")]
    pub client: Option<PathBuf>,
    /// The raw HTTP request as the client sent it
    #[arg(long, value_name = "FILE")]
    pub sent: Option<PathBuf>,
    /// The raw HTTP request as the server received it
    #[arg(long, value_name = "FILE")]
    pub received: Option<PathBuf>,
    /// The presigned URL that was used, `-` to read it from standard input
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The HTTP method that the URL was used with [default: the one that the rest of the evidence shows, else GET]
    #[arg(long, requires = "url")]
    pub method: Option<String>,
    /// A line of an S3 server access log, text or JSON
    #[arg(long, value_name = "FILE")]
    pub access_log: Option<PathBuf>,
    /// A file that holds the secret access key which its user believes in; one line end at its end
    /// is dropped
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// The longest time to search, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub search_time: f64,
    /// Prints the diagnosis as JSON
    #[arg(long)]
    pub json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds expected".to_owned())?;
    if (0.0..=3600.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("0 to 3600 expected".to_owned())
    }
}

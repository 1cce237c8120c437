//! The options of `check`.

use clap::ArgGroup;

use crate::signing_time::SigningTime;

/// What follows the options in the help.
pub const HELP: &str = "\
Works offline, and without the secret: it says what the service will refuse whatever the secret is.

Examples:
  sigdrift check --endpoint https://media.s3.eu-west-1.amazonaws.com \\
      --region eu-west-1 --service s3
  sigdrift check --endpoint media.s3-accelerate.amazonaws.com \\
      --region eu-west-1 --service s3 \\
      --signed-headers 'accept-encoding;host;x-amz-date'
  sigdrift check --url - --method PUT < presigned-url
  printf %s \"$PRESIGNED\" | sigdrift check --url - --json |
      jq '.findings[] | select(.level != \"ok\")'

Exit codes:
  0  nothing will be refused; warnings name what may be
  1  drift: something will be refused
  2  bad usage, or the URL could not be read";

/// The options of `check`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).args(["endpoint", "url"]))]
pub struct CheckOptions {
    /// The endpoint that requests are sent to, a URL or a host name
    #[arg(long, value_name = "URL", requires_all = ["region", "service"])]
    pub endpoint: Option<String>,
    /// The region that is signed for; `*` or a list for Signature Version 4A
    #[arg(long, requires = "endpoint", conflicts_with = "url")]
    pub region: Option<String>,
    /// The signing name of the service that is signed for, as s3 or execute-api
    #[arg(long, requires = "endpoint", conflicts_with = "url")]
    pub service: Option<String>,
    /// The headers that are signed, as they stand in an Authorization header
    #[arg(long, value_name = "NAMES", requires = "endpoint", conflicts_with = "url")]
    pub signed_headers: Option<String>,
    /// A presigned URL, `-` for standard input, which keeps it out of the list of processes
    #[arg(long, value_name = "URL", allow_hyphen_values = true)]
    pub url: Option<String>,
    /// The method that the presigned URL will be used with
    #[arg(long, requires = "url", conflicts_with = "endpoint")]
    pub method: Option<String>,
    /// The moment for which it is checked, RFC 3339 or YYYYMMDDTHHMMSSZ [default: now]
    #[arg(long, value_name = "TIME", requires = "url", conflicts_with = "endpoint")]
    pub now: Option<SigningTime>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

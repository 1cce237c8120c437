//! The command line.

mod canonical;
mod check;
mod diff;
mod explain;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use sigdrift_telemetry::dimension::Dimension;
use sigdrift_telemetry::moment::Moment;

pub use self::canonical::CanonicalOptions;
pub use self::check::CheckOptions;
pub use self::diff::DiffOptions;
pub use self::explain::ExplainOptions;

const ABOUT: &str = "Finds, clusters and explains AWS request-signature failures \
(SignatureDoesNotMatch and its siblings) in logs.";

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a check answered no
  2  bad usage, nothing readable, or the result could not be written
  3  finished, but part of the input was unreadable (it says which)";

/// The arguments of the command.
#[derive(Debug, Parser)]
#[command(name = "sigdrift", version, about = ABOUT, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reads logs and prints which signature failures there are, where, since when, and why
    #[command(after_help = ANALYZE_HELP)]
    Analyze(AnalyzeOptions),
    /// Prints the canonical request, the string to sign and the signature of a request, or verifies it
    #[command(after_help = canonical::HELP)]
    Canonical(Box<CanonicalOptions>),
    /// Says, before anything is sent, whether an endpoint or a presigned URL is signed for what it wants
    #[command(after_help = check::HELP)]
    Check(CheckOptions),
    /// Compares two canonical requests, or those in two logs, part by part
    #[command(after_help = diff::HELP)]
    Diff(DiffOptions),
    /// Names the cause of one failing request, and proves it where the evidence allows
    #[command(after_help = explain::HELP)]
    Explain(Box<ExplainOptions>),
    /// Prints a completion script for a shell
    #[command(
        after_help = "Examples:\n  sigdrift completions zsh > ~/.zfunc/_sigdrift\n  sigdrift completions bash >> ~/.bash_completion"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page
    #[command(
        after_help = "Examples:\n  sigdrift man | man -l -\n  sigdrift man analyze > sigdrift-analyze.1"
    )]
    Man {
        /// The command whose page it is; the whole program's by default
        command: Option<String>,
    },
}

const ANALYZE_HELP: &str = "\
Logs are recognised by their content, not by their names: S3 server access logs (text, or JSON \
from CloudWatch Logs), CloudTrail, captured errors, and application logs in which an AWS client \
printed an error; each plain, gzip or zstd.

In the cloud (feature `aws`) there are log objects, s3://bucket/prefix; CloudTrail's event history of \
90 days, cloudtrail, or of another region cloudtrail:us-east-1; and log groups, logs:/log/group. Of the \
last two the window is asked for: without --from, the hour before --to. CloudTrail answers 100 events a \
second. A file or folder of such a name is read instead; write cloudtrail: if it is not meant.

Examples:
  sigdrift analyze logs/
  sigdrift analyze --from -2h --json logs/ | jq '.clusters[0]'
  sigdrift analyze --group-by endpoint,operation access.log cloudtrail/
  sigdrift analyze --deploys deploys.jsonl --from 2026-04-15T07:00:00Z logs/
  sigdrift analyze --store ~/sigdrift --from -7d logs/
  sigdrift analyze --from -1h --fail-on-incident logs/
  sigdrift analyze --detection detection.json --explain-detection last-month/
  sigdrift analyze --from -2h cloudtrail logs:/aws/lambda/app s3://bucket/logs/
  sigdrift analyze --store s3://sigdrift-store --from -7d
  zcat old/*.gz | sigdrift analyze -";

/// The options of `analyze`.
#[derive(Debug, clap::Args)]
pub struct AnalyzeOptions {
    /// Log files, folders (read recursively), `-` for standard input; s3://bucket/prefix, cloudtrail or
    /// logs:/log/group; with --store alone, everything that the store holds of the window
    #[arg(required_unless_present = "store", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The first moment that counts: RFC 3339, `-2h` or `-7d` from now, or `now`. Whole minutes count
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<Moment>,
    /// The moment before which things count, written in the same way
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub to: Option<Moment>,
    /// What clusters are made of, besides the error code: endpoint, key, region, deploy, operation,
    /// bucket, auth, client
    #[arg(
        long,
        value_name = "DIMENSIONS",
        value_delimiter = ',',
        default_value = "endpoint,key,region,deploy"
    )]
    pub group_by: Vec<Dimension>,
    /// Deploy markers, one JSON object a line: {"time":…,"version":…,"match":{"endpoint":…}}
    #[arg(long, value_name = "FILE")]
    pub deploys: Option<PathBuf>,
    /// Keeps what is read of files and objects in this folder, or under s3://bucket/prefix, and does not
    /// read again what it holds
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Settings of detection, a JSON object: {"sensitivity":"high","fewest_failures":20}
    #[arg(long, value_name = "FILE")]
    pub detection: Option<PathBuf>,
    /// Also shows, for each series of failures and each of its minutes, why it was or was not an incident
    #[arg(long)]
    pub explain_detection: bool,
    /// Ends with exit code 1 if there was an incident in the window
    #[arg(long)]
    pub fail_on_incident: bool,
    /// Prints the summary as JSON
    #[arg(long)]
    pub json: bool,
    /// How many threads read [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// The profile of the AWS configuration, for what is in the cloud
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region, for what is in the cloud
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The endpoint, for what is on a server other than AWS's
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

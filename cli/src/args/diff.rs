//! The options of `diff`.

use std::path::PathBuf;

/// What follows the options in the help.
pub const HELP: &str = "\
A file is a canonical request, or a text that holds one: a client's debug log, the error body of a \
service, a captured error, a signed raw request. Of a text that holds both sides, A is the signer's and \
B the verifier's, so that one log can be compared with itself. Session tokens are shown as \
{sha256:<16 hex>}, signatures not at all.

Examples:
  sigdrift diff ours.txt theirs.txt
  sigdrift diff boto3-debug.log error.xml
  aws s3 cp a s3://media/a --debug 2>&1 | sigdrift diff - error.xml
  sigdrift diff debug.log debug.log --json | jq '.diff'

Exit codes:
  0  the same
  1  they differ
  2  bad usage, or one of them could not be read";

/// The options of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffOptions {
    /// What was signed; `-` for standard input
    #[arg(value_name = "A")]
    pub signed: PathBuf,
    /// What was verified; `-` for standard input
    #[arg(value_name = "B")]
    pub verified: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

//! The options of `canonical`.

use std::path::PathBuf;

use crate::signing_time::SigningTime;

/// What follows the options in the help.
pub const HELP: &str = "\
The request is raw HTTP: `METHOD /path HTTP/1.1`, headers, a blank line, the body. Lines may end in \
LF or CRLF, headers may be folded, the path may hold raw spaces and UTF-8.

To sign, --region, --service and --access-key are needed. They are not for a request that carries a \
signature of version 2 or 4A, or for a browser's upload (a POST form with a policy): of those the \
string to sign is printed, and with --verify whether the secret signed it. In JSON `canonical_request` \
is null where there is none (version 2, forms), and `signature` in version 4A.

Examples:
  sigdrift canonical --request put.http --region eu-west-1 --service s3 \\
      --access-key AKIAIOSFODNN7EXAMPLE --secret-file secret
  sigdrift canonical --request get.http --region eu-west-1 --service s3 \\
      --access-key AKIAIOSFODNN7EXAMPLE --secret-file secret \\
      --presign --expires 3600
  sigdrift canonical --request received.http --secret-file secret --verify
  ssh gateway cat captured.http |
      sigdrift canonical --request - --secret-file secret --verify --json

Exit codes:
  0  done, or the signature is the one that the secret makes
  1  with --verify: it is not
  2  bad usage, or something could not be read
  3  with --verify: it cannot be told: version 4A has no shared secret";

/// The options of `canonical`.
#[derive(Debug, clap::Args)]
pub struct CanonicalOptions {
    /// The raw HTTP request, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub request: PathBuf,
    /// The region to sign for; with --verify by default the one that the request names
    #[arg(long)]
    pub region: Option<String>,
    /// The signing name of the service, as s3 or execute-api; with --verify by default the one that
    /// the request names
    #[arg(long)]
    pub service: Option<String>,
    /// The access key id; with --verify, the request has to name it
    #[arg(long, value_name = "ID")]
    pub access_key: Option<String>,
    /// A file that holds the secret access key and nothing else; one line end at its end is dropped
    #[arg(long, value_name = "FILE")]
    pub secret_file: PathBuf,
    /// A file that holds the session token of temporary credentials
    #[arg(long, value_name = "FILE")]
    pub session_token_file: Option<PathBuf>,
    /// Leaves the session token out of what is signed, as the services do that want it added
    /// afterwards
    #[arg(long)]
    pub omit_session_token: bool,
    /// When the request is signed, RFC 3339 or YYYYMMDDTHHMMSSZ [default: its own X-Amz-Date, else now]
    #[arg(long, value_name = "TIME")]
    pub time: Option<SigningTime>,
    /// Whether `.`, `..` and `//` in the path are resolved [default: false for S3 and its relatives,
    /// true for others]
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub normalize_path: Option<bool>,
    /// Whether the path is encoded once more than it is sent [default: false for S3 and its
    /// relatives, true for others]
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    pub double_encode: Option<bool>,
    /// Adds and signs x-amz-content-sha256; with --presign, signs the hash of the body where S3
    /// otherwise leaves it unsigned
    #[arg(long)]
    pub sign_body: bool,
    /// Signs in the query: makes a presigned URL
    #[arg(long, requires = "expires")]
    pub presign: bool,
    /// How long a presigned URL is valid, in seconds
    #[arg(long, value_name = "SECONDS", requires = "presign")]
    pub expires: Option<u64>,
    /// Verifies the signature that the request carries, in whichever form, instead of making one
    #[arg(long)]
    pub verify: bool,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

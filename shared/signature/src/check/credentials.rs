//! The credentials behind a presigned URL: long-lived or temporary, and how long they can live.
//!
//! Key ids: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>, lifetimes:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html>

use super::Finding;
use super::expiry::spell;
use super::parameters::Signed;
use crate::http::HttpRequest;

const HOUR: u64 = 3600;
/// What a role's session lasts unless it is asked to last longer.
const USUAL_SESSION: u64 = HOUR;
/// What a role's session lasts at most, and a user's.
const LONGEST_ROLE: u64 = 12 * HOUR;
const LONGEST_SESSION: u64 = 36 * HOUR;

pub(super) fn findings(request: &HttpRequest, signed: &Signed) -> Vec<Finding> {
    let check = "credentials";
    let id = signed.access_key_id.as_str();
    let has_token = ["X-Amz-Security-Token", "X-Amz-S3session-Token"]
        .iter()
        .any(|name| request.parameter(name).is_some_and(|token| !token.is_empty()));
    let is_of_aws = id.len() >= 16 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_of_aws && id.starts_with("ASIA") && !has_token {
        return vec![Finding::drift(
            check,
            format!("{id} is temporary, but the URL has no X-Amz-Security-Token"),
            "give the presigner the session token as well",
        )];
    }
    if is_of_aws && id.starts_with("AKIA") && has_token {
        return vec![Finding::drift(
            check,
            format!("{id} is a long-lived key, but the URL has a session token"),
            "remove the stray session token from the configuration",
        )];
    }
    if !is_of_aws || id.starts_with("AKIA") && id.len() != 20 {
        return vec![Finding::warning(
            check,
            format!("{id} does not look like an access key id of AWS"),
            "compare it with the key id that was meant",
        )];
    }
    let Some(expires) = signed.expires.filter(|_| has_token) else {
        return vec![Finding::ok(check, format!("signed with {id}"))];
    };
    let ends =
        format!("{id} is temporary: the URL ends when the credentials end, however long it says");
    let most = match expires {
        _ if expires > LONGEST_SESSION => {
            format!("{ends}; it says {}, and no session lasts longer than 36 h", spell(expires))
        }
        _ if expires > LONGEST_ROLE => {
            format!("{ends}; it says {}, and a role's session lasts 12 h at most", spell(expires))
        }
        _ if expires > USUAL_SESSION => {
            format!("{ends}; it says {}, and a role's session usually lasts 1 h", spell(expires))
        }
        _ => return vec![Finding::ok(check, ends)],
    };
    vec![Finding::warning(
        check,
        most,
        "presign for less than what is left of the session, or with a session that lasts longer",
    )]
}

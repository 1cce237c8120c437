//! What a user agent tells: the client and its version, the application's id, who is behind it.
//!
//! The `app/` token is the SDKs' application id,
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html>.

use memchr::memmem;

/// The longest client name that is kept, in bytes.
const CLIENT_LIMIT: usize = 64;

/// The application id in a user agent, as set by `sdk_ua_app_id`.
///
/// The Rust SDK writes its build metadata right behind the id without a space
/// (`app/checkout-42md/abc`), so an id ends before `md/` too.
#[must_use]
pub fn app_id(user_agent: &str) -> Option<&str> {
    let bytes = user_agent.as_bytes();
    memmem::find_iter(bytes, b"app/").find_map(|at| {
        if at > 0 && bytes[at - 1] != b' ' {
            return None;
        }
        let rest = &user_agent[at + 4..];
        let end = rest.find(|c: char| !is_app_id_char(c)).unwrap_or(rest.len());
        let id = &rest[..end];
        let joined = rest[end..].starts_with('/') && id.len() > 2;
        let id = if joined { id.strip_suffix("md").unwrap_or(id) } else { id };
        (!id.is_empty()).then_some(id)
    })
}

fn is_app_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// The client: its name with its version (`Boto3/1.43.11`, `aws-cli/2.34.11`), or the first word.
#[must_use]
pub fn client(user_agent: &str) -> Option<&str> {
    let trimmed = user_agent.trim_matches(|c: char| c == '[' || c == '"' || c.is_whitespace());
    let first = trimmed.split([' ', ',', ']', '"']).next()?;
    let end = first
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= CLIENT_LIMIT)
        .last()?;
    let first = &first[..end];
    (!first.is_empty() && first != "-").then_some(first)
}

/// Whether this is one of AWS's own writers (`aws-internal/3`), whose failures are noise.
#[must_use]
pub fn is_aws_internal(user_agent: &str) -> bool {
    user_agent.trim_start_matches(['[', '"']).starts_with("aws-internal")
}

/// Whether a browser, or a content delivery network, sent this.
#[must_use]
pub fn is_browser_or_cdn(user_agent: &str) -> bool {
    ["Mozilla/", "Opera/", "Amazon CloudFront", "Cloudflare", "Fastly", "Akamai"]
        .iter()
        .any(|name| user_agent.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_app_id() {
        let boto = "Boto3/1.43.11 md/Botocore#1.43.11 cfg/retry-mode#legacy app/checkout-svc-v2025.11.22-3fa9 Botocore/1.43.11";
        assert_eq!(app_id(boto), Some("checkout-svc-v2025.11.22-3fa9"));
        assert_eq!(app_id("aws-sdk-rust/1.3 os/linux app/checkout-42md/abc"), Some("checkout-42"));
        assert_eq!(app_id("aws-sdk-rust/1.3 app/foo"), Some("foo"));
        assert_eq!(app_id("webapp/1.0 (myapp/2)"), None);
        assert_eq!(app_id("x app/ y app/late"), Some("late"));
        assert_eq!(app_id("app/md"), Some("md"));
    }

    #[test]
    fn names_the_client() {
        assert_eq!(client("Boto3/1.43.11 md/Botocore#1.43.11"), Some("Boto3/1.43.11"));
        assert_eq!(client("[aws-cli/2.34.11 md/awscrt#0.31.2]"), Some("aws-cli/2.34.11"));
        assert_eq!(client("-"), None);
        assert_eq!(client("\"User Agent\""), Some("User"));
        assert_eq!(client(&"é".repeat(100)).map(str::len), Some(64));
    }

    #[test]
    fn marks_who_is_behind_it() {
        assert!(
            is_aws_internal("aws-internal/3 aws-sdk-java/1.11")
                && !is_aws_internal("my aws-internal")
        );
        assert!(is_browser_or_cdn("Mozilla/5.0 (X11)") && !is_browser_or_cdn("aws-cli/2"));
    }
}

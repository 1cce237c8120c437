//! Where a deploy version is read from, and which application it belongs to.
//!
//! Carriers, best first: the application id in the user agent, an `x-…` query parameter (S3 ignores
//! such parameters and logs them, see "Custom access log information" in
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>), the field of a captured
//! error, a deploy marker in force, and the function version in the name of a Lambda log stream.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// What carried a deploy version, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// `app/<id>` in the user agent.
    AppId,
    /// An `x-…` query parameter.
    QueryParameter,
    /// The `deploy_version` of a captured error.
    CapturedError,
    /// A deploy marker in force at that time.
    Marker,
    /// The function version in a log stream's name.
    FunctionVersion,
}

/// Words that make an `x-…` query parameter a deploy version. Any other is the user's own matter.
const VERSION_WORDS: &[&str] = &[
    "deploy",
    "deployment",
    "version",
    "ver",
    "v",
    "release",
    "rev",
    "revision",
    "build",
    "commit",
    "sha",
    "app",
    "tag",
];

/// A version in a query is no longer than this, in bytes. What is longer is something else.
const LONGEST: usize = 64;

/// The deploy version in an `x-…` query parameter, such as `x-deploy=v42`. The SDKs' own `x-id` and
/// everything that begins with `x-amz-` is left alone.
#[must_use]
pub fn query_parameter(query: &str) -> Option<Cow<'_, str>> {
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let (prefix, rest) = name.split_at_checked(2)?;
        if !prefix.eq_ignore_ascii_case("x-") || value.is_empty() || value.len() > LONGEST {
            return None;
        }
        let lower = rest.to_ascii_lowercase();
        if lower.starts_with("amz-") {
            return None;
        }
        let named = lower.split(['-', '_']).any(|word| VERSION_WORDS.contains(&word));
        named.then(|| percent_decode_str(value).decode_utf8_lossy())
    })
}

/// The function version in the name of a Lambda log stream, `2026/04/15/[42]0123abcd…`.
/// `$LATEST` is no version.
#[must_use]
pub fn function_version(log_stream: &str) -> Option<&str> {
    let (_, rest) = log_stream.split_once('[')?;
    let (version, _) = rest.split_once(']')?;
    (!version.is_empty() && version.bytes().all(|b| b.is_ascii_digit())).then_some(version)
}

/// What stands between an application's name and its version. Application ids may hold more than letters
/// and digits: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html>.
const SEPARATORS: [char; 10] = ['-', '_', '.', '+', '#', '~', '|', '@', ':', '/'];
/// What may stand right before the digits of a version, in either case.
const BEFORE_DIGITS: [&str; 7] = ["", "v", "r", "b", "rc", "rev", "build"];

/// The application that a version belongs to: what stands before the part that looks like a
/// version. `checkout-svc-v2025.11.22-3fa9` belongs to `checkout-svc`, `v42` to the empty name.
#[must_use]
pub fn app_of(version: &str) -> &str {
    let mut start = 0;
    for part in version.split_inclusive(SEPARATORS) {
        let word = part.trim_end_matches(SEPARATORS);
        if looks_like_version(word) {
            return version[..start].trim_end_matches(SEPARATORS);
        }
        start += part.len();
    }
    version
}

fn looks_like_version(word: &str) -> bool {
    let is_numbered_behind = |name: &str| {
        let (before, digits) = word.split_at_checked(name.len()).unwrap_or_default();
        before.eq_ignore_ascii_case(name)
            && digits.starts_with(|first: char| first.is_ascii_digit())
    };
    let numbered = BEFORE_DIGITS.into_iter().any(is_numbered_behind);
    let hashed = word.len() >= 7
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_digit());
    numbered || hashed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parameters_that_name_a_version_count() {
        assert_eq!(query_parameter("x-id=PutObject&x-deploy=v42").as_deref(), Some("v42"));
        assert_eq!(query_parameter("a=b&x-app-version=1.2%2B7").as_deref(), Some("1.2+7"));
        assert_eq!(query_parameter("X-Amz-Date=20260415T000000Z&x-id=GetObject"), None);
        assert_eq!(query_parameter("x-request=77&x-deploy="), None);
        assert_eq!(query_parameter("é&x"), None);
    }

    #[test]
    fn function_versions_are_numbers() {
        assert_eq!(function_version("2026/04/15/[42]0123456789abcdef"), Some("42"));
        assert_eq!(function_version("2026/04/15/[$LATEST]0123456789abcdef"), None);
        assert_eq!(function_version("2026/04/15/checkout[7]0123"), Some("7"));
        assert_eq!(function_version("main/app/1"), None);
    }

    #[test]
    fn the_application_is_what_stands_before_the_version() {
        for (version, app) in [
            ("checkout-2026.04.15", "checkout"),
            ("checkout-svc-v2025.11.22-3fa9", "checkout-svc"),
            ("thumbs-7.2.0", "thumbs"),
            ("v42", ""),
            ("2026.04.15.1", ""),
            ("api-a1b2c3d", "api"),
            ("checkout", "checkout"),
            ("s3-uploader-1.2", "s3-uploader"),
            ("checkout.1.2", "checkout"),
            ("com.example.checkout-1.2", "com.example.checkout"),
            ("checkout#1.2", "checkout"),
            ("checkout~v1", "checkout"),
            ("checkout-RC2", "checkout"),
            ("checkout-build1842", "checkout"),
            ("checkout-builder-7", "checkout-builder"),
        ] {
            assert_eq!(app_of(version), app, "{version}");
        }
    }
}

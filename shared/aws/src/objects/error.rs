//! What can go wrong with objects, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::Connection;

/// Something that went wrong with S3. Its text names the bucket, the key, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("cannot {act} {place}: {reason}")]
pub struct Error {
    act: Act,
    place: String,
    #[source]
    reason: Reason,
}

impl Error {
    pub(super) fn new(act: Act, place: impl fmt::Display, reason: Reason) -> Self {
        Self { act, place: place.to_string(), reason }
    }

    /// An object that could not be read.
    #[must_use]
    pub fn of_reading(object: &super::Object, reason: Reason) -> Self {
        Self::new(Act::Read, object, reason)
    }

    /// What went wrong, without where.
    #[must_use]
    pub fn into_reason(self) -> Reason {
        self.reason
    }

    /// What went wrong, for a reader who knows where.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Listing objects.
    List,
    /// Reading an object.
    Read,
    /// Writing an object.
    Write,
}

impl Act {
    /// What it is called, as in "cannot list".
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// The permission that it needs.
    fn permission(self) -> &'static str {
        match self {
            Self::List => "s3:ListBucket on the bucket",
            Self::Read => "s3:GetObject on the object (and kms:Decrypt on its key, if it has one)",
            Self::Write => {
                "s3:PutObject on the object (and kms:GenerateDataKey on the bucket's key, if it has one)"
            }
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

type Source = Box<dyn StdError + Send + Sync>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// There are no credentials.
    #[error(
        "no AWS credentials: run `aws sso login{profile}` or `aws configure{profile}`, or set \
         AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY{}",
        looked(source.as_ref())
    )]
    NoCredentials {
        /// ` --profile NAME`, where one is used.
        profile: String,
        /// What every place that was looked at answered.
        source: Source,
    },
    /// There are credentials, and the service does not take them.
    #[error(
        "the credentials were refused ({code}): {advice}; `aws sts get-caller-identity{profile}` tells whether they are good"
    )]
    Refused {
        /// The service's error code.
        code: String,
        /// What to do.
        advice: &'static str,
        /// ` --profile NAME`, where one is used.
        profile: String,
    },
    /// The identity may not do this.
    #[error(
        "access denied: `aws sts get-caller-identity{profile}` shows who asked; it needs {permission}"
    )]
    Denied {
        /// What it needs.
        permission: &'static str,
        /// ` --profile NAME`, where one is used.
        profile: String,
    },
    /// There is no such bucket.
    #[error("there is no such bucket: `aws s3 ls{profile}` lists those of this account")]
    NoSuchBucket {
        /// ` --profile NAME`, where one is used.
        profile: String,
    },
    /// The object is not there any more.
    #[error("it was deleted since it was listed")]
    Gone,
    /// The bucket is in another region.
    #[error("the bucket is not in {asked}: pass --region {}", actual.as_deref().unwrap_or("with the region that the console shows for it"))]
    WrongRegion {
        /// The region that was asked.
        asked: String,
        /// The bucket's region, where the service told it.
        actual: Option<String>,
    },
    /// The object is not the one that was listed any more.
    #[error("it was overwritten since it was listed: run again to read it as it is now")]
    Changed,
    /// The object cannot be told from what comes after it.
    #[error("the server names no entity tag (ETag) for it, so that it cannot be replaced safely")]
    NoEntityTag,
    /// The object is in an archive.
    #[error("it is archived: restore it with `aws s3api restore-object{profile}`, then run again")]
    Archived {
        /// ` --profile NAME`, where one is used.
        profile: String,
    },
    /// No answer came.
    #[error("no answer from {server} ({}): check the network, HTTPS_PROXY and --endpoint-url", chain(source.as_ref()))]
    NoAnswer {
        /// Who was asked.
        server: String,
        /// Why.
        source: Source,
    },
    /// The object's bytes stopped coming, and went on stopping when asked for again.
    #[error("the connection broke off at byte {position} of {length}, {breaks} times in a row ({}): run again", chain(source.as_ref()))]
    BrokeOff {
        /// How many bytes came.
        position: u64,
        /// How many there are.
        length: u64,
        /// How often it broke off.
        breaks: u32,
        /// The last time's reason.
        source: Source,
    },
    /// What came is not what was stored.
    #[error("what arrived is damaged ({}): run again", chain(source.as_ref()))]
    Damaged {
        /// What does not match.
        source: Source,
    },
    /// The server answered with other bytes than those that were asked for.
    #[error("the server answered with {got} where the bytes from {position} on were asked for")]
    OtherBytes {
        /// Where they should have begun.
        position: u64,
        /// What the server said they are.
        got: String,
    },
    /// The service answered something else.
    #[error("the service answered {status} {code}: {message}")]
    Answer {
        /// The HTTP status.
        status: u16,
        /// The service's error code.
        code: String,
        /// The service's message.
        message: String,
    },
}

/// Error codes that mean that the credentials are not taken, each with what to do.
const REFUSALS: &[(&str, &str)] = &[
    ("ExpiredToken", "they have expired, sign in again"),
    ("InvalidAccessKeyId", "the access key id is unknown there, check which account it is of"),
    ("InvalidToken", "the session token is damaged, sign in again"),
    ("RequestTimeTooSkewed", "the clock of this machine is wrong, set it"),
    ("SignatureDoesNotMatch", "the secret access key is not that of the access key id"),
    ("TokenRefreshRequired", "they have expired, sign in again"),
];

/// What an SDK error says about who was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    region: String,
    server: String,
    /// ` --profile NAME`, where one is used.
    profile: String,
}

impl Asked {
    pub(super) fn of(connection: &Connection) -> Self {
        let region = connection.region().to_owned();
        let server = endpoint(&connection.sdk).unwrap_or_else(|| format!("S3 in {region}"));
        let profile = connection.profile.as_ref().map(|name| format!(" --profile {name}"));
        Self { region, server, profile: profile.unwrap_or_default() }
    }

    /// What went wrong, from the SDK's error. Of an answer, only its code and message are kept:
    /// its body may hold signatures and session tokens.
    pub(super) fn reason<E>(&self, act: Act, error: SdkError<E, HttpResponse>) -> Reason
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let profile = self.profile.clone();
        let answer = match &error {
            SdkError::ServiceError(context) => Some((context.err().meta(), context.raw())),
            _ => None,
        };
        let Some((meta, raw)) = answer else {
            let source = error.into_source().unwrap_or_else(|error| error.to_string().into());
            return match holds_credentials_error(source.as_ref()) {
                true => Reason::NoCredentials { profile, source },
                false => Reason::NoAnswer { server: self.server.clone(), source },
            };
        };
        let code = meta.code().unwrap_or_default().to_owned();
        let message = meta.message().unwrap_or_default();
        let status = raw.status().as_u16();
        let region = raw.headers().get("x-amz-bucket-region").or_else(|| expected_region(message));
        let actual = region.filter(|region| *region != self.region).map(str::to_owned);
        if let Some((_, advice)) = REFUSALS.iter().find(|(refusal, _)| *refusal == code) {
            return Reason::Refused { code, advice, profile };
        }
        match (code.as_str(), status) {
            ("NoSuchBucket", _) => Reason::NoSuchBucket { profile },
            ("NoSuchKey" | "NoSuchVersion", _) => Reason::Gone,
            ("InvalidObjectState", _) => Reason::Archived { profile },
            ("PreconditionFailed", _) | (_, 412) => Reason::Changed,
            ("PermanentRedirect" | "TemporaryRedirect", _) | (_, 301 | 307) => {
                Reason::WrongRegion { asked: self.region.clone(), actual }
            }
            ("AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _)
                if actual.is_some() =>
            {
                Reason::WrongRegion { asked: self.region.clone(), actual }
            }
            ("AccessDenied" | "AllAccessDisabled", _) => {
                Reason::Denied { permission: act.permission(), profile }
            }
            _ => Reason::Answer { status, code, message: message.to_owned() },
        }
    }
}

fn endpoint(sdk: &SdkConfig) -> Option<String> {
    sdk.endpoint_url().map(str::to_owned)
}

/// The region in `the region 'us-east-1' is wrong; expecting 'eu-central-1'`.
fn expected_region(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("expecting ")?;
    let region = rest.trim_matches(['\'', '"', '.']);
    let is_region = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_region && !region.is_empty()).then_some(region)
}

fn holds_credentials_error(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// What went wrong while credentials were looked for, unless there simply are none.
fn looked(error: &(dyn StdError + 'static)) -> String {
    let mut next = Some(error);
    while let Some(error) = next {
        if matches!(
            error.downcast_ref::<CredentialsError>(),
            Some(CredentialsError::CredentialsNotLoaded(_))
        ) {
            return String::new();
        }
        next = error.source();
    }
    format!(" ({})", chain(error))
}

/// An error with everything that led to it, on one line, without what is said twice.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && !told.iter().any(|before| before.contains(&text)) {
            told.push(text);
        }
        next = error.source();
    }
    told.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expected_region_is_read_from_the_message() {
        let told = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'";
        assert_eq!(expected_region(told), Some("eu-central-1"));
        assert_eq!(expected_region("expecting \"<YOUR-AKID>/20260415\""), None);
        assert_eq!(expected_region("expecting ''"), None);
        assert_eq!(expected_region("no region"), None);
    }

    #[test]
    fn the_text_names_the_place_and_what_to_do() {
        let denied = Reason::Denied {
            permission: Act::Read.permission(),
            profile: " --profile prod".to_owned(),
        };
        let error = Error::new(Act::Read, "s3://logs/a", denied);
        let told = error.to_string();
        assert!(told.starts_with("cannot read s3://logs/a: access denied"), "{told}");
        assert!(told.contains("get-caller-identity --profile prod"), "{told}");
        assert!(told.contains("s3:GetObject"), "{told}");
        assert!(error.source().unwrap().to_string().starts_with("access denied"));
    }

    #[test]
    fn a_chain_says_nothing_twice() {
        let inner = std::io::Error::other("connection refused");
        let outer = std::io::Error::other(inner);
        assert_eq!(chain(&outer), "connection refused");
    }
}

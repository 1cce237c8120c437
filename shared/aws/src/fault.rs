//! What any service may answer instead of what it was asked for, and what to do about it.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::Connection;

type Source = Box<dyn StdError + Send + Sync>;

/// What stood in the way, whichever service was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
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
    /// The service has had enough, and went on having enough when it was asked again.
    #[error(
        "the service is asked too often ({code}), whoever else asks it: wait a minute, and run again"
    )]
    Throttled {
        /// The service's error code.
        code: String,
    },
    /// The key that encrypts what was asked for cannot be used.
    #[error(
        "the KMS key that encrypts it cannot be used ({code}: {message}): check that it is enabled, and that \
         its policy lets this identity use it"
    )]
    Key {
        /// The service's error code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// No answer came.
    #[error("no answer from {server} ({}): check the network, HTTPS_PROXY and --endpoint-url", chain(source.as_ref()))]
    NoAnswer {
        /// Who was asked.
        server: String,
        /// Why.
        source: Source,
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

/// Error codes that mean that the credentials are not taken, each with what to do. The names are S3's
/// and those of the other services:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>.
const REFUSALS: &[(&str, &str)] = &[
    ("ExpiredToken", EXPIRED),
    ("ExpiredTokenException", EXPIRED),
    ("InvalidAccessKeyId", UNKNOWN),
    ("InvalidClientTokenId", UNKNOWN),
    ("InvalidSignatureException", "the secret access key or the clock of this machine is wrong"),
    ("InvalidToken", "the session token is damaged, sign in again"),
    ("RequestExpired", SKEWED),
    ("RequestTimeTooSkewed", SKEWED),
    ("SignatureDoesNotMatch", "the secret access key is not that of the access key id"),
    ("TokenRefreshRequired", EXPIRED),
    ("UnrecognizedClientException", UNKNOWN),
];
const EXPIRED: &str = "they have expired, sign in again";
const UNKNOWN: &str = "the access key id is unknown there, check which account it is of";
const SKEWED: &str = "the clock of this machine is wrong, set it";

/// Error codes that mean that the identity may not do what it asked for.
const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
];

/// Error codes that mean that the service was asked too often.
const THROTTLES: &[&str] = &[
    "RequestLimitExceeded",
    "SlowDown",
    "Throttled",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// An error that a service answered with. Of its body only the code and the message are kept: it may
/// hold signatures and session tokens.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// The bucket's region, which S3 tells in a header.
    pub(crate) bucket_region: Option<String>,
}

/// Who was asked, for what is said of an error.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) region: String,
    /// ` --profile NAME`, where one is used.
    pub(crate) profile: String,
    server: String,
}

impl Asked {
    /// A service in a region, by the name that people call it.
    pub(crate) fn of(connection: &Connection, service: &str, region: &str) -> Self {
        let region = region.to_owned();
        let endpoint = connection.sdk.endpoint_url().map(str::to_owned);
        let server = endpoint.unwrap_or_else(|| format!("{service} in {region}"));
        let profile = connection.profile.as_ref().map(|name| format!(" --profile {name}"));
        Self { region, server, profile: profile.unwrap_or_default() }
    }

    /// What the service answered, for the adapter to look for its own codes in.
    ///
    /// # Errors
    /// When there is no answer, or one that says nothing of what was asked for.
    pub(crate) fn answer<E>(&self, error: SdkError<E, HttpResponse>) -> Result<Answer, Fault>
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
            return Err(match holds_credentials_error(source.as_ref()) {
                true => Fault::NoCredentials { profile, source },
                false => Fault::NoAnswer { server: self.server.clone(), source },
            });
        };
        let code = meta.code().unwrap_or_default().to_owned();
        if let Some((_, advice)) = REFUSALS.iter().find(|(refusal, _)| *refusal == code) {
            return Err(Fault::Refused { code, advice, profile });
        }
        Ok(Answer {
            status: raw.status().as_u16(),
            code,
            message: meta.message().unwrap_or_default().to_owned(),
            bucket_region: raw.headers().get("x-amz-bucket-region").map(str::to_owned),
        })
    }

    /// What an answer means whose code is none of the adapter's own. The permission is the one that
    /// the request needs.
    pub(crate) fn fault(&self, answer: Answer, permission: &'static str) -> Fault {
        let Answer { status, code, message, .. } = answer;
        let is = |codes: &[&str]| codes.contains(&code.as_str());
        if is(DENIALS) {
            return Fault::Denied { permission, profile: self.profile.clone() };
        }
        if is(THROTTLES) || status == 429 {
            return Fault::Throttled { code };
        }
        match code.starts_with("KMS") {
            true => Fault::Key { code, message },
            false => Fault::Answer { status, code, message },
        }
    }
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
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
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

    fn told(code: &str, status: u16) -> String {
        let asked = Asked {
            region: "eu-west-1".to_owned(),
            profile: " --profile prod".to_owned(),
            server: "a".to_owned(),
        };
        let (code, message) = (code.to_owned(), "why".to_owned());
        let answer = Answer { status, code, message, bucket_region: None };
        asked.fault(answer, "sns:Publish on the topic").to_string()
    }

    #[test]
    fn a_fault_says_what_to_do() {
        for (code, status, expected) in [
            (
                "AuthorizationError",
                403,
                "get-caller-identity --profile prod` shows who asked; it needs sns:Publish on the topic",
            ),
            ("ThrottlingException", 400, "asked too often (ThrottlingException)"),
            ("", 429, "asked too often"),
            ("KMSDisabled", 400, "KMS key that encrypts it cannot be used (KMSDisabled: why)"),
            ("Odd", 400, "answered 400 Odd: why"),
        ] {
            let told = told(code, status);
            assert!(told.contains(expected), "{code}: {told}");
        }
    }

    #[test]
    fn a_chain_says_nothing_twice() {
        let inner = std::io::Error::other("connection refused");
        let outer = std::io::Error::other(inner);
        assert_eq!(chain(&outer), "connection refused");
    }
}

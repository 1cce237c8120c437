//! What can go wrong with objects, and what to do about it.

use std::error::Error as StdError;
use std::fmt;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::fault::{Asked, Fault, chain};

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
    /// What stands in the way says nothing of buckets or objects.
    #[error(transparent)]
    Service(#[from] Fault),
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
}

impl Reason {
    /// What went wrong, from the SDK's error.
    pub(super) fn of<E>(asked: &Asked, act: Act, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let answer = match asked.answer(error) {
            Ok(answer) => answer,
            Err(fault) => return Self::Service(fault),
        };
        let profile = asked.profile.clone();
        let told = || expected_region(&answer.message).map(str::to_owned);
        let actual = answer.bucket_region.clone().or_else(told);
        let actual = actual.filter(|region| *region != asked.region);
        match (answer.code.as_str(), answer.status) {
            ("NoSuchBucket", _) => Self::NoSuchBucket { profile },
            ("NoSuchKey" | "NoSuchVersion", _) => Self::Gone,
            ("InvalidObjectState", _) => Self::Archived { profile },
            ("PreconditionFailed", _) | (_, 412) => Self::Changed,
            ("PermanentRedirect" | "TemporaryRedirect", _) | (_, 301 | 307) => {
                Self::WrongRegion { asked: asked.region.clone(), actual }
            }
            ("AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _)
                if actual.is_some() =>
            {
                Self::WrongRegion { asked: asked.region.clone(), actual }
            }
            _ => Self::Service(asked.fault(answer, act.permission())),
        }
    }
}

/// The region in `the region 'us-east-1' is wrong; expecting 'eu-central-1'`.
fn expected_region(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("expecting ")?;
    let region = rest.trim_matches(['\'', '"', '.']);
    let is_region = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_region && !region.is_empty()).then_some(region)
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
        let denied = Fault::Denied {
            permission: Act::Read.permission(),
            profile: " --profile prod".to_owned(),
        };
        let error = Error::new(Act::Read, "s3://logs/a", denied.into());
        let told = error.to_string();
        assert!(told.starts_with("cannot read s3://logs/a: access denied"), "{told}");
        assert!(told.contains("get-caller-identity --profile prod"), "{told}");
        assert!(told.contains("s3:GetObject"), "{told}");
        assert!(error.source().unwrap().to_string().starts_with("access denied"));
    }
}

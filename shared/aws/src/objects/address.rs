//! Where objects are: `s3://bucket/prefix`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A bucket, and how the keys in it begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The bucket.
    pub bucket: Arc<str>,
    /// What the keys begin with; empty means every key. It need not end at a slash.
    pub prefix: String,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not begin with `s3://`.
    #[error("`{0}` does not begin with s3://")]
    Scheme(String),
    /// What stands where the bucket should be cannot be a bucket's name:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
    #[error("`{0}` names no bucket: an address looks like s3://bucket/prefix")]
    Bucket(String),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest =
            text.strip_prefix("s3://").ok_or_else(|| AddressError::Scheme(text.to_owned()))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        // Buckets of the first years may have capitals, underscores, and up to 255 characters.
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if !(3..=255).contains(&bucket.len()) || !bucket.bytes().all(is_allowed) {
            return Err(AddressError::Bucket(text.to_owned()));
        }
        Ok(Self { bucket: bucket.into(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_a_prefix() {
        for (text, bucket, prefix) in [
            ("s3://logs", "logs", ""),
            ("s3://logs/", "logs", ""),
            ("s3://logs/AWSLogs/1/", "logs", "AWSLogs/1/"),
            ("s3://Old_Logs.eu//a b?c", "Old_Logs.eu", "/a b?c"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((&*address.bucket, &*address.prefix), (bucket, prefix), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for text in ["s3://", "s3:///key", "s3://a b/key", "s3://ab", "s3://logs?x"] {
            assert_eq!(text.parse::<Address>(), Err(AddressError::Bucket(text.to_owned())));
        }
        assert!(matches!("logs/key".parse::<Address>(), Err(AddressError::Scheme(_))));
    }
}

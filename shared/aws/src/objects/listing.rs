//! Listing objects, page by page:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>.

use std::borrow::Cow;
use std::vec;

use aws_sdk_s3::types::{EncodingType, Object as Listed};
use percent_encoding::percent_decode_str;

use super::error::{Act, Reason};
use super::{Address, Error, Object, S3};

/// The objects under an address.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    s3: &'a S3,
    address: Address,
    page: vec::IntoIter<Object>,
    next: Next,
}

/// What comes after a page.
#[derive(Debug)]
enum Next {
    /// The first page.
    First,
    /// The page that this token is for.
    Page(String),
    /// Nothing.
    End,
}

impl<'a> Listing<'a> {
    pub(super) fn new(s3: &'a S3, address: &Address) -> Self {
        let (address, page) = (address.clone(), Vec::new().into_iter());
        Self { s3, address, page, next: Next::First }
    }

    fn load(&mut self, token: Option<String>) -> Result<(), Error> {
        let Address { bucket, prefix } = &self.address;
        let request = self
            .s3
            .client
            .list_objects_v2()
            .bucket(&**bucket)
            .set_prefix((!prefix.is_empty()).then(|| prefix.clone()))
            // Keys may hold characters that XML cannot.
            .encoding_type(EncodingType::Url)
            .set_continuation_token(token);
        let answer = self.s3.connection.runtime.block_on(request.send()).map_err(|error| {
            Error::new(Act::List, &self.address, Reason::of(&self.s3.asked, Act::List, error))
        })?;
        let is_encoded = answer.encoding_type() == Some(&EncodingType::Url);
        let token = answer.next_continuation_token.filter(|token| !token.is_empty());
        self.next = match token {
            Some(token) if answer.is_truncated == Some(true) => Next::Page(token),
            _ => Next::End,
        };
        let objects = answer.contents.unwrap_or_default().into_iter();
        let page: Vec<_> = objects.filter_map(|listed| self.object(listed, is_encoded)).collect();
        self.page = page.into_iter();
        Ok(())
    }

    /// An object of the listing; `None` for what stands there for a folder.
    fn object(&self, listed: Listed, is_encoded: bool) -> Option<Object> {
        let key = listed.key?;
        let key = if is_encoded { decoded(&key).into_owned() } else { key };
        let length = listed.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
        if length == 0 && key.ends_with('/') {
            return None;
        }
        let bucket = self.address.bucket.clone();
        let e_tag = listed.e_tag.unwrap_or_default();
        let modified = listed.last_modified.map_or(0, |time| time.secs());
        Some(Object { bucket, key, version_id: None, e_tag, length, modified })
    }
}

impl Iterator for Listing<'_> {
    type Item = Result<Object, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(object) = self.page.next() {
                return Some(Ok(object));
            }
            let token = match std::mem::replace(&mut self.next, Next::End) {
                Next::First => None,
                Next::Page(token) => Some(token),
                Next::End => return None,
            };
            if let Err(error) = self.load(token) {
                return Some(Err(error));
            }
        }
    }
}

/// A key of a listing, which is encoded as forms are.
fn decoded(key: &str) -> Cow<'_, str> {
    let spaced: Cow<'_, str> =
        if key.contains('+') { key.replace('+', " ").into() } else { key.into() };
    let bytes: Cow<'_, [u8]> = percent_decode_str(&spaced).into();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_as_forms_are() {
        assert_eq!(decoded("a/b+c%2Bd%0A%C3%A9%2520"), "a/b c+d\né%20");
        assert_eq!(decoded("2026-04-15-08-00-00-AD3D"), "2026-04-15-08-00-00-AD3D");
    }
}

//! A server's request id, as a row keeps it.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

/// Up to this many bytes stand in the id itself. S3's have 16.
const SHORT: usize = 22;

/// A request id. There is one for nearly every row, so a short one takes no memory elsewhere.
#[derive(Clone)]
pub struct RequestId(Kept);

#[derive(Clone)]
enum Kept {
    Here { length: u8, bytes: [u8; SHORT] },
    Elsewhere(Box<str>),
}

impl From<&str> for RequestId {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(text.as_bytes());
                Self(Kept::Here { length, bytes })
            }
            _ => Self(Kept::Elsewhere(text.into())),
        }
    }
}

impl RequestId {
    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Kept::Here { length, bytes } => &bytes[..usize::from(*length)],
            Kept::Elsewhere(text) => text.as_bytes(),
        }
    }
}

impl Deref for RequestId {
    type Target = str;

    fn deref(&self) -> &str {
        // It was a text when it came.
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for RequestId {}

impl PartialOrd for RequestId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RequestId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_ids_are_kept_and_compared_as_texts() {
        let ids = ["", "4442587FB7D0A2F9", "é".repeat(11).as_str(), "é".repeat(12).as_str()]
            .map(RequestId::from);
        assert_eq!(ids.each_ref().map(|id| id.chars().count()), [0, 16, 11, 12]);
        assert!(ids.is_sorted() && ids[2] != ids[3]);
        assert_eq!(size_of::<Option<RequestId>>(), 24);
    }
}

//! What tells a record from all others, as a row keeps it.

/// Up to this many bytes of a request id stand in the id itself. S3's have 16.
const SHORT: usize = 22;
/// The bytes of an event.
const EVENT: usize = size_of::<u64>();

/// A server's request id, by which records of one request are joined, and what tells these apart.
///
/// There is one for every row, so what an access log has takes no memory elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordId(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// A request id, or none where the length is 0, and no event.
    Here { length: u8, bytes: [u8; SHORT] },
    /// The event, and behind it the request id.
    Elsewhere(Box<[u8]>),
}

impl RecordId {
    /// The id of a record. The event tells records of one request id apart: CloudTrail's event; 0 for other
    /// logs. Of a record without request id, its place, unless it has an event.
    #[must_use]
    pub fn new(request_id: Option<&str>, event: u64) -> Self {
        let text = request_id.unwrap_or_default().as_bytes();
        let mut bytes = [0; SHORT];
        match (event, bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (0, Some(room), Ok(length)) => {
                room.copy_from_slice(text);
                Self(Kept::Here { length, bytes })
            }
            _ => Self(Kept::Elsewhere([&event.to_le_bytes()[..], text].concat().into())),
        }
    }

    fn parts(&self) -> (u64, &[u8]) {
        match &self.0 {
            Kept::Here { length, bytes } => (0, &bytes[..usize::from(*length)]),
            Kept::Elsewhere(all) => match all.split_first_chunk::<EVENT>() {
                Some((event, text)) => (u64::from_le_bytes(*event), text),
                None => (0, &[]),
            },
        }
    }

    /// The request id. An empty one is none.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        // It was a text when it came.
        std::str::from_utf8(self.request_id_bytes()?).ok()
    }

    /// The bytes of the request id, which are in the same order and quicker to have: many are compared.
    #[must_use]
    pub fn request_id_bytes(&self) -> Option<&[u8]> {
        Some(self.parts().1).filter(|text| !text.is_empty())
    }

    /// What tells records of one request apart.
    #[must_use]
    pub fn event(&self) -> u64 {
        self.parts().0
    }
}

impl std::fmt::Debug for RecordId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:x}", self.request_id(), self.event())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_small() {
        assert_eq!(size_of::<RecordId>(), 24);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_came(
            text in proptest::option::of("[0-9A-Zé-]{1,40}"),
            event in prop_oneof![Just(0), any::<u64>()],
        ) {
            let id = RecordId::new(text.as_deref(), event);
            prop_assert_eq!(id.request_id(), text.as_deref());
            prop_assert_eq!(id.event(), event);
        }
    }

    #[test]
    fn an_empty_request_id_is_none() {
        assert_eq!(RecordId::new(Some(""), 0), RecordId::new(None, 0));
        assert_eq!(RecordId::new(Some(""), 7).request_id(), None);
    }
}

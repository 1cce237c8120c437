//! What stands around an array whose elements come out one by one.

use super::super::json_members::members;
use super::super::json_scan::{STREAMED, Scan};
use super::Place;

/// The object around a streamed array.
#[derive(Debug)]
pub(super) struct Around {
    /// Where in the object the scan stopped for the array.
    pub(super) scan: Scan,
    pub(super) place: Place,
    /// Its bytes without the elements.
    pub(super) text: Vec<u8>,
    /// Whether the bytes outgrew the limit and were let go.
    pub(super) too_long: bool,
}

impl Around {
    pub(super) fn new(scan: Scan, place: Place) -> Self {
        Self { scan, place, text: Vec::new(), too_long: false }
    }

    /// Keeps more of its bytes.
    pub(super) fn keep(&mut self, text: &[u8], limit: usize) {
        self.too_long |= self.text.len() + text.len() > limit;
        if self.too_long {
            self.text.clear();
        } else {
            self.text.extend_from_slice(text);
        }
    }
}

/// Whether an object has members besides the arrays that were streamed out of it. What is not
/// UTF-8 is a problem that the caller should see.
pub(super) fn has_other_members(object: &[u8]) -> bool {
    let Ok(object) = std::str::from_utf8(object) else { return true };
    let streamed = |name: &str, value: &str| value == "[]" && STREAMED.contains(&name);
    members(object).map_while(Result::ok).any(|(name, value)| !streamed(&name, value))
}

//! Keeps an answer small enough: Lambda passes on 6 MB at most
//! (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).

use serde::Serialize;
use serde_json::value::RawValue;

/// What is told of a list that may be too long.
#[derive(Debug, Default)]
pub struct Bounded {
    /// The first of it, as JSON.
    pub told: Vec<Box<RawValue>>,
    /// How many are not told.
    pub left_out: usize,
}

impl Bounded {
    /// Takes of a list as much as `most` items and `room` bytes have room for.
    ///
    /// # Errors
    /// When an item cannot be written.
    pub fn of<T: Serialize>(
        items: impl ExactSizeIterator<Item = T>,
        most: usize,
        room: usize,
    ) -> serde_json::Result<Self> {
        let count = items.len();
        let mut told = Vec::new();
        let mut left = room;
        // Lists are worked out while they are asked for: what will not be told need not be.
        for item in items.take(most) {
            let item = serde_json::value::to_raw_value(&item)?;
            let Some(rest) = left.checked_sub(size(item.get())) else { break };
            left = rest;
            told.push(item);
        }
        Ok(Self { left_out: count - told.len(), told })
    }
}

/// How many bytes JSON takes within an answer, where it stands within a JSON text once more.
fn size(json: &str) -> usize {
    let escaped = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    json.len() + escaped + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_told_as_there_is_room_for_and_the_rest_is_counted() {
        let items = ["a", "bb", "\"", "dddd"];
        let told = |most, room| {
            let bounded = Bounded::of(items.iter(), most, room).unwrap();
            assert_eq!(bounded.told.len() + bounded.left_out, items.len());
            bounded.told.len()
        };
        assert_eq!(told(2, 1000), 2);
        assert_eq!(told(9, 1000), 4);
        assert_eq!(told(9, 0), 0);
        // `"a"` is written as `\"a\",`.
        assert_eq!((told(9, 5), told(9, 6)), (0, 1));
        let all: usize = items
            .iter()
            .map(|item| {
                let json = serde_json::to_string(item).unwrap();
                serde_json::to_string(&json).unwrap().len() - 2 + 1
            })
            .sum();
        assert_eq!((told(9, all - 1), told(9, all)), (3, 4));
    }
}

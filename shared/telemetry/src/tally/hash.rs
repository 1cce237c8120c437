//! Hashes by which requests are told apart.

use xxhash_rust::xxh3::xxh3_64;

/// The hash by which a counted request is sampled. A record without a request id stands for itself,
/// if something tells it from others.
#[must_use]
pub fn request_hash(request_id: &[u8], own: Option<u64>) -> Option<u64> {
    if request_id.is_empty() { own.filter(|own| *own != 0) } else { Some(xxh3_64(request_id)) }
}

/// A short hash, for what needs telling apart within one request only.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a short hash is the lower half of a long one")]
pub fn short_hash(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

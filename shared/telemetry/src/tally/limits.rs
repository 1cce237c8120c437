//! The bounds of a tally.

use super::series::SeriesLimits;

/// How much a tally keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows of signature failures.
    pub rows: usize,
    /// Series and counts.
    pub series: SeriesLimits,
    /// Sightings of counted requests.
    pub sample: usize,
    /// Change events.
    pub changes: usize,
    /// Access key ids whose owner is known.
    pub principals: usize,
    /// Addresses of scanners.
    pub probers: usize,
    /// Bytes of texts beyond which those that nothing names any more are forgotten.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 100_000,
            series: SeriesLimits { series: 65_536, cells: 4_000_000 },
            sample: 50_000,
            changes: 10_000,
            principals: 10_000,
            probers: 10_000,
            text_bytes: 16 << 20,
        }
    }
}

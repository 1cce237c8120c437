//! The diagnosis for people: the sentence, the difference, why, what to do and what not.

use std::fmt::Write;

use sigdrift_signature::explain::Explanation;

use crate::terminal::safe;

/// The diagnosis as text with styles.
pub fn render(told: &Explanation) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "{}: {} ({})", told.cause, told.confidence.name(), safe(&told.summary));
    page
}

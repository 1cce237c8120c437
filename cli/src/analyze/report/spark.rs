//! A timeline in one line.

use sigdrift_telemetry::summary::Span;
use sigdrift_telemetry::time::{Minute, parse_rfc3339, start_of};

const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The counts of minutes over a window, in this many columns. Every column with anything in it
/// shows something; the highest shows the full height.
pub fn line(per_minute: &[(Minute, u64)], window: &Span, columns: usize) -> String {
    let at = |time: &Option<String>| time.as_deref().and_then(parse_rfc3339);
    let (Some(from), Some(to)) = (at(&window.from), at(&window.to)) else { return String::new() };
    let length = usize::try_from((to - from).max(60)).unwrap_or(usize::MAX);
    let mut sums = vec![0_u64; columns];
    for (minute, count) in per_minute {
        let offset = usize::try_from((start_of(*minute) - from).max(0)).unwrap_or(0);
        let column = (offset.saturating_mul(columns) / length).min(columns.saturating_sub(1));
        if let Some(sum) = sums.get_mut(column) {
            *sum += count;
        }
    }
    let highest = sums.iter().copied().max().unwrap_or(0).max(1);
    let steps = HEIGHTS.len() as u64 - 1;
    sums.iter()
        .map(|sum| {
            let height = usize::try_from((sum * steps).div_ceil(highest)).unwrap_or(0);
            HEIGHTS.get(height).copied().unwrap_or(' ')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use sigdrift_telemetry::time::minute_of;

    use super::*;

    #[test]
    fn every_failure_shows_and_the_highest_is_full() {
        let window = Span {
            from: Some("2026-04-15T07:00:00Z".to_owned()),
            to: Some("2026-04-15T07:10:00Z".to_owned()),
        };
        let seven = minute_of(parse_rfc3339("2026-04-15T07:00:00Z").unwrap());
        let minutes = [(0, 1), (5, 100), (9, 50)];
        let per_minute: Vec<_> =
            minutes.iter().map(|(minute, count)| (seven + minute, *count)).collect();
        assert_eq!(line(&per_minute, &window, 10), "▁    █   ▄");
        assert_eq!(line(&per_minute, &window, 2), "▁█");
        assert_eq!(line(&[], &window, 3), "   ");
    }
}

//! Whether a presigned URL is valid now, and for how long.

use super::Finding;
use super::parameters::Times;

/// How far in the future a URL may have been signed, in seconds: 15 minutes.
const SKEW: i64 = 900;
/// Less than this, and it may end before it is used, in seconds.
const SOON: i64 = 60;

pub(super) fn findings(times: &Times, now: i64) -> Vec<Finding> {
    let check = "expiry";
    let again = "presign the URL again";
    let mut findings = Vec::new();
    if let Some(ahead) = times.from.map(|from| from.saturating_sub(now)).filter(|ahead| *ahead > 0)
    {
        let detail = format!("signed {} in the future, at {}", span(ahead), moment(now + ahead));
        let fix = "correct the clock of what signs";
        findings.push(if ahead > SKEW {
            Finding::drift(check, detail + ": not yet valid", fix)
        } else {
            Finding::warning(check, detail, fix)
        });
    }
    let Some(until) = times.until else { return findings };
    let left = until.saturating_sub(now);
    findings.push(if left <= 0 {
        Finding::drift(check, format!("expired {} ago, at {}", span(left), moment(until)), again)
    } else if left < SOON {
        Finding::warning(check, format!("expires in {}, at {}", span(left), moment(until)), again)
    } else {
        Finding::ok(check, format!("valid for another {}, until {}", span(left), moment(until)))
    });
    findings
}

fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn span(seconds: i64) -> String {
    spell(seconds.unsigned_abs())
}

/// A span of time in its two largest units.
pub(super) fn spell(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut told = Vec::new();
    for (unit, name) in UNITS {
        if rest >= unit && told.len() < 2 {
            told.push(format!("{} {name}", rest / unit));
            rest %= unit;
        } else if !told.is_empty() {
            break;
        }
    }
    if told.is_empty() { "0 s".to_owned() } else { told.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_time_is_a_time() {
        for now in [i64::MIN, i64::MAX] {
            let times = Times { from: Some(-1), until: Some(-1) };
            assert!(!findings(&times, now).is_empty());
        }
    }

    #[test]
    fn spans_are_spelled_in_two_units() {
        for (seconds, told) in [
            (0, "0 s"),
            (59, "59 s"),
            (3600, "1 h"),
            (3660, "1 h 1 min"),
            (3601, "1 h"),
            (604_800, "7 d"),
        ] {
            assert_eq!(spell(seconds), told);
        }
    }
}

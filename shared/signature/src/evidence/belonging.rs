//! Whether what stands in one log can belong to one request.

use crate::case::Case;

/// Whether two texts are of one time, so that they may be the two sides' of one request.
pub(super) fn is_same_time(one: &str, other: &str) -> bool {
    let time = |text: &str| {
        let header = text.lines().find_map(|line| line.strip_prefix("x-amz-date:"));
        let line = || match text.starts_with("AWS4-") {
            true => text.lines().nth(1),
            false => text.lines().nth(3).filter(|line| !line.contains("host:")),
        };
        header.or_else(line).map(str::to_owned)
    };
    time(one).is_some_and(|time_of_one| Some(time_of_one) == time(other))
}

/// Whether an answer may be of the request of a case.
pub(super) fn fits(known: &Case, answer: &Case) -> bool {
    let codes = (&known.answer.code, &answer.answer.code);
    let is_same_code = !matches!(codes, (Some(ours), Some(theirs)) if ours != theirs);
    let is_same_text = match (&known.server.string_to_sign, &answer.server.string_to_sign) {
        // One of them may be cut.
        (Some(ours), Some(theirs)) => {
            ours.starts_with(theirs.as_str()) || theirs.starts_with(ours.as_str())
        }
        _ => true,
    };
    let is_refused = known.answer.status.is_none_or(|status| !(200..300).contains(&status));
    // A head and the body behind it are of one answer, whatever was redacted in either.
    let ids_fit = known.answer.code.is_none() || ids_fit(known, answer);
    is_same_code && is_same_text && is_refused && ids_fit
}

/// Whether request ids contradict nothing.
pub(super) fn ids_fit(known: &Case, answer: &Case) -> bool {
    let ids = (&known.answer.request_id, &answer.answer.request_id);
    !matches!(ids, (Some(ours), Some(theirs)) if ours != theirs)
}

//! When a presigned URL ended, where nothing says what was answered: only a clock tells.

use sigdrift_signature::case::Case;
use sigdrift_signature::explain::answers::time_of;

use crate::time::rfc3339;

/// A note about a URL that is over at `now`, in Unix seconds.
pub fn note(case: &Case, now: i64) -> Option<String> {
    let request = case.received.as_ref().or(case.sent.as_ref())?;
    let is_open = case.answer.code.is_none() && case.answer.status.is_none();
    if !is_open || !case.server.is_empty() || case.logged.is_some() {
        return None;
    }
    let lasts: i64 = request.parameter("X-Amz-Expires")?.parse().ok()?;
    let end = time_of(&request.parameter("X-Amz-Date")?)?.checked_add(lasts)?;
    (end < now).then(|| {
        let end = rfc3339(end);
        format!("the URL ended at {end}: used after that, it is refused whatever its signature")
    })
}

#[cfg(test)]
mod tests {
    use sigdrift_signature::HttpRequest;

    use super::*;

    #[test]
    fn a_url_that_is_over_is_noted() {
        let url = "https://b.s3.amazonaws.com/k?X-Amz-Date=20261101T000000Z&X-Amz-Expires=60&X-Amz-Signature=00";
        let sent = HttpRequest::of_url("GET", url).ok();
        let mut case = Case { sent, ..Case::default() };
        let end = 1_793_491_260;
        assert_eq!(note(&case, end), None);
        assert!(note(&case, end + 1).is_some_and(|note| note.contains("2026-11-01T00:01:00Z")));
        case.answer.code = Some("SignatureDoesNotMatch".to_owned());
        assert_eq!(note(&case, end + 1), None);
    }
}

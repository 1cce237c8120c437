//! Pieces put together: the cases that they tell of.

use std::collections::BTreeSet;

use super::answer::is_key_id;
use super::attempts::{Attempt, Attempts};
use super::merge::Relation;
use super::piece::Piece;
use super::{MAX_CASES, client};
use crate::authorization::Authorization;
use crate::case::Case;
use crate::failure::is_failure;
use crate::http::HttpRequest;

/// The cases that pieces in their order tell of: those that failed for their signature, or, if there
/// is none, all that did not succeed; and whatever fits `about`. Says too how many are left out.
#[must_use]
pub(super) fn cases(
    pieces: Vec<Piece>,
    client: Option<usize>,
    about: Option<&Case>,
) -> (Vec<Case>, usize) {
    let mut attempts = Attempts::about(about);
    for piece in pieces {
        attempts.add(piece.kind);
    }
    let dropped = attempts.dropped;
    let mut attempts: Vec<Attempt> = attempts.list.into();
    let count = dropped + attempts.len();
    let fits = |attempt: &Attempt| {
        about.is_some_and(|about| {
            let is_refused = attempt.case.answer.status.is_none_or(|status| status >= 300);
            is_refused && about.relation(&attempt.case) > Relation::Unsaid
        })
    };
    let failed_by_more = |attempt: &Attempt| is_failed(attempt) && !attempt.is_code_alone;
    let only = |wanted: &dyn Fn(&Attempt) -> bool, attempts: Vec<Attempt>| {
        let is_wanted = |attempt: &Attempt| wanted(attempt) || fits(attempt);
        let (mut failed, others): (Vec<_>, Vec<_>) = attempts.into_iter().partition(is_wanted);
        adopt(&mut failed, others);
        failed
    };
    if attempts.iter().any(failed_by_more) {
        attempts = only(&failed_by_more, attempts);
    } else if attempts.iter().any(is_failed) {
        attempts = only(&is_failed, attempts);
    } else {
        attempts.retain(|attempt| attempt.case.answer.status.is_none_or(|s| s >= 300));
    }
    if attempts.iter().any(|attempt| attempt.case.answer.code.is_some()) {
        // A status alone says less than an error of the same log.
        attempts.retain(|attempt| {
            let case = &attempt.case;
            let is_told = case.answer.code.is_some() || case.answer.message.is_some();
            is_told || !case.server.is_empty() || !attempt.is_answered || fits(attempt)
        });
    }
    if attempts.len() > MAX_CASES {
        // Those that show what was signed or verified tell the most; of them the last.
        let worth = |attempt: &Attempt| {
            let is_rich = !attempt.case.server.is_empty() || !attempt.case.client.is_empty();
            (fits(attempt), is_rich)
        };
        let mut kept: Vec<usize> = (0..attempts.len()).rev().collect();
        kept.sort_by_cached_key(|&at| std::cmp::Reverse(worth(&attempts[at])));
        let kept: BTreeSet<usize> = kept.into_iter().take(MAX_CASES).collect();
        let mut at = 0..attempts.len();
        attempts.retain(|_| at.next().is_some_and(|at| kept.contains(&at)));
    }
    let cases: Vec<Case> = attempts.into_iter().map(|attempt| finished(attempt, client)).collect();
    let left_out = count.saturating_sub(cases.len());
    (cases, left_out)
}

/// Whether a request was refused for its signature, as far as can be seen.
fn is_failed(attempt: &Attempt) -> bool {
    let answer = &attempt.case.answer;
    match &answer.code {
        Some(code) => {
            is_failure(code, answer.message.as_deref())
                || code.ends_with("Redirect")
                || !attempt.case.server.is_empty()
        }
        None => {
            answer.message.is_some()
                || answer.status.is_some_and(|status| status >= 400)
                || !attempt.case.server.is_empty()
        }
    }
}

/// Gives the one request that failed what stands about it behind its answer: people paste the error
/// first and then what they sent.
fn adopt(failed: &mut [Attempt], others: Vec<Attempt>) {
    let mut others = others.into_iter().filter(|other| {
        let is_shown = other.case.sent.is_some()
            || other.case.received.is_some()
            || !other.case.client.is_empty();
        is_shown && !other.is_answered
    });
    if let ([only], Some(other), None) = (failed, others.next(), others.next()) {
        let is_bare = only.case.sent.is_none() && only.case.client.is_empty();
        if is_bare && only.case.is_same_request(&other.case) != Some(false) {
            only.is_method_guessed = other.is_method_guessed;
            only.case.merge(other.case);
        }
    }
}

/// A case whose parts say what they can about the others.
pub(super) fn completed(case: Case) -> Case {
    finished(Attempt { case, ..Attempt::default() }, None)
}

/// What the parts of a case say about its other parts.
fn finished(attempt: Attempt, client: Option<usize>) -> Case {
    let mut case = attempt.case;
    let server_method = || {
        let text = case.server.canonical_request.as_ref()?;
        Some(text.parts()?.method.into_owned())
    };
    if attempt.is_method_guessed
        && let Some((request, method)) = case.sent.as_mut().zip(server_method())
    {
        request.method = method;
    }
    case.restore_authorization();
    if let Some(request) = &mut case.sent {
        if request.header("host").is_none() {
            let texts = [&case.client, &case.server];
            let host = texts.iter().find_map(|texts| {
                let text = texts.canonical_request.as_ref()?;
                Some(text.parts()?.header("host")?.to_owned())
            });
            if let Some(host) = host {
                request.set_header("Host", host);
            }
        }
        case.access_key_id = case.access_key_id.take().or_else(|| version_2_key_id(request));
        if let Ok(read) = Authorization::of(request) {
            let id = read.scope().map(|scope| scope.access_key_id.to_owned());
            case.access_key_id = case.access_key_id.or(id.filter(|id| is_key_id(id)));
            case.signature = case.signature.or(read.signature);
        }
    }
    let agent = case.sent.as_ref().and_then(|request| {
        request.header("user-agent").or_else(|| request.header("x-amz-user-agent"))
    });
    let agent = agent.map(str::to_owned).or_else(|| signed_agent(&case));
    let of_agent = agent.as_deref().and_then(client::of_user_agent);
    case.client_name = case
        .client_name
        .take()
        .or(of_agent)
        .or_else(|| client.and_then(client::name).map(str::to_owned));
    case
}

/// The user agent that a canonical request shows.
fn signed_agent(case: &Case) -> Option<String> {
    [&case.client, &case.server].into_iter().find_map(|texts| {
        let text = texts.canonical_request.as_ref()?;
        let parts = text.parts()?;
        let agent = parts.header("user-agent").or_else(|| parts.header("x-amz-user-agent"))?;
        Some(agent.to_owned()).filter(|agent| !agent.is_empty())
    })
}

/// The access key id of a request that is signed by version 2: `AWS AKID:…`, or a parameter.
fn version_2_key_id(request: &HttpRequest) -> Option<String> {
    let header = request.header("authorization").and_then(|value| value.strip_prefix("AWS "));
    let id = header.and_then(|value| value.split_once(':')).map(|(id, _)| id.trim().to_owned());
    id.or_else(|| request.parameter("AWSAccessKeyId")).filter(|id| is_key_id(id))
}

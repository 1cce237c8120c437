//! An answer that refuses something else than the signature: what is said of it, and what to do.

use std::borrow::Cow;

use super::answers;
use crate::case::Case;
use crate::cause::{Cause, CauseId, Confidence};
use crate::failure;

/// The code of an answer that tells of no signature failure at all.
pub fn code(case: &Case) -> Option<&str> {
    let code = failure::plain_code(case.answer.code.as_deref()?);
    let is_failure = failure::is_failure(code, case.answer.message.as_deref());
    // Codes stand in texts of people's own making: a name, and not just anything.
    let is_name = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (!is_failure && is_name && case.server.is_empty()).then_some(code)
}

fn is_denial(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException")
}

/// One sentence: what was refused.
pub fn summary(code: &str) -> String {
    if is_denial(code) {
        format!(
            "The service answered {code} without a word about the signature: of a signed request it accepted the \
             signature, and refused what was asked for."
        )
    } else {
        format!("The service answered {code}, which is no signature failure.")
    }
}

/// No cause of a signature failure, and what to do instead of looking for one.
pub fn cause(code: &str, case: &Case) -> Cause {
    let said = answers::said(case.answer.message.as_deref().unwrap_or_default(), code);
    let mut cause = Cause::new(CauseId::Undetermined, Confidence::Unknown, vec![said]);
    cause.fix = Cow::Borrowed(if is_denial(code) {
        "look at who may do what: the policies of the caller, and of the bucket, key, endpoint and \
         organization"
    } else {
        "look up what the service means by this code"
    });
    cause.avoid = Cow::Borrowed("changing secrets, clocks or signers");
    cause
}

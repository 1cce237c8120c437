//! What is signed in place of a form's policy by mistake.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::post::{Proof, SignedPolicy};
use crate::secret::sha256_hex;
use crate::string_to_sign::{ALGORITHM, StringToSign};
use crate::uri;

/// A text that may have been signed in place of the policy.
pub(super) struct Mistake {
    /// What it is.
    pub what: &'static str,
    /// The text.
    pub text: Vec<u8>,
    /// Whether only a signer writes it: a form's line ends and padding may change on the way too.
    pub is_signers: bool,
}

/// Every text that may have been signed, usual first.
pub(super) fn mistakes(signed: &SignedPolicy) -> Vec<Mistake> {
    let policy = &signed.policy;
    let plain: String = policy.split_ascii_whitespace().collect();
    let document = STANDARD.decode(&plain).ok();
    let mut found = Vec::new();
    let mut add = |what, is_signers, text: Option<Vec<u8>>| {
        if let Some(text) = text.filter(|text| text != policy.as_bytes()) {
            found.push(Mistake { what, text, is_signers });
        }
    };
    let own = |text: &str| Some(text.as_bytes().to_vec());
    add("the policy's JSON, not its base64,", true, document.clone());
    add("the policy without its line ends", false, own(&plain));
    for (what, width, end, last) in [
        ("the policy in lines of 60 characters", 60, "\n", true),
        ("the policy in lines of 64 characters", 64, "\n", true),
        ("the policy in lines of 76 characters", 76, "\n", true),
        ("the policy in lines of 76 characters, without a last line end,", 76, "\n", false),
        ("the policy in lines of 76 characters that end in CRLF", 76, "\r\n", true),
        ("the policy in lines that end in CRLF, without a last one,", 76, "\r\n", false),
    ] {
        add(what, false, Some(in_lines(&plain, width, end, last)));
    }
    add("the policy with a line end behind it", false, own(&format!("{plain}\n")));
    add("the policy without its padding", false, own(plain.trim_end_matches('=')));
    let url_safe = document.as_ref().map(|document| URL_SAFE.encode(document).into_bytes());
    add("the policy in URL-safe base64", true, url_safe);
    add("the policy in base64 twice", true, own(&STANDARD.encode(policy)));
    add("the policy percent-encoded", true, own(&uri::encode(policy.as_bytes())));
    add("the SHA-256 of the policy", true, own(&sha256_hex(policy.as_bytes())));
    if let (Some(scope), Proof::Version4 { time, .. }) = (signed.scope(), &signed.proof) {
        let (scope, hash) = (scope.text(), sha256_hex(policy.as_bytes()));
        let text = StringToSign { algorithm: ALGORITHM, time, scope: &scope, hash: &hash }.text();
        add("a string to sign like a request's, with the policy's hash,", true, own(&text));
    }
    found
}

fn in_lines(text: &str, width: usize, end: &str, last: bool) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
    let mut out = lines.join(end.as_bytes());
    if last {
        out.extend_from_slice(end.as_bytes());
    }
    out
}

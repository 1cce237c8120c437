//! Pieces of evidence, as they follow each other in a text.

use super::http_block::Response;
use crate::case::Case;
use crate::http::HttpRequest;
use crate::secret::Signature;

/// A piece, and where it stands.
pub(super) struct Piece {
    /// Where it begins in the text.
    pub at: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a piece is.
pub(super) enum Kind {
    /// An error body: what the service answered, with the texts that it computed.
    Answer(Box<Case>),
    /// A line that tells of an error; whether it is a code alone.
    Mention(Box<Case>, bool),
    /// A canonical request.
    Canonical(String, Side),
    /// The beginning of one, the rest cut or left out.
    Partial(String, Side),
    /// A string to sign, of version 4 or 2.
    ToSign(String, Side),
    /// A request as sent; whether its method is told.
    Request(Box<HttpRequest>, bool),
    /// A request as a server received it.
    Received(Box<HttpRequest>),
    /// The head of an answer.
    Response(Response),
    /// What an `Authorization` header by itself tells.
    Authorization {
        /// The access key id.
        access_key_id: Option<String>,
        /// The signature, unless it is masked.
        signature: Option<Signature>,
        /// The list of signed headers.
        signed_headers: Option<String>,
        /// The scope of the credential.
        scope: Option<String>,
    },
}

/// Whose text it is, as far as what stands before it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The signer's.
    Client,
    /// The verifier's.
    Server,
    /// Nothing says it.
    Unsaid,
}

/// Words by which a label says that the verifier computed what follows.
/// Ceph's gateway logs what it computes under the name of the operation.
const SERVERS: &[&str] = &[
    "should have been",
    "server",
    "expect",
    "computed",
    "calculated by",
    "verifier",
    "remote",
    "s3:get_obj",
    "s3:put_obj",
    "s3:list",
];
/// Words by which a label says that the signer did.
const CLIENTS: &[&str] = &[
    "canonicalrequest",
    "canonical request",
    "canonical string",
    "canonical_request",
    "canonicalstring",
    "string to sign",
    "stringtosign",
    "string_to_sign",
    "string-to-sign",
    "client",
    "local",
];

/// A label is no longer than this.
const LABEL: usize = 56;

/// Whose text it is that begins at `at`.
#[must_use]
pub(super) fn side(text: &str, at: usize) -> Side {
    let mut from = at.saturating_sub(160);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    // The label stands on the same line, or on the one before.
    let before = &text[from..at];
    let lines: Vec<&str> = before.trim_end_matches([' ', '\t', '\'', '"']).rsplit('\n').collect();
    let label = lines.iter().take(3).find(|line| line.chars().any(char::is_alphabetic));
    let Some(label) = label.map(|label| label.to_ascii_lowercase()) else { return Side::Unsaid };
    // What stands long before is a logger's name, not the label.
    let mut cut = label.len().saturating_sub(LABEL);
    while !label.is_char_boundary(cut) {
        cut += 1;
    }
    let label = &label[cut..];
    let names_text = ["canonical", "sign"].iter().any(|word| label.contains(word));
    if names_text && SERVERS.iter().any(|word| label.contains(word)) {
        return Side::Server;
    }
    if CLIENTS.iter().any(|word| label.contains(word)) {
        return Side::Client;
    }
    Side::Unsaid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_whose_text_follows() {
        for (label, told) in [
            ("2026 botocore.auth - DEBUG - CanonicalRequest:\n", Side::Client),
            ("---[ STRING TO SIGN ]----\n", Side::Client),
            ("The String-to-Sign should have been\n'", Side::Server),
            ("server canonical request: [", Side::Server),
            ("What amazon expects for the canonical request:\n", Side::Server),
            (
                "DEBUG com.example.server.AuthSigner:84 in the main thread - AWS4 Canonical Request: ",
                Side::Client,
            ),
            ("hello\n\n", Side::Unsaid),
            ("", Side::Unsaid),
        ] {
            assert_eq!(side(label, label.len()), told, "{label}");
        }
    }
}

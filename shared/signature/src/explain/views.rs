//! What a case shows of the request, as each side saw it.

use super::classify::findings;
use super::other_forms;
use super::restored::restored;
use crate::authorization::{Authorization, Form};
use crate::canonical_request::CanonicalRequest;
use crate::case::{Case, Texts};
use crate::http::HttpRequest;
use crate::scope::{CredentialScope, Scope};
use crate::secret::{Signature, sha256_hex};
use crate::string_to_sign::{ALGORITHM, ALGORITHM_V4A, StringToSign};
use crate::uri::{PathRules, is_s3_family};
use crate::verifier::Verifiable;

/// How a text is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// It is cut: what is left of it can be read, and compared with nothing.
    Cut,
    /// It was altered after it was written: redacted, cut, or its white space damaged.
    Altered,
    /// It is supposed, since nothing shows it: what was sent stands for what was received.
    Supposed,
    /// It is shown, and nothing checks it.
    Shown,
    /// It is fixed: its hash is known, or the bytes that it is made of are there.
    Fixed,
}

/// A canonical request, as one side had it.
#[derive(Clone)]
pub struct View {
    /// Its parts.
    pub request: CanonicalRequest<'static>,
    /// Its text, exactly.
    pub text: String,
    /// How it is known.
    pub known: Known,
}

impl View {
    fn made(request: CanonicalRequest<'static>, known: Known) -> Self {
        Self { text: request.text(), request, known }
    }
}

/// The scope and the time of a signature, as a string to sign writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `YYYYMMDDTHHMMSSZ`.
    pub time: String,
    /// `DATE/REGION/SERVICE/aws4_request`.
    pub scope: String,
}

impl Stamp {
    fn of(text: &StringToSign<'_>) -> Self {
        Self { time: text.time.to_owned(), scope: text.scope.to_owned() }
    }

    /// The parts of the scope; `None` in version 4A, whose scope names no region.
    #[must_use]
    pub fn parts(&self) -> Option<Scope<'_>> {
        Scope::parse(&self.scope)
    }

    /// The service of the scope, in whichever version.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.scope.rsplit('/').nth(1)
    }

    /// The algorithm of a signature with such a scope.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        if self.scope.split('/').count() == 3 { ALGORITHM_V4A } else { ALGORITHM }
    }
}

/// What a case shows, side by side.
pub struct Views {
    /// What the verifier computed or had to compute.
    pub verified: Option<View>,
    /// What the signer computed.
    pub signed: Option<View>,
    /// What a verifier computes of the request as it was sent. Only where what was sent is shown
    /// beside something else.
    pub sent: Option<View>,
    /// Whether the request as sent is the signer's own: a URL may have been altered before it was used.
    pub sent_by_signer: bool,
    /// Whether the request as sent is a client's log of it: headers that the HTTP library adds, a port
    /// and the bytes of a body may be missing there.
    pub sent_is_logged: bool,
    /// Scope and time as the verifier had them.
    pub stamp: Option<Stamp>,
    /// Scope and time as the signer had them.
    pub signed_stamp: Option<Stamp>,
    /// The hash that the signer's string to sign holds.
    pub signed_hash: Option<String>,
    /// The signature that was sent.
    pub signature: Option<Signature>,
    /// The access key id.
    pub access_key_id: Option<String>,
    /// Whether S3's rules apply.
    pub is_s3: bool,
    /// Whether the verifier's own string to sign is shown.
    has_server_stamp: bool,
}

impl Views {
    /// What a case shows.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        let verifiable = |request: &Option<HttpRequest>| {
            request.as_ref().and_then(|request| Verifiable::of(request, None).ok())
        };
        let carried = |request: &Option<HttpRequest>| {
            request.as_ref().and_then(|request| Authorization::of(request).ok())
        };
        // What was received may have lost its signing parameters on the way: the sender's still say
        // what was signed.
        let authorization = carried(&case.received).or_else(|| carried(&case.sent));
        let authorization = authorization.as_ref();
        let stamp = case
            .server
            .parsed()
            .map(|text| Stamp::of(&text))
            .or_else(|| stamp_of(&verifiable(&case.received)?))
            .or_else(|| stamp_of(&verifiable(&case.sent)?))
            .or_else(|| other_forms::stamp(case));
        let signed_stamp = case.client.parsed().map(|text| Stamp::of(&text));
        let service = [&stamp, &signed_stamp]
            .into_iter()
            .flatten()
            .find_map(|stamp| Some(stamp.service()?.to_owned()));
        let is_s3 = service.as_deref().is_none_or(is_s3_family);
        let rules = service.as_deref().map_or(PathRules::S3, PathRules::of_service);
        let (stated, signed) = (view_of(&case.server), view_of(&case.client));
        let (stated, signed) = (
            whole_again(&case.server, stated.clone(), signed.as_ref()),
            whole_again(&case.client, signed, stated.as_ref()),
        );
        let view_of_raw = |request: &HttpRequest, names: &Authorization| {
            let known = if shows_payload(request, names) { Known::Fixed } else { Known::Shown };
            View::made(rebuilt(request, names, rules), known)
        };
        let from_received = case
            .received
            .as_ref()
            .zip(authorization)
            .map(|(request, names)| view_of_raw(request, names));
        // A verifier's own text that is whole says most; then what it received.
        let verified = match (stated, from_received) {
            (Some(stated), Some(received)) if stated.known < Known::Fixed => {
                // What the verifier states of itself says whether it is the same request.
                let is_other = stated.known == Known::Shown
                    && !findings(&stated.request, &received.request, is_s3).is_empty();
                let most = if is_other { Known::Shown } else { received.known };
                Some(View { known: received.known.min(most), ..received })
            }
            (stated, received) => stated.or(received),
        };
        let signed_names = verified.as_ref().map(|view| view.request.signed_headers.to_string());
        let sent_is_logged = case.received.is_none() && !case.client.is_empty();
        let sent_view = case.sent.as_ref().and_then(|request| {
            let mut names = carried(&case.sent).or_else(|| authorization.cloned())?;
            if let Some(signed_names) = signed_names {
                names.signed_headers = signed_names;
            }
            let view = view_of_raw(request, &names);
            // What a client's log shows of a body is not its bytes.
            let most = if sent_is_logged { Known::Shown } else { view.known };
            Some(View { known: view.known.min(most), ..view })
        });
        let is_query = authorization.is_some_and(|found| found.form == Form::Query);
        let verified = verified
            .or_else(|| sent_view.clone().map(|view| View { known: Known::Supposed, ..view }));
        Self {
            signature: case
                .signature
                .clone()
                .or_else(|| authorization.and_then(|found| found.signature.clone())),
            access_key_id: case
                .access_key_id
                .clone()
                .or_else(|| {
                    let credential = CredentialScope::parse(&authorization?.credential).ok()?;
                    Some(credential.access_key_id.to_owned())
                })
                .or_else(|| other_forms::access_key_id(case)),
            verified,
            signed,
            sent: sent_view,
            sent_is_logged,
            sent_by_signer: !is_query || case.received.is_some() || !case.server.is_empty(),
            stamp,
            signed_stamp,
            signed_hash: case.client.hash(),
            is_s3,
            has_server_stamp: case.server.parsed().is_some(),
        }
    }

    /// Whether nothing but the request as sent is shown.
    #[must_use]
    pub fn sent_is_all_there_is(&self) -> bool {
        self.verified.as_ref().is_none_or(|view| view.known == Known::Supposed)
            && !self.has_server_stamp
    }

    /// Whether signer and verifier have the same time and scope, as far as both are known.
    #[must_use]
    pub fn is_one_attempt(&self) -> bool {
        match (&self.stamp, &self.signed_stamp) {
            (Some(one), Some(other)) => one.time == other.time,
            _ => {
                let date = |view: &Option<View>| {
                    let date = view.as_ref()?.request.header("x-amz-date")?;
                    // Anything else in its place is no time, so tells of none.
                    (date.len() == "20260415T074200Z".len()).then(|| date.to_owned())
                };
                let (signed, verified) = (date(&self.signed), date(&self.verified));
                signed.zip(verified).is_none_or(|(signed, verified)| signed == verified)
            }
        }
    }

    /// The string to sign of the verifier.
    #[must_use]
    pub fn string_to_sign(&self, case: &Case) -> Option<String> {
        if let Some(text) = case.server.parsed() {
            return Some(text.text());
        }
        let (view, stamp) = (self.verified.as_ref()?, self.stamp.as_ref()?);
        let hash = sha256_hex(view.text.as_bytes());
        Some(
            StringToSign {
                algorithm: stamp.algorithm(),
                time: &stamp.time,
                scope: &stamp.scope,
                hash: &hash,
            }
            .text(),
        )
    }
}

/// A text that was altered after it was written, as its hash says it was.
fn whole_again(side: &Texts, view: Option<View>, other: Option<&View>) -> Option<View> {
    let view = view?;
    // A writer that found its text altered, and masked the token in it, is believed.
    let is_told = side.canonical_request.as_ref().is_some_and(|text| text.vouched == Some(false));
    let again = match (other, side.hash()) {
        (Some(other), Some(hash)) if view.known == Known::Altered && !is_told => {
            restored(&view.request, &other.request, &hash)
        }
        _ => None,
    };
    Some(again.map_or(view, |request| View::made(request, Known::Fixed)))
}

/// Whether a request shows what its payload line is made of.
fn shows_payload(request: &HttpRequest, authorization: &Authorization) -> bool {
    request.body.is_some()
        || crate::verifier::payload_line(request, authorization) != crate::secret::EMPTY_SHA256
}

fn stamp_of(request: &Verifiable) -> Option<Stamp> {
    let scope = request.authorization.scope()?.scope_text();
    Some(Stamp { time: request.time.clone(), scope })
}

/// The canonical request of `request` over the headers that `authorization` declares.
fn rebuilt(
    request: &HttpRequest,
    authorization: &Authorization,
    rules: PathRules,
) -> CanonicalRequest<'static> {
    let payload = crate::verifier::payload_line(request, authorization);
    CanonicalRequest::of(request, authorization.signed_names(), rules, &payload)
}

/// Whether somebody put a word in the place of a value.
pub(super) fn is_redacted(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["redacted", "****", "<hidden>", "<masked>", "xxxxxxxx"].iter().any(|mark| text.contains(mark))
}

/// One side's own text.
fn view_of(side: &Texts) -> Option<View> {
    let canonical = side.canonical_request.as_ref()?;
    let known = match side.is_intact() {
        Some(true) => Known::Fixed,
        Some(false) => Known::Altered,
        None if is_redacted(&canonical.text) => Known::Altered,
        None => Known::Shown,
    };
    if let Some(parts) = canonical.parts() {
        return Some(View { request: parts.into_owned(), text: canonical.text.clone(), known });
    }
    let text = match canonical.text.contains('\n') {
        true => canonical.text.clone(),
        false => canonical.text.replace("\\n", "\n"),
    };
    let request = CanonicalRequest::parse_start(&text).into_owned();
    let is_one =
        request.method.bytes().all(|b| b.is_ascii_uppercase()) && request.path.starts_with('/');
    is_one.then_some(View { request, text, known: Known::Cut })
}

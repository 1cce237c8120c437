//! What is told of a failing request: the contract's `explain --json`.

use serde::Serialize;

use super::Found;
use super::views::Views;
use super::words::shown;
use super::{answered_otherwise, steps};
use crate::case::Case;
use crate::cause::{Alternative, Cause, CauseId, Confidence, Evidence};
use crate::http::HttpRequest;
use crate::redact::{self, Hidden};
use crate::secret::Secret;

/// The diagnosis of one failing request, as it is printed and written.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The cause.
    pub cause: CauseId,
    /// The header, parameter, kind of path change, or part of the scope or the secret.
    pub component: Option<String>,
    /// What may be claimed.
    pub confidence: Confidence,
    /// One sentence.
    pub summary: String,
    /// Amplifiers and contexts.
    pub contexts: Vec<String>,
    /// What led to it.
    pub evidence: Vec<Evidence>,
    /// What else it could be.
    pub alternatives: Vec<Alternative>,
    /// Where the signed and the verified text differ.
    pub diff: Vec<Part>,
    /// What to do.
    pub fix: String,
    /// The wrong fix to avoid.
    pub avoid: String,
    /// Commands that confirm it.
    pub next_steps: Vec<String>,
    /// The request.
    pub request: Request,
    /// What was searched.
    pub searched: Searched,
    /// What was ruled out, and what stood in the way.
    pub notes: Vec<String>,
    /// The canonical request that was signed, session token masked.
    #[serde(skip)]
    pub signed: Option<String>,
    /// The canonical request that was verified, session token masked.
    #[serde(skip)]
    pub verified: Option<String>,
}

/// A part in which the signed and the verified text differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `method`, `path`, `query`, `header:<name>`, `signed-headers` or `payload`.
    pub part: String,
    /// What was signed.
    pub signed: Option<String>,
    /// What was verified.
    pub verified: Option<String>,
}

/// The request that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The HTTP method.
    pub method: Option<String>,
    /// The host as the verifier saw it.
    pub host: Option<String>,
    /// The path, canonical.
    pub path: Option<String>,
    /// The access key id.
    pub access_key_id: Option<String>,
    /// The region that was signed for.
    pub region: Option<String>,
    /// The service that was signed for.
    pub service: Option<String>,
    /// The names of the signed headers.
    pub signed_headers: Option<Vec<String>>,
    /// When it was signed, RFC 3339.
    pub signed_at: Option<String>,
    /// The request id of the answer.
    pub request_id: Option<String>,
}

/// What a search tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Searched {
    /// Candidates.
    pub hypotheses: u64,
    /// How long it took, milliseconds. Whoever has a clock fills it in.
    pub elapsed_ms: u64,
}

impl Explanation {
    pub(super) fn of(
        case: &Case,
        views: &Views,
        cause: Cause,
        found: Found,
        secret: Option<&Secret>,
    ) -> Self {
        let request = Request::of(case, views);
        let diff: Vec<Part> = found
            .differences
            .iter()
            .map(|finding| Part {
                part: finding.part.clone(),
                signed: finding.signed.clone(),
                verified: finding.verified.clone(),
            })
            .collect();
        let mut told = Self {
            summary: found
                .refused
                .or_else(|| {
                    let code = answered_otherwise::code(case)?;
                    let is_open = cause.cause == CauseId::Undetermined;
                    is_open.then(|| answered_otherwise::summary(code))
                })
                .unwrap_or_else(|| summary(&cause, &diff)),
            contexts: contexts(&request, &cause, case),
            next_steps: steps::of(&cause, &request, case),
            diff,
            cause: cause.cause,
            confidence: cause.confidence(),
            component: cause.component,
            evidence: cause.evidence,
            alternatives: cause.alternatives,
            fix: cause.fix.into_owned(),
            avoid: cause.avoid.into_owned(),
            request,
            searched: Searched { hypotheses: found.tried, elapsed_ms: 0 },
            notes: found.notes,
            signed: found
                .signed
                .as_deref()
                .or(views.signed.as_ref().map(|view| view.text.as_str()))
                .map(masked_lines),
            verified: views.verified.as_ref().map(|view| masked_lines(&view.text)),
        };
        told.hide(&hidden(case, views, secret));
        told
    }

    /// Hides values wherever they stand: the one place that everything passes before it is shown.
    pub fn hide(&mut self, hidden: &Hidden) {
        let request = &mut self.request;
        let evidence = self.evidence.iter_mut().map(|evidence| &mut evidence.detail);
        let alternatives = self.alternatives.iter_mut().filter_map(|it| it.component.as_mut());
        let parts = self
            .diff
            .iter_mut()
            .flat_map(|part| [Some(&mut part.part), part.signed.as_mut(), part.verified.as_mut()]);
        let optional = [
            &mut self.component,
            &mut self.signed,
            &mut self.verified,
            &mut request.method,
            &mut request.host,
            &mut request.path,
            &mut request.access_key_id,
            &mut request.region,
            &mut request.service,
            &mut request.request_id,
        ];
        [&mut self.summary]
            .into_iter()
            .chain(evidence)
            .chain(alternatives)
            .chain(parts.flatten())
            .chain(&mut self.next_steps)
            .chain(&mut self.notes)
            .chain(request.signed_headers.iter_mut().flatten())
            .chain(optional.into_iter().flatten())
            .for_each(|text| hidden.hide(text));
        // With a value that is masked a command is another one.
        self.next_steps.retain(|step| !step.contains("{sha256:"));
    }

    /// The diagnosis alone, as clusters carry it.
    #[must_use]
    pub fn to_cause(&self) -> Cause {
        let mut cause = Cause::new(self.cause, self.confidence, self.evidence.clone());
        cause.component.clone_from(&self.component);
        cause.alternatives.clone_from(&self.alternatives);
        cause
    }
}

/// One sentence: what happened, to what, and how sure that is.
fn summary(cause: &Cause, diff: &[Part]) -> String {
    if cause.cause == CauseId::Undetermined {
        return "The evidence does not tell why the signature fails.".to_owned();
    }
    let sure = match cause.confidence() {
        Confidence::Proven => "The signature fails because",
        Confidence::Strong => "The signature almost certainly fails because",
        Confidence::Likely | Confidence::Unknown => "The signature probably fails because",
    };
    let about = match (&cause.component, cause.cause) {
        (Some(component), CauseId::HeaderChanged | CauseId::SignerHeaderCanonicalization) => {
            format!(" (header `{component}`)")
        }
        (Some(component), CauseId::QueryChanged | CauseId::SignerQueryEncoding) => {
            format!(" (parameter `{component}`)")
        }
        (Some(component), _) => format!(" ({component})"),
        (None, _) => String::new(),
    };
    let values = match diff {
        [part] => format!(
            ": signed {}, verified {}",
            shown(part.signed.as_deref()),
            shown(part.verified.as_deref())
        ),
        _ => String::new(),
    };
    format!("{sure} {}{about}{values}.", cause.cause.what())
}

/// Words in a user agent or a host that betray a browser or a content delivery network.
const BROWSERS: &[&str] = &["mozilla/", "cloudfront", "cloudflare", "fastly", "akamai"];

fn contexts(request: &Request, cause: &Cause, case: &Case) -> Vec<String> {
    let agents =
        [&case.received, &case.sent].into_iter().flatten().filter_map(|r| r.header("user-agent"));
    let logged = case.logged.as_ref().and_then(|logged| logged.user_agent.as_deref());
    let host = request.host.as_deref();
    let mut texts = agents.chain(logged).chain(host).map(str::to_ascii_lowercase);
    let browser = texts.any(|text| BROWSERS.iter().any(|word| text.contains(word)));
    let by_header = cause.cause == CauseId::HeaderChanged
        && matches!(
            cause.component.as_deref(),
            Some("accept-encoding" | "via" | "cf-ray" | "origin")
        );
    let mut contexts = Vec::new();
    if browser || by_header {
        contexts.push("browser-or-cdn".to_owned());
    }
    contexts
}

impl Request {
    fn of(case: &Case, views: &Views) -> Self {
        let view = views.verified.as_ref().or(views.signed.as_ref()).or(views.sent.as_ref());
        let raw = case.received.as_ref().or(case.sent.as_ref());
        let stamp = views.stamp.as_ref().or(views.signed_stamp.as_ref());
        let scope = stamp.and_then(|stamp| stamp.parts());
        let logged = case.logged.as_ref();
        let target = logged.and_then(|logged| logged.target.as_ref());
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            method: view
                .and_then(|view| text(&view.request.method))
                .or_else(|| text(&raw?.method))
                .or_else(|| text(&target?.0)),
            host: view
                .and_then(|view| text(view.request.header("host")?.trim()))
                .or_else(|| text(raw?.header("host")?))
                .or_else(|| logged?.host.clone()),
            path: view
                .and_then(|view| text(&view.request.path))
                .or_else(|| text(&raw?.path))
                .or_else(|| text(target?.1.split('?').next()?)),
            access_key_id: views.access_key_id.clone(),
            region: scope.and_then(|scope| text(scope.region)),
            service: stamp.and_then(|stamp| text(stamp.service()?)),
            signed_headers: view.map(|view| {
                let names = view.request.signed_headers.split(';').filter(|name| !name.is_empty());
                names.map(str::to_owned).collect()
            }),
            signed_at: stamp
                .and_then(|stamp| super::answers::time_of(&stamp.time))
                .and_then(|seconds| Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())),
            request_id: case.answer.request_id.clone(),
        }
    }
}

/// What must not be shown of a case: the secret that was given, one in the place of an access key id,
/// session tokens, keys that encrypt objects, and the signature.
fn hidden(case: &Case, views: &Views, secret: Option<&Secret>) -> Hidden {
    let mut hidden = Hidden::default();
    if let Some(secret) = secret {
        hidden.add_secret(secret);
        super::padding::inner(secret).iter().for_each(|inner| hidden.add_secret(inner));
    }
    let key_ids = [&case.access_key_id, &views.access_key_id].into_iter().flatten();
    for key_id in key_ids.filter(|id| redact::is_secret_key(id.trim())) {
        hidden.add(key_id);
    }
    if let Some(signature) = &views.signature {
        hidden.add(&signature.reveal());
        hidden.add(&signature.reveal().to_uppercase());
    }
    super::other_forms::secrets(case).iter().for_each(|secret| hidden.add(secret));
    let mut of_pair = |name: &str, value: &str| {
        if redact::is_secret(name) {
            hidden.add(value);
        }
    };
    let of_query = |query: &str, of_pair: &mut dyn FnMut(&str, &str)| {
        query.split('&').filter_map(|pair| pair.split_once('=')).for_each(|(n, v)| of_pair(n, v));
    };
    let requests: [&Option<HttpRequest>; 2] = [&case.sent, &case.received];
    for request in requests.into_iter().flatten() {
        request.headers.iter().for_each(|header| of_pair(&header.name, &header.value));
        of_query(&request.query, &mut of_pair);
    }
    for view in [&views.signed, &views.verified, &views.sent].into_iter().flatten() {
        view.request.headers.iter().for_each(|(name, value)| of_pair(name, value));
        of_query(&view.request.query, &mut of_pair);
    }
    hidden
}

/// A canonical request as it may be shown: the session token masked wherever it stands.
fn masked_lines(text: &str) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for (number, line) in lines.iter_mut().enumerate() {
        if number == 2 {
            *line = redact::query(line);
        } else if let Some((name, value)) = line.split_once(':') {
            *line = format!("{name}:{}", redact::value(name.trim(), value));
        }
    }
    lines.join("\n")
}

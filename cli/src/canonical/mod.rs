//! `sigdrift canonical`: what a signer signs of a request, step by step, or whether a signature is
//! right.

mod post;
mod signing;
mod text;
mod verifying;
mod version_2;
mod version_4a;

use std::io::Write;

use serde::Serialize;
use sigdrift_signature::HttpRequest;
use sigdrift_signature::secret::{Secret, sha256_hex};
use sigdrift_signature::uri::{PathEncoding, PathNormalization, PathRules};

use crate::args::CanonicalOptions;
use crate::exit::{Exit, Failure};
use crate::input;

/// What the command answers. It holds a signature, and perhaps a session token: they were asked for.
#[derive(Default, Serialize)]
struct Answer {
    /// Nothing for what has none: version 2, and the policy of a form.
    canonical_request: Option<String>,
    canonical_request_sha256: Option<String>,
    string_to_sign: String,
    /// Nothing in version 4A.
    signature: Option<String>,
    signed_headers: Vec<String>,
    authorization: Option<String>,
    presigned_query: Option<String>,
    verified: Option<bool>,
    /// What else there is to know: why a signature is not verified, or what was passed over.
    #[serde(skip)]
    notes: Vec<String>,
}

/// Runs the command.
pub fn run(options: &CanonicalOptions) -> Result<Exit, Failure> {
    if input::is_stdin(&options.request) && input::is_stdin(&options.secret_file) {
        return Err(Failure::Usage(
            "only one of --request and --secret-file can be standard input".to_owned(),
        ));
    }
    let secret = input::secret(&options.secret_file)?;
    let bytes = input::read(&options.request)?;
    let request =
        HttpRequest::parse(&bytes).map_err(|error| input::unusable(&options.request, error))?;
    drop(bytes);
    let answer = answer(request, &secret, options)?;
    print(&answer, options)?;
    Ok(match answer.verified {
        Some(false) => Exit::No,
        // It was asked for, and cannot be told: a script must not take that for a yes.
        None if options.verify => Exit::PartlyUnreadable,
        _ => Exit::Done,
    })
}

fn answer(
    request: HttpRequest,
    secret: &Secret,
    options: &CanonicalOptions,
) -> Result<Answer, Failure> {
    if let Some(answer) = post::answer(&request, secret, options) {
        return answer;
    }
    // A request that is to be signed anew may carry whatever it carries.
    let is_as_it_is = options.verify || options.region.is_none();
    let own = || {
        version_2::answer(&request, secret, options)
            .or_else(|| version_4a::answer(&request, options))
    };
    if let Some(answer) = is_as_it_is.then(own).flatten() {
        return answer;
    }
    if options.verify {
        verifying::answer(request, secret, options)
    } else {
        signing::answer(request, secret, options)
    }
}

fn print(answer: &Answer, options: &CanonicalOptions) -> Result<(), Failure> {
    if options.json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, answer).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        out.flush()?;
        for note in &answer.notes {
            anstream::eprintln!("sigdrift: {note}");
        }
        return Ok(());
    }
    let mut out = anstream::stdout().lock();
    out.write_all(text::render(answer).as_bytes())?;
    Ok(out.flush()?)
}

/// The rules for the path: those of the service, unless the user says otherwise.
fn rules(service: &str, options: &CanonicalOptions) -> PathRules {
    let of_service = PathRules::of_service(service);
    PathRules {
        encoding: match options.double_encode {
            Some(true) => PathEncoding::Twice,
            Some(false) => PathEncoding::Once,
            None => of_service.encoding,
        },
        normalization: match options.normalize_path {
            Some(true) => PathNormalization::Resolve,
            Some(false) => PathNormalization::Keep,
            None => of_service.normalization,
        },
    }
}

fn hash(canonical_request: &str) -> String {
    sha256_hex(canonical_request.as_bytes())
}

fn names(list: &str) -> Vec<String> {
    list.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

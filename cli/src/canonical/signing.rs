//! Signs a request.

use sigdrift_signature::HttpRequest;
use sigdrift_signature::presigned::LONGEST;
use sigdrift_signature::secret::Secret;
use sigdrift_signature::signer::Signing;
use zeroize::Zeroizing;

use super::{Answer, hash, names, rules};
use crate::args::CanonicalOptions;
use crate::exit::Failure;
use crate::input;
use crate::signing_time::SigningTime;

/// The header that carries a session token.
const TOKEN: &str = "x-amz-security-token";

/// Signs the request as the options say.
pub fn answer(
    mut request: HttpRequest,
    secret: &Secret,
    options: &CanonicalOptions,
) -> Result<Answer, Failure> {
    let (Some(region), Some(service), Some(access_key_id)) =
        (&options.region, &options.service, &options.access_key)
    else {
        return Err(Failure::Usage(
            "--region, --service and --access-key are needed to sign".to_owned(),
        ));
    };
    let token = match &options.session_token_file {
        Some(path) => Some(input::token(path)?),
        None => request.header(TOKEN).map(|token| Zeroizing::new(token.to_owned())),
    };
    request.headers.retain(|header| !header.name.eq_ignore_ascii_case(TOKEN));
    let time = time(&request, options)?;
    let signing = Signing {
        access_key_id,
        secret,
        session_token: token.as_ref().map(|token| token.as_str()),
        token_is_signed: !options.omit_session_token,
        region,
        service,
        time: &time,
        path: rules(service, options),
        sign_body: options.sign_body,
    };
    let signed = match options.expires {
        Some(expires) => signing.presign(&request, expires),
        None => signing.sign(&request),
    };
    let mut notes = Vec::new();
    if request.header("host").is_none() {
        notes.push("the request has no Host header, and every service wants it signed".to_owned());
    }
    if options.expires.is_some_and(|expires| !(1..=LONGEST).contains(&expires)) {
        notes.push(format!(
            "AWS refuses this URL: it may be valid for 1 to {LONGEST} seconds (7 days)"
        ));
    }
    let canonical_request = signed.canonical_request.text();
    Ok(Answer {
        canonical_request_sha256: Some(hash(&canonical_request)),
        canonical_request: Some(canonical_request),
        string_to_sign: signed.string_to_sign,
        signature: Some(signed.signature.reveal()),
        signed_headers: names(&signed.canonical_request.signed_headers),
        authorization: signed.authorization,
        presigned_query: signed.presigned_query,
        verified: None,
        notes,
    })
}

/// When the request is signed: as told, or when it says itself, or now.
fn time(request: &HttpRequest, options: &CanonicalOptions) -> Result<String, Failure> {
    if let Some(time) = options.time {
        return Ok(time.amz());
    }
    let own = request.header("x-amz-date").map(str::to_owned);
    match own.or_else(|| request.parameter("X-Amz-Date")) {
        Some(own) if own.parse::<SigningTime>().is_ok_and(|time| time.amz() == own) => Ok(own),
        Some(_) => Err(input::unusable(
            &options.request,
            "its X-Amz-Date is not YYYYMMDDTHHMMSSZ; correct it, or give the time with --time",
        )),
        None => Ok(SigningTime::now().amz()),
    }
}

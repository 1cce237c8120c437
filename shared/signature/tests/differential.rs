//! Random requests, signed here and by AWS's own signer for Rust: the signatures have to be the
//! same. A signature is an HMAC over the hash of the canonical request, so equal signatures mean
//! canonical requests that are equal byte for byte.
//!
//! `PROPTEST_CASES` says how many requests each test tries (3,000).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest,
    SignatureLocation, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use proptest::prelude::*;
use proptest::sample::select;
use sigdrift_signature::http::{Header, HttpRequest};
use sigdrift_signature::secret::Secret;
use sigdrift_signature::signer::{NEVER_SIGNED, Signed, Signing};
use sigdrift_signature::uri::{PathEncoding, PathNormalization, PathRules, encode_path};
use sigdrift_signature::verifier::Verifiable;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEY_ID: &str = "AKIDEXAMPLE";
/// 2015-08-30T12:36:00Z.
const SECONDS: u64 = 1_440_938_160;
const TIME: &str = "20150830T123600Z";

/// A request, and how it is to be signed.
#[derive(Clone, Debug)]
struct Case {
    method: String,
    host: &'static str,
    /// As it stands in the request line.
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    service: &'static str,
    rules: PathRules,
    token: Option<String>,
    token_is_signed: bool,
    /// Whether `x-amz-content-sha256` is added (header form).
    sign_body: bool,
    /// Presigned for so many seconds, or signed in a header.
    expires: Option<u64>,
}

const S3_NORMALIZED: PathRules =
    PathRules { encoding: PathEncoding::Once, normalization: PathNormalization::Resolve };
const OTHER_KEPT: PathRules =
    PathRules { encoding: PathEncoding::Twice, normalization: PathNormalization::Keep };

/// What a segment of a path may be: the segments that normalisation resolves, escapes, good and
/// bad, and any text.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        select(&["", ".", "..", "...", "a", "%20", "%2F", "%zz", "%", "%C3%BC", "a%2", "+"][..])
            .prop_map(str::to_owned),
        "[!-~]{1,8}",
        "\\PC{1,6}",
    ]
}

/// A path whose bytes are encoded once, as an SDK sends it. Where a path is encoded once, AWS's
/// signer takes what it is given for the canonical path, while AWS decodes what it receives and
/// encodes it: both are the same for a path that is encoded as it should be.
fn encoded_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(segment(), 0..6)
        .prop_map(|segments| encode_path(format!("/{}", segments.join("/")).as_bytes()))
}

/// A path as it may be sent, escapes and raw characters mixed. It has to be a URI to AWS's signer,
/// which takes raw characters beyond ASCII but no spaces, `<`, `>`, `\`, `^`, `` ` ``; `?` and `#`
/// end a path.
fn raw_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(segment(), 0..6).prop_map(|segments| {
        let path = format!("/{}", segments.join("/"));
        path.chars().map(|c| if is_uri(c) && c != '?' { c } else { '-' }).collect()
    })
}

fn is_uri(c: char) -> bool {
    !c.is_control() && !" <>\\^`\"{}#".contains(c) && (c.is_ascii() || c.is_alphabetic())
}

/// A query as it may be sent. Bytes that are no UTF-8 once decoded are left out: AWS's signer signs
/// the replacement character in their place, AWS the bytes.
fn query() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        select(
            &[
                "a", "A", "b", "a%20b", "a+b", "%C3%BC", "ü", "%", "%zz", "=", "x-id", "~", "%7e",
                ""
            ][..]
        )
        .prop_map(str::to_owned),
        "[!-~]{0,8}",
    ];
    let pair = (word.clone(), proptest::option::of(word))
        .prop_map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}")));
    proptest::collection::vec(pair, 0..6).prop_map(|pairs| {
        let query: String = pairs.join("&").chars().filter(|c| is_uri(*c)).collect();
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(&query).collect();
        if std::str::from_utf8(&decoded).is_ok() { query } else { String::new() }
    })
}

/// Headers with inner and outer spaces, the same name twice, and names in any case. Tabs are left
/// out: AWS's signer folds spaces only, and a tab within a value cannot be sent through most clients.
/// So is what is no ASCII, which AWS's signer refuses.
fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        select(
            &[
                "Range",
                "range",
                "Content-Type",
                "X-Amz-Meta-A",
                "x-amz-meta-a",
                "x-amz-meta-a-b",
                "Accept-Encoding",
                "User-Agent",
                "Expect",
                "Connection",
                "TE",
                "X-Amzn-Trace-Id",
                "Transfer-Encoding",
                "If-Match",
                "Cache-Control",
            ][..]
        )
        .prop_map(str::to_owned),
        "[A-Za-z][A-Za-z0-9_-]{0,10}",
    ];
    let value = prop_oneof!["[ -~]{0,20}", " {0,3}a {0,3}b {0,3}", "\"a  b\""];
    proptest::collection::vec((name, value), 0..8).prop_map(|headers| {
        // The signers set these themselves, and the presigner leaves out two more.
        let own = ["host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];
        let not_presigned = ["x-amz-user-agent", "x-amz-checksum-mode", "date"];
        let is_free = |name: &str| !own.contains(&name) && !not_presigned.contains(&name);
        headers.into_iter().filter(|(name, _)| is_free(&name.to_ascii_lowercase())).collect()
    })
}

/// Host names with ports. Port 80 is left out: the URL here says https, and a raw request does not
/// say whether 80 is the default port of its scheme.
const HOSTS: &[&str] = &[
    "example.amazonaws.com",
    "b.s3.eu-west-1.amazonaws.com",
    "b.s3.eu-west-1.amazonaws.com:443",
    "localhost:9000",
    "[::1]:8443",
];

fn case(is_presigned: bool) -> impl Strategy<Value = Case> {
    let path = prop_oneof![
        (encoded_path(), select(&[PathRules::S3, S3_NORMALIZED][..])),
        (raw_path(), select(&[PathRules::OTHER, OTHER_KEPT][..])),
    ];
    let credentials = (proptest::option::of("[A-Za-z0-9+/=]{4,40}"), any::<bool>());
    (
        "[A-Z]{3,7}",
        select(HOSTS),
        path,
        query(),
        headers(),
        proptest::collection::vec(any::<u8>(), 0..40),
        credentials,
        any::<bool>(),
        1_u64..=604_800,
    )
        .prop_map(
            move |(
                method,
                host,
                (path, rules),
                query,
                headers,
                body,
                credentials,
                sign_body,
                expires,
            )| Case {
                method,
                host,
                path,
                query,
                headers,
                body,
                service: if rules.encoding == PathEncoding::Once { "s3" } else { "execute-api" },
                rules,
                token: credentials.0,
                token_is_signed: credentials.1,
                sign_body,
                expires: is_presigned.then_some(expires),
            },
        )
}

impl Case {
    fn request(&self) -> HttpRequest {
        let mut request = HttpRequest::new(&self.method, &self.path);
        self.query.clone_into(&mut request.query);
        request.set_header("Host", self.host);
        request.headers.extend(
            self.headers
                .iter()
                .map(|(name, value)| Header { name: name.clone(), value: value.clone() }),
        );
        request.body = Some(self.body.clone());
        request
    }

    fn ours(&self) -> Signed {
        let secret = Secret::new(SECRET);
        let signing = Signing {
            access_key_id: KEY_ID,
            secret: &secret,
            session_token: self.token.as_deref(),
            token_is_signed: self.token_is_signed,
            region: "eu-west-1",
            service: self.service,
            time: TIME,
            path: self.rules,
            sign_body: self.sign_body,
        };
        match self.expires {
            None => signing.sign(&self.request()),
            Some(expires) => signing.presign(&self.request(), expires),
        }
    }

    fn settings(&self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = match self.rules.encoding {
            PathEncoding::Once => PercentEncodingMode::Single,
            PathEncoding::Twice => PercentEncodingMode::Double,
        };
        settings.uri_path_normalization_mode =
            UriPathNormalizationMode::from(self.rules.normalization == PathNormalization::Resolve);
        settings.session_token_mode = match self.token_is_signed {
            true => SessionTokenMode::Include,
            false => SessionTokenMode::Exclude,
        };
        if self.sign_body {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        if let Some(expires) = self.expires {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(expires));
        }
        // By default AWS's signer for Rust leaves out four headers only, and the SDK above it others.
        settings.excluded_headers =
            Some(NEVER_SIGNED.iter().map(|name| Cow::Borrowed(*name)).collect());
        settings
    }

    /// The signature that AWS's signer makes.
    fn theirs(&self) -> String {
        let credentials = Credentials::new(KEY_ID, SECRET, self.token.clone(), None, "test");
        let identity = credentials.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(self.service)
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS))
            .settings(self.settings())
            .build()
            .unwrap()
            .into();
        let question = if self.query.is_empty() { "" } else { "?" };
        let uri = format!("https://{}{}{question}{}", self.host, self.path, self.query);
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let is_unsigned = self.expires.is_some() && self.service == "s3" && !self.sign_body;
        let body = match is_unsigned {
            true => SignableBody::UnsignedPayload,
            false => SignableBody::Bytes(&self.body),
        };
        let request = SignableRequest::new(&self.method, uri, headers, body).unwrap();
        let (_, signature) = sign(request, &parameters).unwrap().into_parts();
        signature
    }

    /// The request as it arrives, with what we added to it.
    fn received(&self, signed: &Signed) -> HttpRequest {
        let mut request = self.request();
        if let Some(query) = &signed.presigned_query {
            query.clone_into(&mut request.query);
        } else {
            let canonical = &signed.canonical_request;
            for name in ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"] {
                if let Some(value) = canonical.header(name) {
                    request.set_header(name, value);
                }
            }
            request.set_header("authorization", signed.authorization.clone().unwrap());
        }
        request
    }
}

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(3_000), ..ProptestConfig::default() }
}

fn same(case: &Case) -> Result<(), TestCaseError> {
    let ours = case.ours();
    let shown = ours.canonical_request.text();
    prop_assert_eq!(ours.signature.reveal(), case.theirs(), "our canonical request:\n{}", shown);
    // A token that is added after signing has to be taken away again before verifying.
    if case.token.is_none() || case.token_is_signed {
        let received = case.received(&ours);
        let rules = Some(case.rules);
        let is_right = match Verifiable::of(&received, rules) {
            Ok(read) => {
                // A presigned URL does not say that its body was hashed.
                let states_payload =
                    case.expires.is_none() || case.service != "s3" || !case.sign_body;
                !states_payload || read.is_signed_by(&Secret::new(SECRET))
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        prop_assert!(is_right, "not verified; our canonical request:\n{}", shown);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn headers_are_signed_as_aws_signs_them(case in case(false)) {
        same(&case)?;
    }

    #[test]
    fn urls_are_presigned_as_aws_presigns_them(case in case(true)) {
        same(&case)?;
    }
}

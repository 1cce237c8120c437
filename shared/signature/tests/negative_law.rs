//! Random requests with random damage: nothing is ever proven but the cause that was made.
//!
//! `PROPTEST_CASES` says how many requests each test tries (24).

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod failing;

use failing::{SECRET, TIME, hash_alone, refused, signature, told, whole};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use sigdrift_signature::case::{CanonicalText, Case, Texts};
use sigdrift_signature::secret::{EMPTY_SHA256, sha256_hex};
use sigdrift_signature::uri::encode;
use sigdrift_signature::{CauseId, Confidence};

/// Candidates of one search: most single changes.
const CANDIDATES: u64 = 800;
const UNDAMAGED: &str = "UNSIGNED-PAYLOAD";

/// A request in canonical form, taken apart.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    method: &'static str,
    host: String,
    segments: Vec<String>,
    parameters: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    payload: String,
    /// How the signer writes it.
    style: Style,
}

/// What a signer may do wrong.
#[derive(Clone, Debug, Default, PartialEq)]
struct Style {
    raw_path: bool,
    reversed_query: bool,
    raw_query: bool,
    upper_case_names: bool,
    no_blank_line: bool,
    upper_case_hash: bool,
}

impl Request {
    fn text(&self) -> String {
        let style = &self.style;
        let path: String = self
            .segments
            .iter()
            .map(|one| {
                format!("/{}", if style.raw_path { one.clone() } else { encode(one.as_bytes()) })
            })
            .collect();
        let written = |text: &str| match style.raw_query {
            true => text.to_owned(),
            false => encode(text.as_bytes()),
        };
        let mut pairs = self.parameters.clone();
        pairs.sort_by_key(|(name, _)| encode(name.as_bytes()));
        if style.reversed_query {
            pairs.reverse();
        }
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", written(value))).collect();
        let mut headers = self.headers.clone();
        headers.push(("host".to_owned(), self.host.clone()));
        headers.push(("x-amz-date".to_owned(), TIME.to_owned()));
        headers.sort();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let name = |name: &str| match style.upper_case_names {
            true => name.to_uppercase(),
            false => name.to_owned(),
        };
        let lines: String =
            headers.iter().map(|(key, value)| format!("{}:{value}\n", name(key))).collect();
        let payload = match style.upper_case_hash {
            true => self.payload.to_uppercase(),
            false => self.payload.clone(),
        };
        let blank = if style.no_blank_line { "" } else { "\n" };
        format!(
            "{}\n{path}\n{}\n{lines}{blank}{}\n{payload}",
            self.method,
            query.join("&"),
            names.join(";"),
        )
    }
}

fn any_request() -> impl Strategy<Value = Request> {
    let word = "[a-z]{3,8}";
    let odd = "[a-z]{2,5}[ =+/'(é][a-z]{2,5}";
    let headers = ["x-amz-meta-a", "x-amz-meta-b", "accept-encoding", "content-type", "range"];
    (
        prop::sample::select(&["GET", "PUT", "DELETE"][..]),
        "[a-z]{3,8}\\.s3\\.eu-west-1\\.amazonaws\\.com",
        (prop::collection::vec(word, 1..3), "[a-z]{2,5}[ =(é][a-z]{2,5}"),
        (prop::collection::btree_set(word, 2..4), prop::collection::vec(odd, 4)),
        (subsequence(headers.to_vec(), 2..5), prop::collection::vec("[a-z]{3,8} [a-z]{3,8}", 5)),
        prop_oneof![
            Just(UNDAMAGED.to_owned()),
            "[a-z]{9}".prop_map(|body| sha256_hex(body.as_bytes()))
        ],
    )
        .prop_map(|(method, host, (mut segments, last), (names, values), headers, payload)| {
            segments.push(last);
            let parameters = names.into_iter().zip(values).collect();
            let headers = headers.0.into_iter().map(str::to_owned).zip(headers.1).collect();
            Request {
                method,
                host,
                segments,
                parameters,
                headers,
                payload,
                style: Style::default(),
            }
        })
}

/// A damage: the cause that it stands for, and how the signed form differs from the verified one.
/// `None` if it cannot be done to this request.
type Damage = (CauseId, fn(&mut Request, &Index, &str) -> Option<()>);

/// One of so many, of which an earlier damage may have taken the last.
fn place<T>(at: &Index, all: &[T]) -> Option<usize> {
    (!all.is_empty()).then(|| at.index(all.len()))
}

const DAMAGES: &[Damage] = &[
    (CauseId::MethodChanged, |request, _, _| {
        request.method = if request.method == "PUT" { "GET" } else { "PUT" };
        Some(())
    }),
    (CauseId::HostChanged, |request, _, word| {
        request.host = format!("{word}.s3.eu-west-1.amazonaws.com");
        Some(())
    }),
    (CauseId::PathChanged, |request, at, word| {
        let at = at.index(request.segments.len());
        request.segments[at] = format!("{word}{word}");
        Some(())
    }),
    (CauseId::QueryChanged, |request, at, word| {
        let at = place(at, &request.parameters)?;
        request.parameters[at].1 = word.to_owned();
        Some(())
    }),
    (CauseId::QueryChanged, |request, at, _| {
        let at = place(at, &request.parameters)?;
        request.parameters.remove(at);
        Some(())
    }),
    (CauseId::HeaderChanged, |request, at, word| {
        let at = at.index(request.headers.len());
        request.headers[at].1 = word.to_owned();
        Some(())
    }),
    (CauseId::HeaderChanged, |request, _, _| {
        let header = request.headers.iter_mut().find(|(name, _)| name == "accept-encoding")?;
        header.1 = "identity".to_owned();
        Some(())
    }),
    (CauseId::PayloadChanged, |request, _, word| {
        request.payload = sha256_hex(word.as_bytes());
        Some(())
    }),
    (CauseId::SignerPayloadHash, |request, _, _| {
        request.payload = EMPTY_SHA256.to_owned();
        Some(())
    }),
    (CauseId::SignerPayloadHash, |request, _, _| {
        request.style.upper_case_hash = request.payload != UNDAMAGED;
        request.style.upper_case_hash.then_some(())
    }),
    (CauseId::SignerPathEncoding, |request, _, _| {
        request.style.raw_path = true;
        Some(())
    }),
    (CauseId::SignerQueryOrder, |request, _, _| {
        request.style.reversed_query = true;
        Some(())
    }),
    (CauseId::SignerQueryEncoding, |request, _, _| {
        request.style.raw_query = true;
        Some(())
    }),
    (CauseId::SignerHeaderCanonicalization, |request, _, _| {
        request.style.upper_case_names = true;
        Some(())
    }),
    (CauseId::SignerHeaderCanonicalization, |request, _, _| {
        request.style.no_blank_line = true;
        Some(())
    }),
];

/// What is given of the two texts.
#[derive(Clone, Copy, Debug)]
enum Given {
    HashOfSigned,
    Signed,
    Secret,
    HashAndSecret,
}

const GIVEN: &[Given] = &[Given::HashOfSigned, Given::Signed, Given::Secret, Given::HashAndSecret];

fn case(signed: &str, verified: &str, given: Given) -> (Case, Option<&'static str>) {
    let mut case = refused(signed, verified);
    case.client = match given {
        Given::HashOfSigned | Given::HashAndSecret => hash_alone(signed),
        Given::Signed => whole(signed),
        Given::Secret => Texts::default(),
    };
    let secret = matches!(given, Given::Secret | Given::HashAndSecret).then_some(SECRET);
    (case, secret)
}

/// The causes of damages, and the signed form; `None` if one of them leaves no trace, or all of one cause
/// leave none together: a method that is changed twice may be what it was.
fn damaged(
    request: &Request,
    damages: &[(Damage, Index, String)],
) -> Option<(Vec<CauseId>, Request)> {
    let without = |is_left_out: &dyn Fn(usize, CauseId) -> bool| {
        let mut signed = request.clone();
        for (number, ((cause, damage), at, word)) in damages.iter().enumerate() {
            if !is_left_out(number, *cause) {
                damage(&mut signed, at, word)?;
            }
        }
        Some(signed.text())
    };
    let mut signed = request.clone();
    for ((_, damage), at, word) in damages {
        damage(&mut signed, at, word)?;
    }
    let text = signed.text();
    let leaves_a_trace = |which: &dyn Fn(usize, CauseId) -> bool| {
        without(which).is_some_and(|without| without != text)
    };
    let mut causes: Vec<CauseId> = damages.iter().map(|((cause, _), _, _)| *cause).collect();
    causes.sort_unstable();
    causes.dedup();
    let all_do = (0..damages.len()).all(|one| leaves_a_trace(&|number, _| number == one))
        && causes.iter().all(|one| leaves_a_trace(&|_, cause| cause == *one));
    all_do.then_some((causes, signed))
}

fn damages(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(Damage, Index, String)>> {
    prop::collection::vec((prop::sample::select(DAMAGES), any::<Index>(), "[a-z]{9,12}"), count)
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(24),
        failure_persistence: None,
        max_global_rejects: 100_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn damages_that_undo_each_other_are_none(mut request in any_request(), at in any::<Index>()) {
        request.method = "GET";
        let of = |cause: CauseId| *DAMAGES.iter().find(|(of, _)| *of == cause).unwrap();
        let [method, path] = [CauseId::MethodChanged, CauseId::PathChanged].map(of);
        let twice = [method, path, method].map(|damage| (damage, at, "abcdefghi".to_owned()));
        prop_assert!(damaged(&request, &twice).is_none());
        let (causes, _) = damaged(&request, &twice[1..]).unwrap();
        prop_assert_eq!(causes.len(), 2);
    }

    #[test]
    fn one_damage_proves_its_own_cause_or_none(request in any_request(), damage in damages(1..2)) {
        let Some((causes, signed)) = damaged(&request, &damage) else { return Err(TestCaseError::reject("")) };
        let (signed, verified) = (signed.text(), request.text());
        for &given in GIVEN {
            let (case, secret) = case(&signed, &verified, given);
            let told = told(&case, secret, CANDIDATES);
            if told.confidence == Confidence::Proven {
                prop_assert!(causes.contains(&told.cause), "{:?} {:?} {:?}", given, causes, told);
            }
            // Where both texts are there, the cause is among what is told.
            if matches!(given, Given::Signed) {
                let mut named = told.alternatives.iter().map(|other| other.cause);
                let is_named = causes.contains(&told.cause) || named.any(|cause| causes.contains(&cause));
                prop_assert!(is_named, "{:?} {:?}", causes, told);
            }
        }
    }

    #[test]
    fn damages_of_several_causes_prove_none(request in any_request(), damages in damages(2..5)) {
        let Some((causes, signed)) = damaged(&request, &damages) else { return Err(TestCaseError::reject("")) };
        prop_assume!(causes.len() > 1);
        let (signed, verified) = (signed.text(), request.text());
        for &given in GIVEN {
            let (case, secret) = case(&signed, &verified, given);
            let told = told(&case, secret, CANDIDATES);
            prop_assert!(told.confidence < Confidence::Proven, "{:?} {:?} {:?}", given, causes, told);
        }
    }

    #[test]
    fn a_redacted_text_proves_the_one_damage_that_its_hash_bears_out_or_nothing(
        request in any_request(),
        damages in damages(0..3),
        at in any::<Index>(),
        mark in prop::sample::select(&["***", "[REDACTED]", "", "XXXXXXXX"][..]),
        on_the_client in any::<bool>(),
    ) {
        let Some((causes, signed)) = damaged(&request, &damages) else { return Err(TestCaseError::reject("")) };
        let (signed, verified) = (signed.text(), request.text());
        let whole_text = if on_the_client { &signed } else { &verified };
        let value = &request.headers[at.index(request.headers.len())].1;
        let redacted = whole_text.replace(value, mark);
        prop_assume!(redacted != *whole_text);
        let (mut case, _) = case(&signed, &verified, Given::Signed);
        let side = if on_the_client { &mut case.client } else { &mut case.server };
        side.canonical_request = Some(CanonicalText::found(redacted));
        let told = told(&case, None, CANDIDATES);
        let is_its_own = causes == [told.cause];
        prop_assert!(told.confidence < Confidence::Proven || is_its_own, "{:?} {:?}", causes, told);
    }

    #[test]
    fn a_secret_that_did_not_sign_proves_nothing(
        request in any_request(),
        damages in damages(0..3),
        secret in "[A-Za-z0-9/+]{40}",
    ) {
        let Some((_, signed)) = damaged(&request, &damages) else { return Err(TestCaseError::reject("")) };
        let (case, _) = case(&signed.text(), &request.text(), Given::Secret);
        let told = told(&case, Some(&secret), CANDIDATES);
        prop_assert!(told.confidence < Confidence::Proven, "{:?}", told);
    }

    #[test]
    fn texts_that_belong_to_different_signatures_prove_only_what_the_secret_signs(
        request in any_request(),
        damage in damages(1..2),
    ) {
        // The client's log is of another request; the secret signed what the server saw.
        let Some((_, other)) = damaged(&request, &damage) else { return Err(TestCaseError::reject("")) };
        let verified = request.text();
        let (mut case, _) = case(&other.text(), &verified, Given::Signed);
        case.signature = Some(signature(SECRET, &verified));
        let told = told(&case, Some(SECRET), CANDIDATES);
        prop_assert_eq!((told.cause, told.confidence), (CauseId::WrongSecret, Confidence::Proven));
    }

    #[test]
    fn what_was_sent_shows_who_made_the_difference(request in any_request(), damage in damages(1..2)) {
        let Some((causes, signed)) = damaged(&request, &damage) else { return Err(TestCaseError::reject("")) };
        let (signed_text, verified) = (signed.text(), request.text());
        // Sent as verified, so that nothing changed on the way.
        let headers: Vec<(&str, &str)> = [("host", request.host.as_str()), ("x-amz-date", TIME)]
            .into_iter()
            .chain(request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))
            .collect();
        let path: String = request.segments.iter().map(|one| format!("/{}", encode(one.as_bytes()))).collect();
        let query: Vec<String> = request.parameters.iter().map(|(n, v)| format!("{n}={}", encode(v.as_bytes()))).collect();
        let (mut case, _) = case(&signed_text, &verified, Given::Signed);
        case.sent = Some(failing::request(request.method, &format!("{path}?{}", query.join("&")), &headers));
        let told = told(&case, None, CANDIDATES);
        if told.confidence == Confidence::Proven {
            // A change before sending and a signer's own mistake look alike but for their kind.
            let by_signer = [
                (CauseId::QueryChanged, CauseId::SignerQueryEncoding),
                (CauseId::HeaderChanged, CauseId::SignerHeaderCanonicalization),
                (CauseId::PathChanged, CauseId::SignerPathEncoding),
                (CauseId::PayloadChanged, CauseId::SignerPayloadHash),
            ];
            let is_same = |made: &CauseId| *made == told.cause || by_signer.contains(&(*made, told.cause));
            prop_assert!(causes.iter().any(is_same), "{:?} {:?}", causes, told);
        }
    }
}

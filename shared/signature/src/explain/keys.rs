//! Keys that may have signed in place of the right one: of a damaged secret, derived in another way,
//! or for another scope.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use zeroize::Zeroizing;

use super::damage::damaged;
use super::search::Key;
use super::search::hosts::REGIONS;
use crate::cause::CauseId;
use crate::scope::{Scope, TERMINATOR};
use crate::secret::{Secret, SigningKey, hex, hmac};

/// A key with what it would show if it signed.
pub struct Suspect {
    /// The key.
    pub key: Key,
    /// The cause.
    pub cause: CauseId,
    /// The component, as the contract names it.
    pub component: Option<&'static str>,
    /// What happened, as a sentence's end: `the secret with a line end behind it`.
    pub what: String,
}

/// Every key that may have signed in place of the right one, at `time`, for a request whose
/// credential names `scope`. Usual first.
pub fn suspects(
    secret: &Secret,
    scope: &Scope<'_>,
    time: &str,
    access_key_id: Option<&str>,
    regions: &[&str],
) -> Vec<Suspect> {
    let mut found: Vec<Suspect> = damaged(secret, access_key_id)
        .into_iter()
        .map(|(component, what, damaged)| Suspect {
            key: Key::new(&damaged, scope, time),
            cause: CauseId::SecretMalformed,
            component,
            what,
        })
        .collect();
    derivations(secret, scope, time, &mut found);
    scopes(secret, scope, time, regions, &mut found);
    found
}

/// The chain with each key in hexadecimal digits.
fn hex_chain(secret: &[u8], steps: [&str; 4]) -> Vec<u8> {
    let first = [b"AWS4", secret].concat();
    steps.iter().fold(first, |key, step| hex(&hmac(&key, step.as_bytes())).into_bytes())
}

/// Keys derived in another way than AWS documents.
fn derivations(secret: &Secret, scope: &Scope<'_>, time: &str, found: &mut Vec<Suspect>) {
    let raw = secret.bytes();
    let prefixed = Zeroizing::new([b"AWS4", raw].concat());
    let steps = [scope.date, scope.region, scope.service, scope.terminator];
    let mut add = |component, what: &str, key: SigningKey| {
        found.push(Suspect {
            key: Key::with(key, &scope.text(), time),
            cause: CauseId::SignerKeyDerivation,
            component,
            what: what.to_owned(),
        });
    };
    add(
        Some("no-prefix"),
        "the key derived without `AWS4` before the secret",
        SigningKey::chain(raw, steps),
    );
    add(
        Some("no-prefix"),
        "the key derived with `aws4` before the secret",
        SigningKey::chain(&[b"aws4", raw].concat(), steps),
    );
    add(
        Some("hex-key"),
        "the key derived through hexadecimal digits",
        SigningKey::of_bytes(&hex_chain(raw, steps)),
    );
    let last = SigningKey::chain_bytes(&prefixed, steps);
    add(
        Some("hex-key"),
        "the key used in hexadecimal digits",
        SigningKey::of_bytes(hex(&last).as_bytes()),
    );
    let half = hex_chain(raw, steps);
    add(
        Some("hex-key"),
        "the key derived through hexadecimal digits, the last in bytes",
        SigningKey::of_bytes(&unhex(&half)),
    );
    add(None, "the secret used as the key", SigningKey::of_bytes(raw));
    add(None, "`AWS4` and the secret used as the key", SigningKey::of_bytes(&prefixed));
    for missing in 0..4 {
        let fewer =
            steps.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, step)| *step);
        add(None, "the key derived with a step missing", SigningKey::chain(&prefixed, fewer));
    }
    for order in orders() {
        add(
            Some("order"),
            "the key derived in another order",
            SigningKey::chain(&prefixed, order.map(|at| steps[at])),
        );
    }
    let swapped =
        steps.iter().fold(prefixed.to_vec(), |key, step| hmac(step.as_bytes(), &key).to_vec());
    add(
        Some("order"),
        "the key derived with key and message swapped",
        SigningKey::of_bytes(&swapped),
    );
    let whole_time =
        SigningKey::chain(&prefixed, [time, scope.region, scope.service, scope.terminator]);
    add(None, "the key derived with the time in place of the day", whole_time);
    let joined = SigningKey::chain(&prefixed, [scope.text().as_str()]);
    add(None, "the key derived from the scope in one step", joined);
    for region in REGIONS.iter().filter(|region| **region != scope.region) {
        let steps = [scope.date, region, scope.service, scope.terminator];
        let what = format!("the key of another region ({region})");
        add(Some("stale-key"), &what, SigningKey::chain(&prefixed, steps));
    }
    for (days, date) in days_around(scope.date) {
        let key = SigningKey::chain(
            &prefixed,
            [date.as_str(), scope.region, scope.service, scope.terminator],
        );
        add(Some("stale-key"), &format!("the key of another day ({date}, {days:+} days)"), key);
    }
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits = text.chunks_exact(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

/// Every order of four things but the right one.
fn orders() -> impl Iterator<Item = [usize; 4]> {
    let all = (0..256).map(|n| [n / 64, n / 16 % 4, n / 4 % 4, n % 4]);
    all.filter(|order: &[usize; 4]| {
        let mut sorted = *order;
        sorted.sort_unstable();
        sorted == [0, 1, 2, 3] && *order != [0, 1, 2, 3]
    })
}

/// The days around a day, yesterday first.
fn days_around(day: &str) -> Vec<(i64, String)> {
    let Some(date) = date_of(day) else { return Vec::new() };
    let distances = [-1, 1, -2, -3, -4, -5, -6, -7, 2, -8, -14, -30, -31];
    let at = |days: i64| {
        let span: Span = days.days();
        Some((days, date.checked_add(span).ok()?.strftime("%Y%m%d").to_string()))
    };
    distances.into_iter().filter_map(at).collect()
}

/// A day as a scope writes it.
pub fn date_of(day: &str) -> Option<Date> {
    let number = |range: std::ops::Range<usize>| day.get(range)?.parse::<i16>().ok();
    let (year, month, date) = (number(0..4)?, number(4..6)?, number(6..8)?);
    (day.len() == 8).then_some(())?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(date).ok()?).ok()
}

/// Services whose names are signed in place of one another.
pub(super) const SERVICES: &[&str] = &[
    "s3",
    "execute-api",
    "es",
    "aoss",
    "lambda",
    "sts",
    "iam",
    "dynamodb",
    "sqs",
    "sns",
    "ec2",
    "kms",
    "ses",
    "email",
    "appsync",
    "bedrock",
    "bedrock-runtime",
    "secretsmanager",
    "ssm",
    "logs",
    "monitoring",
    "s3express",
    "s3-object-lambda",
    "kinesis",
    "firehose",
    "ecr",
    "ecs",
    "cloudfront",
    "apigateway",
    "iot",
    "iotdevicegateway",
    "iotdata",
    "transcribe",
    "polly",
    "rekognition",
    "athena",
    "glue",
    "aps",
    "neptune-db",
    "cognito-idp",
    "events",
    "states",
    "host",
    "aws",
    "storage",
    "service",
];

/// Scopes that were signed in place of the credential's.
fn scopes(
    secret: &Secret,
    scope: &Scope<'_>,
    time: &str,
    regions: &[&str],
    found: &mut Vec<Suspect>,
) {
    let mut add = |cause, component, what: String, other: Scope<'_>| {
        if other != *scope {
            let key = Key::new(secret, &other, time);
            found.push(Suspect { key, cause, component: Some(component), what });
        }
    };
    let mut others: Vec<&str> = regions.to_vec();
    others.extend(REGIONS);
    for region in others {
        add(
            CauseId::WrongRegion,
            "region",
            format!("it was signed for the region `{region}`"),
            Scope { region, ..*scope },
        );
    }
    for service in SERVICES {
        add(
            CauseId::WrongService,
            "service",
            format!("it was signed for the service `{service}`"),
            Scope { service, ..*scope },
        );
    }
    for date in [time.get(..8).unwrap_or(time)]
        .into_iter()
        .map(str::to_owned)
        .chain(days_around(scope.date).into_iter().map(|(_, date)| date))
    {
        add(
            CauseId::SignerScopeDate,
            "date",
            format!("it was signed for the day {date}"),
            Scope { date: &date, ..*scope },
        );
    }
    add(
        CauseId::SignerKeyDerivation,
        "terminator",
        "it was signed with another terminator".to_owned(),
        Scope { terminator: "aws4_request\n", ..*scope },
    );
    if scope.terminator != TERMINATOR {
        add(
            CauseId::MalformedAuthorization,
            "terminator",
            "it was signed with the usual terminator".to_owned(),
            Scope { terminator: TERMINATOR, ..*scope },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn who(signer: &Key) -> Option<(CauseId, Option<&'static str>)> {
        let scope = Scope::new("20150830", "us-east-1", "s3");
        let signed = signer.sign_text(b"text");
        let all = suspects(
            &Secret::new(SECRET),
            &scope,
            "20150830T000000Z",
            Some("AKIDEXAMPLE"),
            &["moon-1"],
        );
        all.iter()
            .find(|suspect| suspect.key.sign_text(b"text") == signed)
            .map(|s| (s.cause, s.component))
    }

    #[test]
    fn damaged_secrets_are_found() {
        let scope = Scope::new("20150830", "us-east-1", "s3");
        let of = |secret: String| who(&Key::new(&Secret::new(secret), &scope, "20150830T000000Z"));
        for (damaged, component) in [
            (format!("{SECRET}\n"), Some("trailing-newline")),
            (format!("{SECRET} "), Some("trailing-space")),
            (format!("\"{SECRET}\""), Some("quotes")),
            (SECRET.replace('/', "%2F").replace('+', "%2B"), Some("url-encoded")),
            (SECRET.replace('+', " "), Some("plus-as-space")),
            (SECRET[..39].to_owned(), Some("truncated")),
            ("AKIDEXAMPLE".to_owned(), None),
        ] {
            assert_eq!(of(damaged), Some((CauseId::SecretMalformed, component)));
        }
        assert_eq!(of("another".to_owned()), None);
        assert_eq!(of(SECRET.to_owned()), None, "the right key is no suspect");
    }

    #[test]
    fn wrong_derivations_and_scopes_are_found() {
        let scope = Scope::new("20150830", "us-east-1", "s3");
        let steps = ["20150830", "us-east-1", "s3", "aws4_request"];
        let time = "20150830T000000Z";
        let with = |key| who(&Key::with(key, &scope.text(), time));
        let prefixed = format!("AWS4{SECRET}");
        assert_eq!(
            with(SigningKey::chain(SECRET.as_bytes(), steps)),
            Some((CauseId::SignerKeyDerivation, Some("no-prefix")))
        );
        assert_eq!(
            with(SigningKey::of_bytes(&hex_chain(SECRET.as_bytes(), steps))),
            Some((CauseId::SignerKeyDerivation, Some("hex-key")))
        );
        let order = ["20150830", "s3", "us-east-1", "aws4_request"];
        assert_eq!(
            with(SigningKey::chain(prefixed.as_bytes(), order)),
            Some((CauseId::SignerKeyDerivation, Some("order")))
        );
        let stale = ["20150829", "us-east-1", "s3", "aws4_request"];
        assert_eq!(
            with(SigningKey::chain(prefixed.as_bytes(), stale)),
            Some((CauseId::SignerKeyDerivation, Some("stale-key")))
        );
        for (other, cause) in [
            (Scope::new("20150830", "moon-1", "s3"), CauseId::WrongRegion),
            (Scope::new("20150830", "us-east-1", "execute-api"), CauseId::WrongService),
            (Scope::new("20150829", "us-east-1", "s3"), CauseId::SignerScopeDate),
        ] {
            let told = who(&Key::new(&Secret::new(SECRET), &other, time));
            assert_eq!(told.map(|(cause, _)| cause), Some(cause));
        }
    }
}

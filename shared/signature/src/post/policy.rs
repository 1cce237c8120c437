//! The policy of a form: until when it holds, and what the form's fields have to be.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>. A condition that
//! is not met is refused by authorization, as `AccessDenied`: it says nothing about the signature.

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::PostForm;
use crate::redact;

/// A policy longer than this is not read; S3 takes 20 KB of fields.
const LONGEST: usize = 64 << 10;

/// Base64 with its padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A policy, read. Its conditions may name a session token: it cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    /// When it ends, Unix seconds.
    pub expires_at: i64,
    /// What has to hold, in its order.
    pub conditions: Vec<Condition>,
}

/// A condition of a policy. Names are in lower case.
#[derive(Clone, PartialEq, Eq)]
pub enum Condition {
    /// The field has this value.
    Is {
        /// The field.
        field: String,
        /// Its value.
        value: String,
    },
    /// The field begins with this; each of several, for a `Content-Type` with commas.
    StartsWith {
        /// The field.
        field: String,
        /// How it begins; empty for anything.
        prefix: String,
    },
    /// The file has a length from `least` to `most`, in bytes.
    Length {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
}

/// Why a policy cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is too long.
    #[error("the policy is longer than 64 KiB")]
    TooLong,
    /// It is no base64.
    #[error("the policy is no base64")]
    Base64,
    /// It is no JSON.
    #[error("line {line}, column {column} of the policy: no JSON")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It does not say when it ends.
    #[error("the policy: `expiration` is missing, or no time as 2015-12-30T12:00:00.000Z")]
    Expiration,
    /// It has no conditions.
    #[error("the policy: `conditions` is missing, or no list")]
    Conditions,
    /// A condition is none.
    #[error(
        "condition {number} of the policy: `{{\"field\": \"value\"}}`, [\"eq\" or \"starts-with\", \"$field\", \"value\"] or [\"content-length-range\", least, most] expected"
    )]
    Condition {
        /// Counted from 1.
        number: usize,
    },
}

/// What of a form does not meet its policy. It shows no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// A condition is not met.
    Condition {
        /// Counted from 1.
        number: usize,
        /// What is wanted.
        wanted: String,
        /// What the form has.
        has: String,
    },
    /// No condition names a field.
    Extra {
        /// The field.
        field: String,
    },
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition { number, wanted, has } => {
                write!(f, "condition {number} of the policy wants {wanted}, the form has {has}")
            }
            Self::Extra { field } => {
                write!(f, "no condition of the policy names the field `{field}`")
            }
        }
    }
}

/// Fields that no condition has to name, in lower case.
const UNNAMED: &[&str] = &["x-amz-signature", "policy", "file", "signature", "awsaccesskeyid"];

impl Policy {
    /// Reads a policy as it stands in a form. White space within the base64 is passed over.
    ///
    /// # Errors
    /// When it is no policy; the error says where and why, and quotes nothing.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > LONGEST {
            return Err(PolicyError::TooLong);
        }
        let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let bytes = LENIENT.decode(plain).map_err(|_| PolicyError::Base64)?;
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|error| PolicyError::Json { line: error.line(), column: error.column() })?;
        let expires_at = document["expiration"]
            .as_str()
            .and_then(|text| text.parse::<jiff::Timestamp>().ok())
            .ok_or(PolicyError::Expiration)?
            .as_second();
        let listed = document["conditions"].as_array().ok_or(PolicyError::Conditions)?;
        let mut conditions = Vec::new();
        for (at, one) in listed.iter().enumerate() {
            let read = condition(one).ok_or(PolicyError::Condition { number: at + 1 })?;
            // A tuple of several fields is as many conditions.
            conditions.extend(read);
        }
        Ok(Self { expires_at, conditions })
    }

    /// Whether it had ended at a time, Unix seconds.
    #[must_use]
    pub const fn is_expired_at(&self, now: i64) -> bool {
        now >= self.expires_at
    }

    /// What of a form does not meet it. What the form does not show is taken to be right.
    #[must_use]
    pub fn unmet(&self, form: &PostForm) -> Vec<Unmet> {
        let mut unmet: Vec<Unmet> = self
            .conditions
            .iter()
            .enumerate()
            .filter_map(|(at, condition)| condition.unmet(at + 1, form))
            .collect();
        let is_named = |name: &str| {
            self.conditions.iter().any(|condition| match condition {
                Condition::Is { field, .. } | Condition::StartsWith { field, .. } => field == name,
                Condition::Length { .. } => false,
            })
        };
        let mut names: Vec<String> =
            form.fields().map(|(name, _)| name.to_ascii_lowercase()).collect();
        // The bucket is a field whether the form names it or its URL does.
        names.push("bucket".to_owned());
        names.sort();
        names.dedup();
        let extra = names.into_iter().filter(|name| {
            !UNNAMED.contains(&name.as_str()) && !name.starts_with("x-ignore-") && !is_named(name)
        });
        unmet.extend(extra.map(|field| Unmet::Extra { field }));
        unmet
    }
}

/// A condition as JSON writes it.
fn condition(value: &Value) -> Option<Vec<Condition>> {
    if let Some(fields) = value.as_object() {
        let exact = fields.iter().map(|(field, value)| {
            let value = value.as_str()?.to_owned();
            Some(Condition::Is { field: field.to_ascii_lowercase(), value })
        });
        return exact.collect();
    }
    let [kind, first, second] = value.as_array()?.as_slice() else { return None };
    let kind = kind.as_str()?.to_ascii_lowercase();
    if kind == "content-length-range" {
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        return Some(vec![Condition::Length { least: number(first)?, most: number(second)? }]);
    }
    let field = first.as_str()?.strip_prefix('$')?.to_ascii_lowercase();
    let value = second.as_str()?.to_owned();
    match kind.as_str() {
        "eq" => Some(vec![Condition::Is { field, value }]),
        "starts-with" => Some(vec![Condition::StartsWith { field, prefix: value }]),
        _ => None,
    }
}

impl Condition {
    fn unmet(&self, number: usize, form: &PostForm) -> Option<Unmet> {
        let (field, word, wanted) = match self {
            Self::Is { field, value } => (field, "to be", value),
            Self::StartsWith { field, prefix } => (field, "to begin with", prefix),
            Self::Length { least, most } => {
                let length = form.file.as_ref()?.length?;
                return (!(*least..=*most).contains(&length)).then(|| Unmet::Condition {
                    number,
                    wanted: format!("a file of {least} to {most} bytes"),
                    has: format!("one of {length}"),
                });
            }
        };
        let values = form.values(field);
        let is_met = match values.as_slice() {
            [] if field == "bucket" => true,
            [] => matches!(self, Self::StartsWith { prefix, .. } if prefix.is_empty()),
            values => values.iter().any(|value| self.is_met_by(field, value)),
        };
        let shown = |value: &str| format!("`{}`", redact::value(field, value));
        (!is_met).then(|| Unmet::Condition {
            number,
            wanted: format!("`{field}` {word} {}", shown(wanted)),
            has: values.first().map_or("no such field".to_owned(), |value| shown(value)),
        })
    }

    fn is_met_by(&self, field: &str, value: &str) -> bool {
        match self {
            Self::Is { value: wanted, .. } => wanted == value,
            Self::StartsWith { prefix, .. } if field == "content-type" => {
                value.split(',').all(|one| one.trim().starts_with(prefix.as_str()))
            }
            Self::StartsWith { prefix, .. } => value.starts_with(prefix.as_str()),
            Self::Length { .. } => true,
        }
    }
}

impl PostForm {
    /// What a field may hold, for a policy: variables are replaced before it is checked.
    fn values(&self, field: &str) -> Vec<String> {
        let own = self.field(field).map(|value| match &self.file {
            Some(file) => value.replace("${filename}", &file.name),
            None => value.to_owned(),
        });
        match own {
            Some(value) => vec![value],
            None if field == "bucket" => self.buckets.clone(),
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(document: &str) -> String {
        LENIENT.encode(document)
    }

    fn policy(conditions: &str) -> Policy {
        let document =
            format!(r#"{{"expiration":"2015-12-30T12:00:00.000Z","conditions":[{conditions}]}}"#);
        Policy::parse(&encoded(&document)).unwrap_or_else(|error| panic!("{error}"))
    }

    fn form(fields: &[(&str, &str)]) -> PostForm {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut form = PostForm::of_fields(fields.iter().map(own).collect());
        form.file = Some(super::super::File { name: "a b.png".to_owned(), length: Some(10) });
        form.buckets = vec!["b".to_owned()];
        form
    }

    fn unmet(conditions: &str, fields: &[(&str, &str)]) -> Vec<String> {
        let unmet = policy(&format!(r#"{conditions}{{"bucket":"b"}}"#)).unmet(&form(fields));
        unmet.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn conditions_are_met_by_every_form_of_their_writing() {
        for conditions in [
            r#"{"acl":"private"},"#,
            r#"["eq","$ACL","private"],"#,
            r#"["starts-with","$acl","pri"],["Starts-With","$acl",""],"#,
            r#"{"acl":"private"},["content-length-range",1,"10"],"#,
        ] {
            assert!(unmet(conditions, &[("acl", "private")]).is_empty(), "{conditions}");
        }
        let named = r#"["eq","$key","u/a b.png"],["starts-with","$Content-Type","image/"],"#;
        let fields = [("key", "u/${filename}"), ("content-type", "image/png, image/jpeg")];
        assert!(unmet(named, &fields).is_empty());
    }

    #[test]
    fn what_is_not_met_is_named_and_no_token_shown() {
        for (conditions, fields, expected) in [
            (
                r#"{"acl":"private"},"#,
                &[("acl", "public-read")][..],
                "condition 1 of the policy wants `acl` to be `private`, the form has `public-read`",
            ),
            (
                r#"["starts-with","$key","u/"],"#,
                &[],
                "condition 1 of the policy wants `key` to begin with `u/`, the form has no such field",
            ),
            (
                r#"["content-length-range",11,20],"#,
                &[],
                "condition 1 of the policy wants a file of 11 to 20 bytes, the form has one of 10",
            ),
            (
                "",
                &[("Content-Type", "x")],
                "no condition of the policy names the field `content-type`",
            ),
        ] {
            assert_eq!(unmet(conditions, fields), [expected]);
        }
        assert!(unmet("", &[("x-ignore-me", "x"), ("Policy", "x"), ("file", "x")]).is_empty());
        let token = unmet(
            r#"{"x-amz-security-token":"PLANTED-ONE"},"#,
            &[("x-amz-security-token", "PLANTED-TWO")],
        );
        assert!(token.len() == 1 && !token[0].contains("PLANTED"), "{token:?}");
        let other = policy(r#"{"bucket":"other"}"#).unmet(&form(&[]));
        assert_eq!(other.len(), 1);
        assert_eq!(
            policy("").unmet(&form(&[])),
            [Unmet::Extra { field: "bucket".to_owned() }],
            "S3 wants the bucket named"
        );
    }

    #[test]
    fn it_ends_when_it_says() {
        let policy = policy("");
        assert!(policy.is_expired_at(1_451_476_800) && !policy.is_expired_at(1_451_476_799));
    }

    #[test]
    fn says_where_it_is_none() {
        let told = |text: &str| Policy::parse(text).err().unwrap().to_string();
        assert_eq!(told("{}"), "the policy is no base64");
        assert_eq!(told(&encoded("{\n  x")), "line 2, column 3 of the policy: no JSON");
        assert!(told(&encoded("{}")).starts_with("the policy: `expiration` is missing"));
        let dated = |conditions: &str| {
            encoded(&format!(
                r#"{{"expiration":"2015-12-30T12:00:00Z","conditions":{conditions}}}"#
            ))
        };
        assert!(told(&dated("{}")).starts_with("the policy: `conditions` is missing"));
        for wrong in [r#"{"Expires":1}"#, r#"["eq","acl","x"]"#, r#"["like","$a","b"]"#, "1", "[]"]
        {
            let error = told(&dated(&format!(r#"[{{"a":"b"}},{wrong}]"#)));
            assert!(error.starts_with("condition 2 of the policy: "), "{error}");
        }
        assert_eq!(told(&"A".repeat(70_000)), "the policy is longer than 64 KiB");
    }
}

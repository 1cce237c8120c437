//! Change events: what CloudTrail shows of deploys, rotations and new settings that can break
//! signatures.

mod table;

use serde::{Deserialize, Serialize};

use self::table::{KIND_BY_VALUE, TABLE};
use crate::read::cloudtrail::{CloudTrailRecord, Kind};
use crate::read::json_members::{at_path, members, text};

/// How long the description of a change and the name of a thing it touched may be, in characters.
const LONGEST: usize = 200;
/// What `eventSource` ends with, except for a few AWS-internal sources.
const SOURCE_SUFFIX: &str = ".amazonaws.com";

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The code that signs or verifies.
    Deploy,
    /// A stored secret.
    Secret,
    /// An access key.
    Key,
    /// What stands between client and service: a distribution, a listener, an API, a name.
    Endpoint,
    /// Who may do what.
    Policy,
    /// A setting.
    Config,
}

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// When, in seconds since 1970.
    pub time: i64,
    /// What kind of thing.
    pub kind: ChangeKind,
    /// What happened, beginning with the event name as logged; at most 200 characters.
    pub what: String,
    /// Who did it.
    pub who: Option<String>,
    /// The region of the call.
    pub region: Option<String>,
    /// The names and ids of what changed, as far as the record tells them. Never a secret's value:
    /// only the members named in the table are read.
    pub touches: Vec<String>,
}

/// The change that a record reports, if it reports one. `raw` is the record as it is written. A
/// call that failed or only read changed nothing.
#[must_use]
pub fn of(record: &CloudTrailRecord<'_>, raw: &str) -> Option<Change> {
    if record.error_code.is_some() || record.read_only == Some(true) || record.kind != Kind::Event {
        return None;
    }
    let source =
        record.event_source.strip_suffix(SOURCE_SUFFIX).unwrap_or(record.event_source.as_ref());
    let (_, rows) = TABLE.iter().find(|(known, _)| *known == source)?;
    let (_, kind, paths) = rows.iter().find(|(name, ..)| is_name(&record.event_name, name))?;
    if source == "ecs" && is_scaling(&record.event_name, raw) {
        return None;
    }
    let mut touches: Vec<String> = Vec::new();
    for name in paths.iter().filter_map(|path| at_path(raw, path)).filter_map(text) {
        let name = bounded(&name);
        if !name.is_empty() && !touches.contains(&name) {
            touches.push(name);
        }
    }
    let mut words = vec![record.event_name.as_ref()];
    words.extend(touches.iter().map(String::as_str));
    let by_value = KIND_BY_VALUE.iter().find(|(of, path, value, _)| {
        *of == source && at_path(raw, path).and_then(text).as_deref() == Some(*value)
    });
    Some(Change {
        time: record.event_time,
        kind: by_value.map_or(*kind, |(.., kind)| *kind),
        what: bounded(&words.join(" ")),
        who: record.principal.as_deref().map(bounded),
        region: record.region.as_deref().map(bounded),
        touches,
    })
}

/// Whether a call only changes how many copies of the same code run, as Application Auto Scaling does
/// all day long.
///
/// Nearly everything else that `UpdateService` can say puts other copies in the place of those that run:
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>.
fn is_scaling(name: &str, raw: &str) -> bool {
    let Some(parameters) = at_path(raw, "requestParameters") else { return false };
    let mut is_counted = false;
    for parameter in members(parameters) {
        let Ok((name, value)) = parameter else { return false };
        match (&*name, value.trim()) {
            (_, "null") | ("forceNewDeployment", "false") | ("service" | "cluster", _) => {}
            ("desiredCount", _) => is_counted = true,
            _ => return false,
        }
    }
    is_counted && name == "UpdateService"
}

/// Whether an event name as logged is `name`, with or without an API version behind it.
fn is_name(logged: &str, name: &str) -> bool {
    let Some(rest) = logged.strip_prefix(name) else { return false };
    rest.is_empty() || is_version(rest)
}

/// Whether a text is an API version: a date of eight digits, with or without underscores between
/// its parts, and a revision such as `v2` or nothing behind it.
fn is_version(text: &str) -> bool {
    let date = text.split_once('v').map_or(text, |(date, _)| date);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let revision = text.split_once('v').is_none_or(|(_, revision)| digits(revision));
    revision
        && date.bytes().filter(u8::is_ascii_digit).count() == 8
        && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// A text without control characters, cut at [`LONGEST`].
fn bounded(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(source: &str, name: &str, rest: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.11","eventTime":"2026-04-15T07:42:00Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","userIdentity":{{"arn":"arn:aws:iam::111122223333:user/release"}},{rest}}}"#
        )
    }

    fn change(raw: &str) -> Option<Change> {
        of(&CloudTrailRecord::parse(raw).unwrap(), raw)
    }

    #[test]
    fn every_marker_is_a_change_that_says_what_it_touched() {
        use ChangeKind::*;
        for (source, name, rest, kind, touches) in [
            (
                "lambda",
                "CreateFunction20150331",
                r#""requestParameters":{"functionName":"f"}"#,
                Deploy,
                "f",
            ),
            (
                "lambda",
                "UpdateFunctionCode20150331v2",
                r#""requestParameters":{"functionName":"checkout","s3Key":"k"}"#,
                Deploy,
                "checkout",
            ),
            (
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                r#""requestParameters":{"functionName":"f"}"#,
                Config,
                "f",
            ),
            (
                "lambda",
                "PublishVersion20150331",
                r#""requestParameters":{"functionName":"f"}"#,
                Deploy,
                "f",
            ),
            (
                "lambda",
                "UpdateAlias20150331",
                r#""requestParameters":{"functionName":"f","name":"live"}"#,
                Deploy,
                "f live",
            ),
            (
                "codedeploy",
                "CreateDeployment",
                r#""requestParameters":{"applicationName":"a"}"#,
                Deploy,
                "a",
            ),
            (
                "ecs",
                "RegisterTaskDefinition",
                r#""requestParameters":{"family":"web"}"#,
                Deploy,
                "web",
            ),
            (
                "ecs",
                "UpdateService",
                r#""requestParameters":{"service":"web","cluster":"main"}"#,
                Deploy,
                "web main",
            ),
            (
                "cloudformation",
                "ExecuteChangeSet",
                r#""requestParameters":{"stackName":"s","changeSetName":"c"}"#,
                Deploy,
                "s c",
            ),
            (
                "cloudformation",
                "UpdateStack",
                r#""requestParameters":{"stackName":"s"}"#,
                Deploy,
                "s",
            ),
            (
                "secretsmanager",
                "RotateSecret",
                r#""requestParameters":{"secretId":"x"}"#,
                Secret,
                "x",
            ),
            (
                "secretsmanager",
                "PutSecretValue",
                r#""requestParameters":{"secretId":"x"}"#,
                Secret,
                "x",
            ),
            (
                "secretsmanager",
                "UpdateSecret",
                r#""requestParameters":{"secretId":"x"}"#,
                Secret,
                "x",
            ),
            (
                "secretsmanager",
                "UpdateSecretVersionStage",
                r#""requestParameters":{"secretId":"x"}"#,
                Secret,
                "x",
            ),
            (
                "ssm",
                "PutParameter",
                r#""requestParameters":{"name":"/a","type":"String"}"#,
                Config,
                "/a",
            ),
            (
                "ssm",
                "PutParameter",
                r#""requestParameters":{"name":"/a","type":"SecureString"}"#,
                Secret,
                "/a",
            ),
            (
                "iam",
                "CreateAccessKey",
                r#""requestParameters":{"userName":"u"},"responseElements":{"accessKey":{"accessKeyId":"AKIDEXAMPLE","userName":"u"}}"#,
                Key,
                "AKIDEXAMPLE u",
            ),
            (
                "iam",
                "UpdateAccessKey",
                r#""requestParameters":{"accessKeyId":"AKIDEXAMPLE","status":"Inactive"}"#,
                Key,
                "AKIDEXAMPLE",
            ),
            (
                "iam",
                "DeleteAccessKey",
                r#""requestParameters":{"accessKeyId":"AKIDEXAMPLE"}"#,
                Key,
                "AKIDEXAMPLE",
            ),
            (
                "iam",
                "UpdateAssumeRolePolicy",
                r#""requestParameters":{"roleName":"r","policyDocument":"{}"}"#,
                Policy,
                "r",
            ),
            (
                "cloudfront",
                "UpdateDistribution",
                r#""requestParameters":{"id":"E1"}"#,
                Endpoint,
                "E1",
            ),
            (
                "cloudfront",
                "UpdateDistribution2020_05_31",
                r#""requestParameters":{"id":"E1"}"#,
                Endpoint,
                "E1",
            ),
            (
                "cloudfront",
                "UpdateOriginAccessControl",
                r#""requestParameters":{"id":"O1"}"#,
                Endpoint,
                "O1",
            ),
            (
                "elasticloadbalancing",
                "ModifyListener",
                r#""requestParameters":{"listenerArn":"l"}"#,
                Endpoint,
                "l",
            ),
            (
                "elasticloadbalancing",
                "ModifyRule",
                r#""requestParameters":{"ruleArn":"r"}"#,
                Endpoint,
                "r",
            ),
            (
                "apigateway",
                "CreateDeployment",
                r#""requestParameters":{"restApiId":"a"}"#,
                Deploy,
                "a",
            ),
            (
                "apigateway",
                "UpdateRestApi",
                r#""requestParameters":{"restApiId":"a"}"#,
                Endpoint,
                "a",
            ),
            ("s3", "PutBucketPolicy", r#""requestParameters":{"bucketName":"b"}"#, Policy, "b"),
        ] {
            let found = change(&record(source, name, rest)).expect(name);
            assert_eq!(found.kind, kind, "{name}");
            assert_eq!(found.touches.join(" "), touches, "{name}");
            assert_eq!(found.what, format!("{name} {touches}"));
            assert_eq!(found.time, 1_776_238_920);
            assert_eq!(found.who.as_deref(), Some("arn:aws:iam::111122223333:user/release"));
            assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        }
    }

    #[test]
    fn what_failed_or_only_read_or_looks_alike_changes_nothing() {
        for (source, name, rest) in [
            ("lambda", "UpdateFunctionCode20150331v2", r#""errorCode":"AccessDenied""#),
            ("secretsmanager", "PutSecretValue", r#""readOnly":true"#),
            ("secretsmanager", "CancelRotateSecret", r#""readOnly":false"#),
            ("secretsmanager", "GetSecretValue", r#""readOnly":true"#),
            ("secretsmanager", "UpdateSecretFoo", r#""readOnly":false"#),
            ("lambda", "UpdateFunctionCodeSigningConfig20150331", r#""readOnly":false"#),
            ("lambda", "UpdateFunctionEventInvokeConfig", r#""readOnly":false"#),
            ("elsewhere", "UpdateStack", r#""readOnly":false"#),
            ("ecs", "UpdateService", r#""requestParameters":{"service":"web","desiredCount":4}"#),
            (
                "ecs",
                "UpdateService",
                r#""requestParameters":{"cluster":"c","service":"web","desiredCount":4,
                   "taskDefinition":null,"forceNewDeployment":false}"#,
            ),
        ] {
            assert_eq!(change(&record(source, name, rest)), None, "{name}");
        }
        for deploys in [
            r#""taskDefinition":"web:7""#,
            r#""forceNewDeployment":true"#,
            r#""taskDefinition":null,"loadBalancers":[]"#,
            r#""networkConfiguration":{"awsvpcConfiguration":{"subnets":["s"]}}"#,
        ] {
            let rest =
                format!(r#""requestParameters":{{"service":"web","desiredCount":4,{deploys}}}"#);
            assert!(change(&record("ecs", "UpdateService", &rest)).is_some(), "{deploys}");
        }
    }

    #[test]
    fn texts_are_bounded_and_secret_values_stay_out() {
        let long = "x".repeat(500);
        let raw = record(
            "secretsmanager",
            "PutSecretValue",
            &format!(
                r#""requestParameters":{{"secretId":"a\u0007\n{long}","secretString":"hunter2"}}"#
            ),
        );
        let found = change(&raw).unwrap();
        assert!(found.what.starts_with("PutSecretValue axxx"));
        assert_eq!(found.what.chars().count(), LONGEST);
        assert!(!format!("{found:?}").contains("hunter2"));
        let bare =
            change(&record("iam", "DeleteAccessKey", r#""requestParameters":null"#)).unwrap();
        assert_eq!(bare.what, "DeleteAccessKey");
    }

    #[test]
    fn a_version_is_a_date_and_a_revision() {
        for version in ["20150331", "20150331v2", "2020_05_31"] {
            assert!(is_version(version), "{version}");
        }
        for other in ["", "v2", "2015", "20150331v", "20150331x", "Config20150331"] {
            assert!(!is_version(other), "{other}");
        }
    }

    #[test]
    fn kinds_are_written_in_lower_case() {
        assert_eq!(serde_json::to_string(&ChangeKind::Endpoint).unwrap(), r#""endpoint""#);
    }
}

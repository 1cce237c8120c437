//! CloudTrail records: what is read, what is forgiven, and agreement with a slow reading.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn base() -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:checkout",
            "arn": "arn:aws:sts::111122223333:assumed-role/checkout/s",
            "accountId": "111122223333",
            "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:inner", "userName": "inner"}}
        },
        "eventTime": "2026-04-15T07:42:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "10.0.0.1",
        "userAgent": "[aws-cli/2.27.1 app/checkout-1]",
        "errorCode": "Client.AuthFailure",
        "errorMessage": "a \"quoted\" message",
        "requestParameters": {"bucketName": "b", "key": "k/\u{e9}", "Host": ["b.s3.eu-west-1.amazonaws.com"]},
        "responseElements": null,
        "additionalEventData": {"SignatureVersion": "SigV4", "AuthenticationMethod": "QueryString"},
        "requestID": "R1",
        "eventID": "E1",
        "readOnly": false,
        "eventType": "AwsApiCall",
        "eventCategory": "Data",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": "tls.example"}
    })
}

fn with(path: &str, value: Value) -> String {
    let mut record = base();
    *record.pointer_mut(path).unwrap() = value;
    record.to_string()
}

fn without(name: &str) -> String {
    let mut record = base();
    record.as_object_mut().unwrap().remove(name);
    record.to_string()
}

/// The same reading over a tree.
fn slow(value: &Value) -> Vec<Option<String>> {
    let at = |path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
    let some = |path: &str| at(path).filter(|text| !text.is_empty());
    let host = at("/tlsDetails/clientProvidedHostHeader")
        .or_else(|| at("/requestParameters/Host"))
        .or_else(|| match value.pointer("/requestParameters/Host")?.as_array()?.as_slice() {
            [only] => only.as_str().map(str::to_owned),
            _ => None,
        })
        .filter(|text| !text.is_empty());
    vec![
        at("/awsRegion"),
        at("/sourceIPAddress"),
        at("/userAgent").map(|agent| without_brackets(&agent).to_owned()),
        at("/errorCode").map(|code| plain_code(&code).to_owned()).filter(|code| !code.is_empty()),
        at("/errorMessage"),
        at("/requestID"),
        at("/eventID"),
        at("/eventType"),
        at("/eventCategory"),
        at("/userIdentity/type"),
        some("/userIdentity/accessKeyId"),
        at("/userIdentity/arn")
            .or_else(|| at("/userIdentity/invokedBy"))
            .or_else(|| at("/userIdentity/accountId"))
            .or_else(|| at("/userIdentity/userName")),
        host,
        some("/additionalEventData/SignatureVersion"),
        some("/additionalEventData/AuthenticationMethod"),
        at("/tlsDetails/tlsVersion"),
        at("/requestParameters/bucketName"),
        at("/requestParameters/bucketName").and_then(|_| at("/requestParameters/key")),
        value.pointer("/readOnly").and_then(Value::as_bool).map(|truth| truth.to_string()),
    ]
}

fn fast(record: &CloudTrailRecord<'_>) -> Vec<Option<String>> {
    let read_only = record.read_only.map(|truth| Cow::Owned(truth.to_string()));
    [
        &record.region,
        &record.source_ip,
        &record.user_agent,
        &record.error_code,
        &record.error_message,
        &record.request_id,
        &record.event_id,
        &record.event_type,
        &record.event_category,
        &record.identity_type,
        &record.access_key_id,
        &record.principal,
        &record.host,
        &record.signature_version,
        &record.auth,
        &record.tls_version,
        &record.bucket,
        &record.key,
        &read_only,
    ]
    .into_iter()
    .map(|text| text.as_deref().map(str::to_owned))
    .collect()
}

#[test]
fn a_record_is_read() {
    let text = base().to_string();
    let record = CloudTrailRecord::parse(&text).unwrap();
    assert_eq!(record.kind, Kind::Event);
    assert_eq!(record.event_time, 1_776_238_920);
    assert_eq!(record.event_source, "s3.amazonaws.com");
    assert_eq!(record.event_name, "PutObject");
    assert_eq!(record.user_agent.as_deref(), Some("aws-cli/2.27.1 app/checkout-1"));
    assert_eq!(record.error_code.as_deref(), Some("AuthFailure"));
    assert_eq!(record.error_message.as_deref(), Some("a \"quoted\" message"));
    assert_eq!(
        record.principal.as_deref(),
        Some("arn:aws:sts::111122223333:assumed-role/checkout/s")
    );
    assert_eq!(record.host.as_deref(), Some("tls.example"));
    assert_eq!(record.key.as_deref(), Some("k/\u{e9}"));
    assert!(matches!(record.event_source, Cow::Borrowed(_)));
    assert!(record.signed());
    let text = without("tlsDetails");
    let host = CloudTrailRecord::parse(&text).unwrap().host.map(Cow::into_owned);
    assert_eq!(host.as_deref(), Some("b.s3.eu-west-1.amazonaws.com"));
}

#[test]
fn capitalised_error_members_are_read_too() {
    let text = base().to_string().replace("\"errorCode\"", "\"ErrorCode\"");
    let record = CloudTrailRecord::parse(&text).unwrap();
    assert_eq!(record.error_code.as_deref(), Some("AuthFailure"));
}

#[test]
fn any_version_one_is_read_and_others_say_so() {
    for version in [json!("1.0"), json!("1.11"), json!("1"), json!(null), json!(1.08)] {
        assert!(CloudTrailRecord::parse(&with("/eventVersion", version)).is_ok());
    }
    assert!(CloudTrailRecord::parse(&without("eventVersion")).is_ok());
    let text = with("/eventVersion", json!("2.0"));
    let error = CloudTrailRecord::parse(&text).unwrap_err();
    assert_eq!(error.to_string(), "eventVersion 2.0 is not known: 1.x is");
}

#[test]
fn three_members_are_needed_and_named() {
    for name in ["eventTime", "eventSource", "eventName"] {
        assert_eq!(CloudTrailRecord::parse(&without(name)), Err(Error::Missing(name)));
        let path = format!("/{name}");
        let null = with(&path, json!(null));
        assert_eq!(CloudTrailRecord::parse(&null), Err(Error::Missing(name)));
        for wrong in [json!(7), json!({}), json!("")] {
            let text = with(&path, wrong);
            assert_eq!(CloudTrailRecord::parse(&text), Err(Error::Unreadable(name)));
        }
    }
    let text = with("/eventTime", json!("yesterday"));
    assert_eq!(CloudTrailRecord::parse(&text), Err(Error::Unreadable("eventTime")));
    assert_eq!(CloudTrailRecord::parse("[]"), Err(Error::NotAnObject));
    assert_eq!(CloudTrailRecord::parse("{\"a\":"), Err(Error::Broken(Fault::Truncated)));
}

#[test]
fn an_unexpected_type_makes_an_optional_member_absent() {
    for path in [
        "/userAgent",
        "/additionalEventData",
        "/userIdentity",
        "/requestParameters",
        "/tlsDetails",
        "/awsRegion",
        "/userIdentity/accessKeyId",
        "/requestParameters/Host",
        "/readOnly",
    ] {
        for wrong in [json!(7), json!([1, {"a": "b"}]), json!({"x": {"type": 1}}), json!(null)] {
            let text = with(path, wrong);
            let record = CloudTrailRecord::parse(&text).unwrap();
            assert_eq!(fast(&record), slow(&serde_json::from_str(&text).unwrap()), "{path}");
        }
    }
}

#[test]
fn signed_is_what_a_client_signed() {
    let signed = |text: &str| CloudTrailRecord::parse(text).unwrap().signed();
    assert!(signed(&with("/userIdentity/accessKeyId", json!(""))));
    assert!(signed(&without("additionalEventData")));
    let mut anonymous = base();
    anonymous["userIdentity"] = json!({"type": "AWSAccount", "accountId": "anonymous"});
    anonymous["additionalEventData"] = json!({"CipherSuite": "c"});
    assert!(!signed(&anonymous.to_string()));
    for kind in ["AwsServiceEvent", "AwsConsoleSignIn"] {
        assert!(!signed(&with("/eventType", json!(kind))));
    }
    assert!(!signed(&with("/eventSource", json!("signin.amazonaws.com"))));
}

#[test]
fn insights_are_told_apart() {
    let text = json!({
        "eventVersion": "1.08",
        "eventTime": "2026-04-15T07:42:00Z",
        "eventType": "AwsCloudTrailInsight",
        "eventCategory": "Insight",
        "insightDetails": {"eventSource": "ssm.amazonaws.com", "eventName": "GetParameter"}
    })
    .to_string();
    let record = CloudTrailRecord::parse(&text).unwrap();
    assert_eq!(record.kind, Kind::Insight);
    assert_eq!(record.event_name, "GetParameter");
    assert!(!record.signed());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-zA-Z\\[\\]\"\\\\/.:-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let name = prop_oneof![
            Just("accessKeyId".to_owned()),
            Just("Host".to_owned()),
            Just("key".to_owned()),
            Just("bucketName".to_owned()),
            Just("arn".to_owned()),
            Just("userName".to_owned()),
            any::<String>(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_reading_agrees_with_the_slow_one(
        replaced in prop::collection::vec((0..30usize, any_value()), 0..6),
        pretty in any::<bool>(),
        turn in 0..20usize,
    ) {
        let mut record = base();
        let object = record.as_object_mut().unwrap();
        let names: Vec<String> = object.keys().cloned().collect();
        for (at, value) in replaced {
            let name = names.get(at).cloned().unwrap_or_else(|| format!("unknown{at}"));
            if !matches!(name.as_str(), "eventTime" | "eventSource" | "eventName" | "eventVersion") {
                object.insert(name, value);
            }
        }
        let mut members: Vec<(String, Value)> = object.clone().into_iter().collect();
        let count = members.len();
        members.rotate_left(turn % count);
        let text = if pretty {
            let printed: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    format!("{}: {}", json!(name), serde_json::to_string_pretty(value).unwrap())
                })
                .collect();
            format!("{{\n{}\n}}", printed.join(",\n"))
        } else {
            record.to_string()
        };
        let found = CloudTrailRecord::parse(&text).unwrap();
        prop_assert_eq!(fast(&found), slow(&record));
    }

    #[test]
    fn no_text_makes_it_panic(cut in 0..900usize, byte in any::<char>()) {
        let text = base().to_string();
        let mut letters: Vec<char> = text.chars().collect();
        let count = letters.len();
        letters[cut % count] = byte;
        let damaged: String = letters.iter().collect();
        _ = CloudTrailRecord::parse(&damaged);
        let cut: String = letters[..cut % count].iter().collect();
        _ = CloudTrailRecord::parse(&cut);
    }
}

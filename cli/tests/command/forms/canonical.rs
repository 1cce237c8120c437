//! `canonical` of forms, of version 2 and of version 4A.

use serde_json::{Value, json};

use super::{Checked, FORM, KEY_ID, SECRET, SIGNATURE, form, policy};
use crate::run::{sigdrift, text};
use crate::suite::vectors_of;

#[test]
fn a_form_is_verified_by_its_policy() {
    let right = Checked::of(FORM, SECRET);
    let (code, answer, said) = right.answer(&["--verify"]);
    assert_eq!((code, &answer["verified"]), (Some(0), &json!(true)), "{said}");
    assert_eq!(answer["string_to_sign"], policy());
    assert_eq!(answer["signature"], SIGNATURE);
    assert!(said.contains("the policy ended at 2015-12-30T12:00:00Z"), "{said}");
    for name in
        ["canonical_request", "canonical_request_sha256", "authorization", "presigned_query"]
    {
        assert_eq!(answer[name], Value::Null, "{name}");
    }
    // Then it had not ended.
    let (_, _, said) = right.answer(&["--verify", "--time", "2015-12-29T12:00:00Z"]);
    assert_eq!(said, "");
    let (code, answer, _) = right.answer(&[]);
    assert_eq!((code, &answer["verified"]), (Some(0), &Value::Null));
    for arguments in [["--region", "eu-west-1"], ["--access-key", "AKIAEXAMPLE000000001"]] {
        let (code, answer, said) = right.answer(&[&["--verify"], &arguments[..]].concat());
        assert_eq!((code, &answer["verified"]), (Some(1), &json!(false)), "{said}");
    }
    assert_eq!(Checked::of(FORM, "another").answer(&["--verify"]).0, Some(1));
    assert_eq!(Checked::of(FORM.replace("\r\n", "\n"), SECRET).answer(&["--verify"]).0, Some(0));
}

#[test]
fn a_form_that_does_not_meet_its_policy_is_still_signed_rightly() {
    let other = form("public-read", "private");
    let (code, answer, said) = Checked::of(other, SECRET).answer(&["--verify"]);
    assert_eq!((code, &answer["verified"]), (Some(0), &json!(true)));
    assert!(said.contains("wants `acl` to be `public-read`, the form has `private`"), "{said}");
    assert!(said.contains("authorization"), "{said}");
}

#[test]
fn a_form_that_cannot_be_read_is_said_with_its_place() {
    for (request, expected) in [
        (form("name=\"X-Amz-Date\"", "name=\"date\""), "the field `x-amz-date` is missing"),
        (form("; boundary=", "; border="), "the Content-Type: `boundary=…` is missing"),
        (form("; name=\"acl\"", ""), "part 2 of the form: `name=\"…\"` in its disposition"),
    ] {
        let (code, _, said) = Checked::of(request, SECRET).answer(&["--verify"]);
        assert!(code == Some(2) && said.contains(expected), "{said}");
    }
    // A form without a policy is a request like others.
    let plain = form("name=\"Policy\"", "name=\"other\"");
    let (code, _, said) = Checked::of(plain, SECRET).answer(&["--verify"]);
    assert!(code == Some(2) && said.contains("neither an Authorization header"), "{said}");
}

const GET_2: &str = "PUT /photos/puppy.jpg HTTP/1.1\nContent-Type: image/jpeg\n\
    Host: awsexamplebucket1.s3.us-west-1.amazonaws.com\nDate: Tue, 27 Mar 2007 21:15:45 +0000\n\
    Authorization: AWS AKIAIOSFODNN7EXAMPLE:iqRzw+ileNPu1fhspnRs8nOjjIA=\n";
const TEXT_2: &str =
    "PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/awsexamplebucket1/photos/puppy.jpg";

#[test]
fn version_2_shows_its_string_to_sign() {
    let right = Checked::of(GET_2, SECRET);
    for (arguments, verified) in [(&[][..], Value::Null), (&["--verify"], json!(true))] {
        let (code, answer, said) = right.answer(arguments);
        assert_eq!((code, &answer["verified"]), (Some(0), &verified));
        assert_eq!(answer["string_to_sign"], TEXT_2);
        assert_eq!(answer["signature"], "iqRzw+ileNPu1fhspnRs8nOjjIA=");
        assert_eq!(answer["canonical_request"], Value::Null);
        assert!(said.contains("Signature Version 2"), "{said}");
    }
    let changed = GET_2.replace("image/jpeg", "image/png");
    assert_eq!(Checked::of(changed, SECRET).answer(&["--verify"]).0, Some(1));
    // With a region it is signed anew, by version 4.
    let asked = ["--region", "us-west-1", "--service", "s3", "--access-key", KEY_ID];
    let (_, answer, _) = right.answer(&asked);
    assert!(answer["authorization"].as_str().unwrap().starts_with("AWS4-HMAC-SHA256 "));
    let page = sigdrift()
        .args(["canonical", "--verify", "--request"])
        .arg(&right.request)
        .arg("--secret-file")
        .arg(right.folder.path().join("secret"))
        .output()
        .unwrap();
    let page = text(&page.stdout);
    assert!(page.starts_with("String to sign\n  PUT\n") && page.contains("Verified:"), "{page}");
}

#[test]
fn version_4a_shows_its_texts_and_is_never_taken_for_verified() {
    let all = vectors_of("v4a");
    let vector = all.iter().find(|vector| vector.name() == "get-vanilla").unwrap();
    let request = vector.file("header-signed-request.txt").unwrap();
    let (code, answer, said) = Checked::of(request, SECRET).answer(&["--verify"]);
    assert_eq!((code, &answer["verified"]), (Some(3), &Value::Null));
    assert_eq!(answer["canonical_request"], vector.artefact("header-canonical-request.txt"));
    assert_eq!(answer["string_to_sign"], vector.artefact("header-string-to-sign.txt"));
    assert_eq!(answer["signature"], Value::Null);
    assert!(said.contains("Version 4A, for us-east-1") && said.contains("not verified"), "{said}");
}

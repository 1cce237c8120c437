//! `sigdrift explain` prints no secret, wherever it stands.

use std::process::Output;

use crate::explain::{KEY_ID, SECRET, body_for, log_of, rewritten, signed_with};
use crate::run::{Logs, code, sigdrift, text};

/// No part of the secret, 8 characters or more, in any form it may have in a request.
fn shows_nothing_of(secret: &str, end: &Output) {
    for printed in [text(&end.stdout), text(&end.stderr)] {
        // Wrapped text must not hide it from this test.
        let unwrapped: String = printed.split_whitespace().collect();
        for form in [secret.to_owned(), secret.replace('/', "%2F"), secret.replace('/', "%2f")] {
            for start in 0..=form.len() - 8 {
                let part = &form[start..start + 8];
                assert!(!printed.contains(part), "{part} is shown: {printed}");
                assert!(!unwrapped.contains(part), "{part} is shown: {printed}");
            }
        }
    }
}

#[test]
fn the_secret_is_never_printed() {
    // The secret as it is used; in the place of the key id; and everywhere in what was logged.
    for (key_id, spread) in [(KEY_ID, false), (SECRET, false), (KEY_ID, true)] {
        let (sent, signed) = signed_with(key_id, SECRET);
        let own = signed.canonical_request.text();
        let own = if spread { own.replace("identity", &format!("a={SECRET}")) } else { own };
        let verified = if spread {
            own.replace("/k\n", &format!("/{SECRET}\n"))
        } else {
            own.replace("identity", "gzip")
        };
        let signature = signed.signature.reveal();
        let folder = Logs::new();
        let files = [
            ("--error", folder.add("body", body_for(&verified, key_id, &signature))),
            ("--client", folder.add("log", log_of(&own, &signature))),
            ("--sent", folder.add("sent", &sent)),
            ("--received", folder.add("received", sent.replace("identity", &format!("x{SECRET}")))),
        ];
        let secret = folder.add("secret", format!("{SECRET}\n"));
        for chosen in 1..1 << files.len() {
            for form in [&["--json"][..], &[]] {
                let mut command = sigdrift();
                command.arg("explain").args(["--search-time", "0.2"]).args(form);
                command.arg("--secret-file").arg(&secret);
                for (number, (option, path)) in files.iter().enumerate() {
                    if chosen & (1 << number) != 0 {
                        command.arg(option).arg(path);
                    }
                }
                let end = command.output().unwrap();
                assert_eq!(code(&end), Some(0), "{}", text(&end.stderr));
                shows_nothing_of(SECRET, &end);
                assert!(!text(&end.stdout).contains(&signature));
            }
        }
    }
}

#[test]
fn a_secret_in_a_wrong_place_is_not_printed() {
    // In the place of the key id, without being given.
    let (sent, signed) = signed_with(SECRET, SECRET);
    let body = body_for(&signed.canonical_request.text(), SECRET, &signed.signature.reveal());
    let unknown = body.replace("SignatureDoesNotMatch", "InvalidAccessKeyId");
    let folder = Logs::new();
    for content in [sent, body, unknown, SECRET.to_owned()] {
        let path = folder.add("file", content);
        for option in ["", "--error", "--client", "--sent", "--received", "--access-log"] {
            let mut command = sigdrift();
            command.arg("explain");
            if !option.is_empty() {
                command.arg(option);
            }
            let end = command.arg(&path).output().unwrap();
            shows_nothing_of(SECRET, &end);
        }
    }
}

#[test]
fn keys_that_encrypt_objects_are_masked() {
    let key = "MzJieXRlc2xvbmdzZWNyZXRrZXltdXN0cHJvdmlkZWQ=";
    let line = format!("x-amz-server-side-encryption-customer-key:{key}\n");
    let name = "x-amz-server-side-encryption-customer-key;";
    let (log, body) = rewritten();
    let with = |text: &str| {
        text.replace("host:media", &format!("{line}host:media"))
            .replace("host;x", &format!("host;{name}x"))
    };
    let folder = Logs::new();
    let (log, body) = (folder.add("log", with(&log)), folder.add("body", with(&body)));
    for form in [&["--json"][..], &[]] {
        let end = sigdrift().arg("explain").args(form).args([&log, &body]).output().unwrap();
        assert_eq!(code(&end), Some(0));
        shows_nothing_of(key, &end);
    }
}

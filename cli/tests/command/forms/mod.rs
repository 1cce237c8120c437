//! The other forms of a signature, through the command: a browser's upload, version 2, version 4A.

mod canonical;
mod explain;

use std::path::PathBuf;

use serde_json::Value;
use sigdrift_signature::{HttpRequest, PostForm};

use crate::run::{Logs, code, sigdrift, text};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// The documented form, with its signature.
const FORM: &str = include_str!("../../../../shared/signature/tests/forms/documented-post.http");
const SIGNATURE: &str = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";

fn policy() -> String {
    let form = PostForm::of(&HttpRequest::parse(FORM.as_bytes()).unwrap()).unwrap();
    form.field("policy").unwrap().to_owned()
}

/// The documented form with something else in the place of a text.
fn form(from: &str, to: &str) -> String {
    let changed = FORM.replace(from, to);
    assert_ne!(changed, FORM, "{from}");
    let length = FORM.find("\r\n\r\n").map(|end| FORM.len() - end - 4).unwrap();
    let new = changed.find("\r\n\r\n").map(|end| changed.len() - end - 4).unwrap();
    changed.replace(&format!("Content-Length: {length}"), &format!("Content-Length: {new}"))
}

/// A request and a secret, in files.
struct Checked {
    folder: Logs,
    request: PathBuf,
    secret: PathBuf,
}

impl Checked {
    fn of(request: impl AsRef<[u8]>, secret: &str) -> Self {
        let folder = Logs::new();
        let request = folder.add("request", request);
        let secret = folder.add("secret", secret);
        Self { folder, request, secret }
    }

    fn answer(&self, arguments: &[&str]) -> (Option<i32>, Value, String) {
        let mut command = sigdrift();
        command.args(["canonical", "--json", "--request"]).arg(&self.request);
        let end = command.arg("--secret-file").arg(&self.secret).args(arguments).output().unwrap();
        let answer = serde_json::from_slice(&end.stdout).unwrap_or(Value::Null);
        (code(&end), answer, text(&end.stderr))
    }
}

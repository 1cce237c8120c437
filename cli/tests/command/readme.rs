//! What README.md shows is what the command prints.

use std::path::Path;

use crate::explain::rewritten;
use crate::run::{Logs, code, sigdrift, text};

/// The block of README.md that holds a text.
fn block(holding: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let found = readme.split("```").skip(1).step_by(2).find(|block| block.contains(holding));
    found.unwrap_or_else(|| panic!("no block holds {holding}")).to_owned()
}

#[test]
fn the_example_is_analyzed_as_shown() {
    let shown = block("1,158 signed requests");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let end = sigdrift()
        .current_dir(project)
        .args(["analyze", "examples/checkout-incident"])
        .output()
        .unwrap();
    assert_eq!((code(&end), text(&end.stdout).as_str()), (Some(0), shown.trim_start()));
}

#[test]
fn the_failing_request_is_explained_as_shown() {
    let shown = block("$ sigdrift explain --error body.xml");
    let (log, body) = rewritten();
    let folder = Logs::new();
    folder.add("debug.log", log);
    folder.add("body.xml", body);
    let end = sigdrift()
        .current_dir(folder.path())
        .args(["explain", "--error", "body.xml", "--client", "debug.log"])
        .output()
        .unwrap();
    let shown = shown.trim_start().lines().skip(1).collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!((code(&end), text(&end.stdout)), (Some(0), shown));
}

//! The answer for people: labelled blocks, indented, so that a block can be copied as a whole.

use std::fmt::Write;

use anstyle::Style;

use super::Answer;
use crate::terminal::safe;

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// The answer as text with styles.
pub fn render(answer: &Answer) -> String {
    let mut page = String::new();
    if let (Some(text), Some(hash)) = (&answer.canonical_request, &answer.canonical_request_sha256)
    {
        block(&mut page, "Canonical request", &format!("sha256 {hash}"), text);
    }
    block(&mut page, "String to sign", "", &answer.string_to_sign);
    if let Some(signature) = &answer.signature {
        block(&mut page, "Signature", "", signature);
    }
    if let Some(authorization) = &answer.authorization {
        block(&mut page, "Authorization", "", authorization);
    }
    if let Some(query) = &answer.presigned_query {
        block(&mut page, "Query", "", query);
    }
    let told = match answer.verified {
        Some(true) => "Verified: the secret makes the signature that the request carries.",
        Some(false) => "Not verified:",
        None => "",
    };
    if !told.is_empty() {
        let _ = writeln!(page, "{STRONG}{told}{STRONG:#}");
    }
    for note in &answer.notes {
        let _ = writeln!(page, "  {}", safe(note));
    }
    page
}

fn block(page: &mut String, label: &str, beside: &str, text: &str) {
    let gap = if beside.is_empty() { "" } else { "  " };
    let _ = writeln!(page, "{STRONG}{label}{STRONG:#}{gap}{FAINT}{beside}{FAINT:#}");
    for line in text.split('\n') {
        let line = safe(line);
        let indent = if line.is_empty() { "" } else { "  " };
        let _ = writeln!(page, "{indent}{line}");
    }
    page.push('\n');
}

//! `sigdrift diff`: two canonical requests, part by part.

mod find;

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use sigdrift_signature::difference::{Difference, differences};
use sigdrift_signature::secret::sha256_hex;
use sigdrift_signature::{CanonicalRequest, redact};

use self::find::{Found, Side, canonical_request};
use crate::args::DiffOptions;
use crate::exit::{Exit, Failure};
use crate::page::{Page, STRONG};
use crate::{input, side_by_side, terminal};

/// What the command answers. Session tokens are masked, signatures removed.
#[derive(Serialize)]
struct Answer {
    same: bool,
    a_sha256: String,
    b_sha256: String,
    diff: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    part: String,
    signed: Option<String>,
    verified: Option<String>,
}

/// Runs the command.
pub fn run(options: &DiffOptions) -> Result<Exit, Failure> {
    let (a, b) = if input::is_stdin(&options.signed) && input::is_stdin(&options.verified) {
        let bytes = input::read(&options.signed)?;
        (
            found(&bytes, &options.signed, Side::Signer)?,
            found(&bytes, &options.verified, Side::Verifier)?,
        )
    } else {
        let signed = found(&input::read(&options.signed)?, &options.signed, Side::Signer)?;
        (signed, found(&input::read(&options.verified)?, &options.verified, Side::Verifier)?)
    };
    let parts = |text: &'_ Found, path: &Path| {
        CanonicalRequest::parse(&text.text)
            .map(CanonicalRequest::into_owned)
            .map_err(|error| input::unusable(path, error))
    };
    let (signed, verified) = (parts(&a, &options.signed)?, parts(&b, &options.verified)?);
    let shown = (masked(&signed), masked(&verified));
    // A text that was masked when it was captured is compared as it is shown.
    let is_masked = [&a, &b].iter().any(|found| found.text.contains("{sha256:"));
    let compared = if is_masked { (&shown.0, &shown.1) } else { (&signed, &verified) };
    let answer = Answer {
        same: compared.0 == compared.1,
        a_sha256: sha256_hex(a.text.as_bytes()),
        b_sha256: sha256_hex(b.text.as_bytes()),
        diff: diff(compared.0, compared.1),
    };
    for (path, found) in [(&options.signed, &a), (&options.verified, &b)] {
        for note in &found.notes {
            anstream::eprintln!("sigdrift: {}: {note}", input::name(path));
        }
    }
    print(&answer, &shown, options)?;
    Ok(if answer.same { Exit::Done } else { Exit::No })
}

fn found(bytes: &[u8], path: &Path, side: Side) -> Result<Found, Failure> {
    canonical_request(bytes, side).ok_or_else(|| {
        let told = "no canonical request in it: give one, or a client's debug log, or the error body of a service that prints one";
        input::unusable(path, told)
    })
}

/// The parts that differ, as they may be shown.
fn diff(signed: &CanonicalRequest<'static>, verified: &CanonicalRequest<'static>) -> Vec<Part> {
    let mut found: Vec<Part> = differences(signed, verified).into_iter().map(part).collect();
    let mut also = |part: &str, sides: [String; 2]| {
        let [signed, verified] = sides;
        if signed != verified {
            found.push(Part {
                part: part.to_owned(),
                signed: Some(signed),
                verified: Some(verified),
            });
        }
        found.is_empty()
    };
    let both = [signed, verified];
    let is_there = |is_there: bool| if is_there { "there" } else { "missing" }.to_owned();
    also("blank-line", both.map(|request| is_there(request.blank_line)));
    // The same headers in another order, or one of them twice.
    let names = both.map(|request| {
        request.headers.iter().map(|(name, _)| name.to_string()).collect::<Vec<String>>()
    });
    let [one, other] = names.clone().map(|mut names| {
        names.sort();
        names.dedup();
        names
    });
    let is_empty = also(
        "header-order",
        if one == other { names.map(|names| names.join(";")) } else { Default::default() },
    );
    if is_empty {
        also("headers", both.map(|request| masked(request).text()));
    }
    found
}

fn part(difference: Difference) -> Part {
    let shown = |value: Option<String>| {
        value.map(|value| match difference.part.as_str() {
            "query" => redact::query(&value),
            part => match part.strip_prefix("header:") {
                Some(name) => redact::value(name, &value).into_owned(),
                None => value,
            },
        })
    };
    Part {
        signed: shown(difference.signed),
        verified: shown(difference.verified),
        part: difference.part,
    }
}

/// A canonical request as it may be shown.
fn masked(request: &CanonicalRequest<'static>) -> CanonicalRequest<'static> {
    let headers = request.headers.iter();
    CanonicalRequest {
        query: Cow::Owned(redact::query(&request.query)),
        headers: headers
            .map(|(name, value)| {
                (name.clone(), Cow::Owned(redact::value(name, value).into_owned()))
            })
            .collect(),
        ..request.clone()
    }
}

fn print(
    answer: &Answer,
    shown: &(CanonicalRequest<'_>, CanonicalRequest<'_>),
    options: &DiffOptions,
) -> Result<(), Failure> {
    if options.json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, answer).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        return Ok(out.flush()?);
    }
    let names = [input::name(&options.signed), input::name(&options.verified)];
    let mut page = Page::new(terminal::width());
    page.labelled("A  ", STRONG, &names[0]);
    page.line(&format!("   sha256 {}", answer.a_sha256));
    page.labelled("B  ", STRONG, &names[1]);
    page.line(&format!("   sha256 {}", answer.b_sha256));
    page.gap();
    let labels = ["A: signed", "B: verified"];
    page.raw(&side_by_side::render(&shown.0, &shown.1, labels, terminal::width()));
    page.gap();
    let parts: Vec<String> = answer.diff.iter().map(|part| part.part.replace(':', " ")).collect();
    let sum = match parts.len() {
        0 if answer.same => "They are the same.".to_owned(),
        1 => format!("They differ in one part: {}.", parts[0]),
        count if count > 12 => format!("They differ in {count} parts."),
        count => format!("They differ in {count} parts: {}.", parts.join(", ")),
    };
    page.paragraph(STRONG, &sum);
    let mut out = anstream::stdout().lock();
    out.write_all(page.into_text().as_bytes())?;
    Ok(out.flush()?)
}

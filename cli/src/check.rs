//! `sigdrift check`: whether what is about to be deployed, or handed out, signs what its endpoint
//! wants.

use std::io::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use sigdrift_signature::check::{self, Finding, Level};

use crate::args::CheckOptions;
use crate::exit::{Exit, Failure};
use crate::page::{Page, STRONG};
use crate::signing_time::SigningTime;
use crate::{input, terminal};

/// What the command answers.
#[derive(Serialize)]
struct Answer {
    ok: bool,
    findings: Vec<Finding>,
}

/// Runs the command.
pub fn run(options: &CheckOptions) -> Result<Exit, Failure> {
    let findings = match (&options.url, &options.endpoint) {
        (Some(url), _) => of_url(url, options)?,
        (None, Some(endpoint)) => of_endpoint(endpoint, options)?,
        (None, None) => return Err(Failure::Usage("give --endpoint or --url".to_owned())),
    };
    let answer = Answer { ok: check::is_ok(&findings), findings };
    print(&answer, options)?;
    Ok(if answer.ok { Exit::Done } else { Exit::No })
}

fn of_endpoint(endpoint: &str, options: &CheckOptions) -> Result<Vec<Finding>, Failure> {
    let (Some(region), Some(service)) = (&options.region, &options.service) else {
        return Err(Failure::Usage("--endpoint needs --region and --service".to_owned()));
    };
    let names = options.signed_headers.as_deref().unwrap_or_default();
    let names: Vec<&str> =
        names.split([';', ',']).map(str::trim).filter(|name| !name.is_empty()).collect();
    check::configuration(endpoint, region, service, &names).map_err(|_| {
        Failure::Usage("--endpoint: `https://host` or a host name expected".to_owned())
    })
}

fn of_url(url: &str, options: &CheckOptions) -> Result<Vec<Finding>, Failure> {
    let read;
    let url = if url == "-" {
        let stdin = Path::new("-");
        read = String::from_utf8(input::read(stdin)?)
            .map_err(|_| input::unusable(stdin, "a URL is text, and this is no UTF-8"))?;
        read.trim()
    } else {
        url.trim()
    };
    let now = options.now.unwrap_or_else(SigningTime::now).0;
    if url.contains(['\n', '\r']) {
        return Err(Failure::Usage(
            "--url: one URL expected, and there are several lines".to_owned(),
        ));
    }
    // The URL is not quoted: it holds a signature.
    check::presigned(url, options.method.as_deref(), now)
        .map_err(|_| Failure::Usage("--url: `https://host/path?…` expected".to_owned()))
}

fn print(answer: &Answer, options: &CheckOptions) -> Result<(), Failure> {
    if options.json {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, answer).map_err(std::io::Error::from)?;
        out.write_all(b"\n")?;
        return Ok(out.flush()?);
    }
    let mut out = anstream::stdout().lock();
    out.write_all(render(&answer.findings, terminal::width()).as_bytes())?;
    Ok(out.flush()?)
}

/// How a level is called, and in which style.
fn shown(level: Level) -> (&'static str, Style) {
    match level {
        Level::Ok => ("ok", Style::new().fg_color(Some(AnsiColor::Green.into()))),
        Level::Warning => ("warning", Style::new().fg_color(Some(AnsiColor::Yellow.into())).bold()),
        Level::Drift => ("drift", Style::new().fg_color(Some(AnsiColor::Red.into())).bold()),
    }
}

/// The findings, the worst first, and the sum of them.
fn render(findings: &[Finding], width: usize) -> String {
    let mut page = Page::new(width);
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in &sorted {
        let (level, style) = shown(finding.level);
        page.labelled_in(
            style,
            &format!("{level:<9}"),
            &format!("{:<18}", finding.check),
            &finding.detail,
        );
        if let Some(fix) = &finding.fix {
            page.labelled(&format!("{:<9}{:<18}", "", "to do"), STRONG, fix);
        }
    }
    let count = |level: Level| sorted.iter().filter(|finding| finding.level == level).count();
    page.gap();
    page.paragraph(
        STRONG,
        &match (count(Level::Drift), count(Level::Warning)) {
            (0, 0) => "Nothing speaks against it.".to_owned(),
            (0, 1) => "Nothing will be refused for certain; see the warning.".to_owned(),
            (0, warnings) => {
                format!("Nothing will be refused for certain; see the {warnings} warnings.")
            }
            (1, _) => "It will be refused, for one reason.".to_owned(),
            (drifts, _) => format!("It will be refused, for {drifts} reasons."),
        },
    );
    page.into_text()
}

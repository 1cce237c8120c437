//! Gathers the evidence of one failing request from the files that were named.

use std::path::Path;

use sigdrift_signature::HttpRequest;
use sigdrift_telemetry::evidence::gather::{Gathered, Named, NoEvidence};

use crate::args::ExplainOptions;
use crate::exit::Failure;
use crate::input;

/// Reads everything that the options name as evidence of one request.
pub fn gather(options: &ExplainOptions) -> Result<Gathered, Failure> {
    let mut gathered = Gathered::default();
    if let Some(path) = &options.error {
        gathered.error_body(&named(path)?)?;
    }
    let files: Vec<Named> =
        options.files.iter().map(|path| named(path)).collect::<Result<_, _>>()?;
    gathered.any(&files)?;
    if let Some(path) = &options.client {
        gathered.client_log(&named(path)?)?;
    }
    if let Some(path) = &options.access_log {
        gathered.access_log(&named(path)?)?;
    }
    if let Some(path) = &options.sent {
        gathered.case.sent = Some(request(path)?);
    }
    if let Some(path) = &options.received {
        gathered.case.received = Some(request(path)?);
    }
    if let Some(url) = &options.url {
        // A method that nobody told is no evidence: the request is taken as the verifier had it.
        let method = options.method.clone().or(gathered.method());
        gathered.case.sent = Some(presigned(url, method.as_deref().unwrap_or("GET"))?);
    }
    if options.files.is_empty() && is_empty(options) {
        return Err(Failure::Usage(
            "no evidence: name a file, `-` for standard input, or one of --error, --client, --sent, --received, --url, --access-log".to_owned(),
        ));
    }
    Ok(gathered)
}

/// Refuses to read standard input for two things: one of them would find it empty.
pub fn check_stdin(options: &ExplainOptions) -> Result<(), Failure> {
    let named = [
        &options.error,
        &options.client,
        &options.access_log,
        &options.sent,
        &options.received,
        &options.secret_file,
    ];
    let paths = named.into_iter().flatten().chain(&options.files);
    let of_paths = paths.filter(|path| input::is_stdin(path)).count();
    if of_paths + usize::from(options.url.as_deref() == Some("-")) > 1 {
        return Err(Failure::Usage(
            "only one thing can be read from standard input: name files for the others".to_owned(),
        ));
    }
    Ok(())
}

fn is_empty(options: &ExplainOptions) -> bool {
    let files =
        [&options.error, &options.client, &options.access_log, &options.sent, &options.received];
    files.into_iter().all(Option::is_none) && options.url.is_none()
}

fn named(path: &Path) -> Result<Named, Failure> {
    Ok(Named { name: input::name(path), bytes: input::read(path)? })
}

impl From<NoEvidence> for Failure {
    fn from(NoEvidence { name, why }: NoEvidence) -> Self {
        Self::Unusable { path: name, why: why.to_owned() }
    }
}

fn request(path: &Path) -> Result<HttpRequest, Failure> {
    HttpRequest::parse(&input::read(path)?).map_err(|error| input::unusable(path, error))
}

fn presigned(url: &str, method: &str) -> Result<HttpRequest, Failure> {
    let text;
    let url = if url == "-" {
        let bytes = input::read(Path::new("-"))?;
        text = String::from_utf8_lossy(&bytes).trim().to_owned();
        text.as_str()
    } else {
        url
    };
    HttpRequest::of_url(method, url).map_err(|_| {
        Failure::Usage("--url: an absolute URL `https://host/path` expected".to_owned())
    })
}

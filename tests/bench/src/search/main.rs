//! Measures the search for the text that was signed against SHA-256 alone, and `explain` on a plain case.
//!
//! `search` prints candidates per second, the seconds that all pairs of a request with 12
//! headers take, and the CPU time of `explain`. `search --case FILE` writes the plain case, for
//! measuring the built command.

mod clock;
mod request;

use std::hint::black_box;
use std::process::ExitCode;

use sha2::{Digest, Sha256};
use sigdrift_signature::evidence;
use sigdrift_signature::explain::search::{self, Edit, Key, Limits, Material, Target, Text};
use sigdrift_signature::explain::{self, Question};
use sigdrift_signature::{CanonicalRequest, Scope, Secret, Signature};

use clock::{cpu_seconds, median};

const ROUNDS: usize = 5;
/// Linux brings a thread's time up to date every few milliseconds: what is shorter is done again and again.
const AGAIN: usize = 10;
const PLAIN_ROUNDS: usize = 200;
/// What no candidate meets.
const NOTHING: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => measure().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        ["--case", file] => match std::fs::write(file, request::plain_case()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{file}: {error}");
                ExitCode::from(2)
            }
        },
        _ => {
            eprintln!("usage: search [--case FILE]");
            ExitCode::from(2)
        }
    }
}

fn measure() -> Option<()> {
    let verified = request::with_12_headers();
    let request = CanonicalRequest::parse(&verified).ok()?;
    let text = Text::of(&request);
    let material = Material { service: "s3".to_owned(), ..Material::default() };
    let edits = search::edits(&text, &request, &material);
    let lengths = lengths(&text, &edits);
    let bytes: usize = lengths.iter().sum();

    let hash = Target::hash(NOTHING)?;
    let scope = Scope::new("20260415", "eu-west-1", "s3");
    let key = Key::new(
        &Secret::new(*b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        &scope,
        "20260415T074213Z",
    );
    let signature = Target::Signature(Signature::of_hex(NOTHING)?, vec![key]);

    // In turn, so that what else the machine does falls on all of them.
    let (mut raw, mut with_hash, mut with_secret) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raw.push(cpu_seconds(AGAIN, || hash_alone(&lengths)));
        with_hash.push(cpu_seconds(AGAIN, || tried(&text, &edits, &hash, lengths.len())));
        with_secret.push(cpu_seconds(AGAIN, || tried(&text, &edits, &signature, lengths.len())));
    }
    let (raw, with_hash, with_secret) = (median(raw), median(with_hash), median(with_secret));
    let count = lengths.len() as f64;
    println!(
        "12 headers: {} edits, {count} candidates of {} bytes on average",
        edits.len(),
        bytes / lengths.len()
    );
    println!("sha2 alone, the same bytes    {:>10.0} candidates/s  1", count / raw);
    println!(
        "search against a hash         {:>10.0} candidates/s  {:.2} (at least 0.5)",
        count / with_hash,
        raw / with_hash
    );
    println!(
        "search with a secret          {:>10.0} candidates/s  {:.2}",
        count / with_secret,
        raw / with_secret
    );
    println!("all pairs against a hash      {with_hash:>10.3} CPU s (under 2)");
    println!("all pairs with a secret       {with_secret:>10.3} CPU s");

    let case = request::plain_case();
    let plain = cpu_seconds(PLAIN_ROUNDS, || {
        for case in evidence::read(case.as_bytes()).cases {
            black_box(explain::explain(&case, &Question::default()));
        }
    });
    println!("explain, a plain case         {:>10.3} CPU ms (under 10)", 1000.0 * plain);
    Some(())
}

/// The length of every candidate.
fn lengths(text: &Text, edits: &[Edit]) -> Vec<usize> {
    let mut room = Vec::new();
    let mut length = |edits: &[&Edit]| {
        text.write(edits, &mut room);
        room.len()
    };
    let mut found = vec![length(&[])];
    found.extend(edits.iter().map(|edit| length(&[edit])));
    let pairable: Vec<&Edit> = edits.iter().filter(|edit| edit.in_pairs).collect();
    for (at, first) in pairable.iter().enumerate() {
        let others = pairable[..at].iter().filter(|second| first.fits(second));
        found.extend(others.map(|second| length(&[second, first])));
    }
    found
}

/// As many texts of these lengths, hashed: nothing is written, nothing compared.
fn hash_alone(lengths: &[usize]) {
    let text = vec![b'a'; lengths.iter().copied().max().unwrap_or(0)];
    for length in lengths {
        black_box(Sha256::digest(&text[..*length]));
    }
}

fn tried(text: &Text, edits: &[Edit], target: &Target, candidates: usize) {
    let limits = Limits { candidates: u64::MAX, ..Limits::default() };
    let outcome = search::search(text, edits, target, &limits);
    assert!(outcome.hits.is_empty() && outcome.tried == candidates as u64, "{}", outcome.tried);
}

//! One request as a line of 27 fields.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>

use std::io::{self, Write};

use super::cast::{BASE32, BASE64, Bucket};
use super::clock;
use crate::random::Random;

const TLS_13: &str = "TLS_AES_128_GCM_SHA256";
const TLS_12: &str = "ECDHE-RSA-AES128-GCM-SHA256";
const REDACTED: &str = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";

/// How a request showed who it came from.
#[derive(Clone, Copy, Debug)]
pub enum Auth<'a> {
    /// Not at all.
    None,
    /// By the Authorization header.
    Header,
    /// By the URL.
    Query(Presigning<'a>),
}

/// The signing parameters of a URL.
#[derive(Clone, Copy, Debug)]
pub struct Presigning<'a> {
    pub key_id: &'a str,
    pub region: &'a str,
    pub token: Option<&'a str>,
    /// Second of the day.
    pub signed_at: i64,
    pub expires: i64,
}

/// Where a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To an object, or to the bucket.
    Rest,
    /// To the website of the bucket.
    Website,
    /// Nowhere: the service did it, or it is a part of another request.
    Service,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub second: i64,
    pub bucket: &'a Bucket,
    pub address: Option<[u8; 4]>,
    pub requester: &'a str,
    pub operation: &'a str,
    pub method: &'a str,
    pub target: Target,
    pub object: Option<Object<'a>>,
    /// What else stands in the query.
    pub parameters: &'a str,
    pub auth: Auth<'a>,
    pub status: u16,
    pub code: &'a str,
    pub sent: Option<usize>,
    pub size: Option<usize>,
    pub referer: &'a str,
    pub agent: &'a str,
    pub old_tls: bool,
}

/// An object of an app.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub folder: &'a str,
    pub suffix: &'a str,
    pub number: usize,
}

impl Object<'_> {
    /// Keys stand encoded in the path, and encoded once more in the key field.
    fn write(&self, out: &mut Vec<u8>, percent: &str) -> io::Result<()> {
        let Self { folder, suffix, number } = self;
        let day = number % 28 + 1;
        write!(out, "{folder}/2026/{:02}/{day:02}/{number:05}", number % 12 + 1)?;
        match number % 97 {
            0 => write!(out, "{percent}20copy{percent}2022.{suffix}"),
            1 => write!(out, "{percent}22draft{percent}22.{suffix}"),
            _ => write!(out, "-{:016x}.{suffix}", crate::random::mix(*number as u64)),
        }
    }
}

impl Request<'_> {
    /// Appends the line, with ids of its own.
    pub fn write(&self, out: &mut Vec<u8>, owner: &str, random: &mut Random) -> io::Result<()> {
        write!(out, "{owner} {} ", self.bucket.name)?;
        clock::write_log_time(out, self.second)?;
        match self.address {
            Some([a, b, c, d]) => write!(out, " {a}.{b}.{c}.{d}")?,
            None => out.extend_from_slice(b" -"),
        }
        write!(out, " {} ", self.requester)?;
        random.text(out, BASE32, 16);
        write!(out, " {} ", self.operation)?;
        match self.object {
            Some(object) => object.write(out, "%25")?,
            None => out.push(b'-'),
        }
        out.push(b' ');
        self.write_uri(out)?;
        match self.status {
            0 => out.extend_from_slice(b" - "),
            status => write!(out, " {status} ")?,
        }
        write!(out, "{} ", self.code)?;
        write_number(out, self.sent)?;
        write_number(out, self.size)?;
        let total = 4 + random.popular(90);
        if self.target == Target::Service {
            out.extend_from_slice(b"- - ");
        } else {
            write!(out, "{total} ")?;
            write_number(out, (self.code == "-").then_some(total / 2))?;
        }
        write_quoted(out, self.referer)?;
        write_quoted(out, self.agent)?;
        out.extend_from_slice(b"- ");
        random.text(out, BASE64, 75);
        out.extend_from_slice(b"= ");
        self.write_connection(out)?;
        writeln!(out, " - - {}", self.bucket.region)
    }

    fn write_uri(&self, out: &mut Vec<u8>) -> io::Result<()> {
        if self.target == Target::Service {
            out.push(b'-');
            return Ok(());
        }
        write!(out, "\"{} {}/", self.method, self.bucket.path_prefix)?;
        if let Some(object) = self.object {
            object.write(out, "%")?;
        }
        let mut mark = '?';
        if !self.parameters.is_empty() {
            write!(out, "?{}", self.parameters)?;
            mark = '&';
        }
        if let Auth::Query(presigning) = self.auth {
            presigning.write(out, mark)?;
        }
        out.extend_from_slice(b" HTTP/1.1\"");
        Ok(())
    }

    fn write_connection(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let (cipher, tls) = match (self.target, self.old_tls) {
            (Target::Website, _) => ("-", "-"),
            (_, true) => (TLS_12, "TLSv1.2"),
            (_, false) => (TLS_13, "TLSv1.3"),
        };
        let (version, auth) = match self.auth {
            Auth::None => ("-", "-"),
            Auth::Header => ("SigV4", "AuthHeader"),
            Auth::Query(_) => ("SigV4", "QueryString"),
        };
        let host = match self.target {
            Target::Website => &self.bucket.website_host,
            _ => &self.bucket.host,
        };
        write!(out, "{version} {cipher} {auth} {host} {tls}")
    }
}

impl Presigning<'_> {
    fn write(&self, out: &mut Vec<u8>, mark: char) -> io::Result<()> {
        write!(out, "{mark}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F", self.key_id)?;
        let date_at = out.len();
        clock::write_amz_date(out, self.signed_at)?;
        out.truncate(date_at + "20260415".len());
        write!(out, "%2F{}%2Fs3%2Faws4_request&X-Amz-Date=", self.region)?;
        clock::write_amz_date(out, self.signed_at)?;
        write!(out, "&X-Amz-Expires={}&X-Amz-SignedHeaders=host", self.expires)?;
        if let Some(token) = self.token {
            write!(out, "&X-Amz-Security-Token={token}")?;
        }
        write!(out, "&X-Amz-Signature={REDACTED}")
    }
}

fn write_number(out: &mut Vec<u8>, number: Option<usize>) -> io::Result<()> {
    match number {
        Some(number) => write!(out, "{number} "),
        None => out.write_all(b"- "),
    }
}

fn write_quoted(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    match text {
        "" => out.write_all(b"\"-\" "),
        "-" => out.write_all(b"- "),
        text => write!(out, "\"{text}\" "),
    }
}

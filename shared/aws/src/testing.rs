//! A server of the tests' own, for what an emulator of AWS cannot do: pages, refusals, answers that
//! come too late.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::Value;

use crate::{Connection, Settings};

/// What the server answers with.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl From<(u16, Value)> for Answer {
    fn from((status, body): (u16, Value)) -> Self {
        let head = "content-type: application/x-amz-json-1.1\r\n".to_owned();
        Self { status, head, body: body.to_string() }
    }
}

impl Answer {
    /// An answer of S3, with headers of its own: each a line.
    pub fn of_s3(status: u16, headers: &[&str], body: &str) -> Self {
        let head = headers.iter().map(|header| format!("{header}\r\n")).collect();
        Self { status, head, body: body.to_owned() }
    }

    /// An error of S3.
    pub fn error_of_s3(status: u16, code: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>why</Message></Error>");
        Self::of_s3(status, &["content-type: application/xml"], &body)
    }
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request line and the headers, in lower case, each a line.
    pub head: String,
    /// The body, if it is JSON.
    pub body: Value,
}

/// A server that gives one answer after the other, whatever it is asked, and remembers what that was.
pub struct Server {
    endpoint_url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    left: Arc<Mutex<VecDeque<Answer>>>,
}

impl Server {
    /// A server with these answers.
    pub fn with<A: Into<Answer>>(answers: impl IntoIterator<Item = A>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint_url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left =
            Arc::new(Mutex::new(answers.into_iter().map(Into::into).collect::<VecDeque<_>>()));
        let server = Self { endpoint_url, asked: asked.clone(), left: left.clone() };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (asked, left) = (asked.clone(), left.clone());
                thread::spawn(move || serve(stream.unwrap(), &asked, &left));
            }
        });
        server
    }

    /// A connection to it, with credentials that nobody has.
    pub fn connection(&self) -> Connection {
        let settings = Settings {
            region: Some("eu-west-1".to_owned()),
            endpoint_url: Some(self.endpoint_url.clone()),
            ..Settings::default()
        };
        let mut connection = Connection::open(&settings).unwrap();
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let provider = SharedCredentialsProvider::new(credentials);
        let sdk = connection.sdk.into_builder();
        connection.sdk = sdk.credentials_provider(provider).build();
        connection
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How many answers nobody asked for.
    pub fn left(&self) -> usize {
        self.left.lock().unwrap().len()
    }
}

fn serve(stream: TcpStream, asked: &Mutex<Vec<Asked>>, left: &Mutex<VecDeque<Answer>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(request) = request(&mut reader) {
        asked.lock().unwrap().push(request);
        let Some(Answer { status, head, body }) = left.lock().unwrap().pop_front() else { return };
        let length = body.len();
        write!(writer, "HTTP/1.1 {status} x\r\n{head}content-length: {length}\r\n\r\n{body}")
            .unwrap();
    }
}

fn request(reader: &mut impl BufRead) -> Option<Asked> {
    let (mut length, mut head) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        let line = line.to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { head, body: serde_json::from_slice(&body).unwrap_or_default() })
}

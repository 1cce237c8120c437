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

/// What the server answers with: a status and a body.
pub type Answer = (u16, Value);

/// A server that gives one answer after the other, whatever it is asked, and remembers what that was.
pub struct Server {
    endpoint_url: String,
    asked: Arc<Mutex<Vec<Value>>>,
    left: Arc<Mutex<VecDeque<Answer>>>,
}

impl Server {
    /// A server with these answers.
    pub fn with(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint_url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
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

    /// The bodies of the requests so far.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// How many answers nobody asked for.
    pub fn left(&self) -> usize {
        self.left.lock().unwrap().len()
    }
}

fn serve(stream: TcpStream, asked: &Mutex<Vec<Value>>, left: &Mutex<VecDeque<Answer>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(body) = request(&mut reader) {
        asked.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        let Some((status, answer)) = left.lock().unwrap().pop_front() else { return };
        let answer = answer.to_string();
        write!(
            writer,
            "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        )
        .unwrap();
    }
}

fn request(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

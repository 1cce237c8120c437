//! S3 itself.

use std::io::Read;

use aws_sdk_s3::Client;

use super::body::Body;
use super::listing::Listing;
use super::{Address, Error, ListObjects, Object, ReadObject};
use crate::Connection;
use crate::fault::Asked;

/// Lists and reads objects in S3. Not to be called on a thread that drives asynchronous tasks.
#[derive(Clone, Debug)]
pub struct S3 {
    pub(super) connection: Connection,
    pub(super) client: Client,
    pub(super) asked: Asked,
}

impl S3 {
    /// S3 as a connection reaches it.
    #[must_use]
    pub fn new(connection: &Connection) -> Self {
        let settings = aws_sdk_s3::config::Builder::from(&connection.sdk)
            // A bucket in the host name needs a domain whose names all lead to the server.
            .force_path_style(connection.is_elsewhere)
            .build();
        let client = Client::from_conf(settings);
        Self {
            connection: connection.clone(),
            client,
            asked: Asked::of(connection, "S3", connection.region()),
        }
    }
}

impl ListObjects for S3 {
    fn list(&self, address: &Address) -> impl Iterator<Item = Result<Object, Error>> {
        Listing::new(self, address)
    }
}

impl ReadObject for S3 {
    fn open(&self, object: &Object) -> Result<impl Read + Send, Error> {
        Body::open(self, object)
    }
}

//! A store in a bucket:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.

use std::io::Read;

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use sigdrift_telemetry::store::{
    self, Get, List, Put, PutIfAbsent, Replace, Replaced, Version, Versioned,
};

use super::body::Body;
use super::error::{Act, Reason};
use super::{Address, Error, ListObjects, Object, S3};
use crate::fault::Fault;

/// How often a put is tried that meets another of the same name under way.
const CONFLICTS: u32 = 5;

/// A store in a bucket, below a prefix.
#[derive(Clone, Debug)]
pub struct Bucket {
    s3: S3,
    address: Address,
}

impl Bucket {
    /// The store at an address, whose prefix is empty or ends with `/`.
    #[must_use]
    pub fn new(s3: &S3, address: Address) -> Self {
        Self { s3: s3.clone(), address }
    }

    fn object(&self, name: &str) -> Object {
        Object {
            bucket: self.address.bucket.clone(),
            key: format!("{}{name}", self.address.prefix),
            version_id: None,
            e_tag: String::new(),
            length: 0,
            modified: 0,
        }
    }

    /// A put on the condition that the object is as it was seen, or, unseen, not there.
    fn put(&self, object: &Object, seen: Option<&Version>, bytes: &[u8]) -> PutObjectFluentBuilder {
        let put = self.s3.client.put_object().bucket(&*object.bucket).key(&object.key);
        let put = match seen {
            Some(version) => put.if_match(version.as_str()),
            None => put.if_none_match("*"),
        };
        put.body(ByteStream::from(bytes.to_vec()))
    }
}

impl PutIfAbsent for Bucket {
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> Result<Put, store::Error> {
        let object = self.object(name);
        let mut attempt = 1;
        loop {
            let request = self.put(&object, None, bytes);
            let reason = match self.s3.connection.runtime.block_on(request.send()) {
                Ok(_) => return Ok(Put::Created),
                Err(error) => Reason::of(&self.s3.asked, Act::Write, error),
            };
            match reason {
                Reason::Changed => return Ok(Put::Present),
                // Of two puts at once one is refused without being told which came first.
                Reason::Service(Fault::Answer { status: 409, .. }) if attempt < CONFLICTS => {
                    attempt += 1
                }
                reason => {
                    return Err(told(Act::Write, &object, Error::new(Act::Write, &object, reason)));
                }
            }
        }
    }
}

impl List for Bucket {
    fn list(&self, prefix: &str, found: &mut dyn FnMut(String)) -> Result<(), store::Error> {
        let address = Address {
            bucket: self.address.bucket.clone(),
            prefix: format!("{}{prefix}", self.address.prefix),
        };
        for object in self.s3.list(&address) {
            let object = object.map_err(|error| told(Act::List, &address, error))?;
            // Every key of the listing begins with what was asked for.
            if let Some(name) = object.key.strip_prefix(&self.address.prefix) {
                found(name.to_owned());
            }
        }
        Ok(())
    }
}

impl Get for Bucket {
    fn get(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, store::Error> {
        let object = self.object(name);
        match Body::open(&self.s3, &object) {
            Ok(body) => Ok(Some(Box::new(body))),
            Err(error) if matches!(error.reason(), Reason::Gone) => Ok(None),
            Err(error) => Err(told(Act::Read, &object, error)),
        }
    }
}

impl Replace for Bucket {
    fn read(&self, name: &str) -> Result<Option<Versioned>, store::Error> {
        let object = self.object(name);
        let mut body = match Body::open(&self.s3, &object) {
            Ok(body) => body,
            Err(error) if matches!(error.reason(), Reason::Gone) => return Ok(None),
            Err(error) => return Err(told(Act::Read, &object, error)),
        };
        let version = Version::new(body.e_tag());
        let bytes = store::read_bounded(&mut body)
            .map_err(|error| store::Error::new(Act::Read.name(), &object, error))?;
        if version.as_str().is_empty() {
            let error = Error::new(Act::Read, &object, Reason::NoEntityTag);
            return Err(told(Act::Read, &object, error));
        }
        Ok(Some(Versioned { version, bytes }))
    }

    fn replace(
        &self,
        name: &str,
        seen: Option<&Version>,
        bytes: &[u8],
    ) -> Result<Replaced, store::Error> {
        let object = self.object(name);
        let request = self.put(&object, seen, bytes);
        let reason = match self.s3.connection.runtime.block_on(request.send()) {
            Ok(answer) => match answer.e_tag {
                Some(e_tag) => return Ok(Replaced::Done(Version::new(e_tag))),
                None => Reason::NoEntityTag,
            },
            Err(error) => Reason::of(&self.s3.asked, Act::Write, error),
        };
        match reason {
            // Deleted, replaced, or about to be: 409 is answered while another put is under way.
            Reason::Gone | Reason::Changed | Reason::Service(Fault::Answer { status: 409, .. }) => {
                Ok(Replaced::Changed)
            }
            reason => Err(told(Act::Write, &object, Error::new(Act::Write, &object, reason))),
        }
    }
}

fn told(act: Act, place: impl std::fmt::Display, error: Error) -> store::Error {
    store::Error::new(act.name(), place, error.into_reason())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Answer, Server};

    fn bucket(server: &Server) -> Bucket {
        Bucket::new(&S3::new(&server.connection()), "s3://kept/in/".parse().unwrap())
    }

    #[test]
    fn an_object_is_replaced_on_the_condition_that_it_is_as_it_was_seen() {
        let server = Server::with([
            Answer::of_s3(200, &["etag: \"one\""], "content"),
            Answer::of_s3(200, &["etag: \"two\""], ""),
            Answer::of_s3(200, &["etag: \"three\""], ""),
        ]);
        let store = bucket(&server);
        let seen = store.read("state").unwrap().unwrap();
        assert_eq!((seen.version.as_str(), &*seen.bytes), ("\"one\"", &b"content"[..]));
        let replaced = store.replace("state", Some(&seen.version), b"new").unwrap();
        assert_eq!(replaced, Replaced::Done(Version::new("\"two\"")));
        store.replace("state", None, b"new").unwrap();
        let asked = server.asked();
        assert!(asked[1].head.starts_with("put /kept/in/state"), "{}", asked[1].head);
        assert!(asked[1].head.contains("if-match: \"one\"\r\n"), "{}", asked[1].head);
        assert!(asked[2].head.contains("if-none-match: *\r\n"), "{}", asked[2].head);
    }

    #[test]
    fn whoever_does_not_win_is_told_that_it_changed() {
        for (status, code) in [
            (412, "PreconditionFailed"),
            (409, "ConditionalRequestConflict"),
            // It was deleted meanwhile.
            (404, "NoSuchKey"),
        ] {
            let server = Server::with([Answer::error_of_s3(status, code)]);
            let seen = Version::new("\"one\"");
            let replaced = bucket(&server).replace("state", Some(&seen), b"new").unwrap();
            assert_eq!(replaced, Replaced::Changed, "{code}");
        }
    }

    #[test]
    fn a_server_that_is_busy_is_asked_again_and_what_it_refuses_is_told() {
        let busy = || Answer::error_of_s3(503, "SlowDown");
        let there = Answer::of_s3(200, &["etag: \"one\""], "content");
        let server = Server::with([busy(), busy(), there]);
        assert!(bucket(&server).read("state").unwrap().is_some());
        let server = Server::with([Answer::error_of_s3(403, "AccessDenied")]);
        let told = bucket(&server).replace("state", None, b"new").unwrap_err().to_string();
        assert!(told.starts_with("cannot write s3://kept/in/state: access denied"), "{told}");
        assert!(told.contains("s3:PutObject on the object"), "{told}");
        let server = Server::with([Answer::of_s3(200, &[], "content")]);
        let told = bucket(&server).read("state").unwrap_err().to_string();
        assert!(told.contains("no entity tag (ETag)"), "{told}");
        let server = Server::with([Answer::error_of_s3(404, "NoSuchKey")]);
        assert_eq!(bucket(&server).read("state").unwrap(), None);
    }
}

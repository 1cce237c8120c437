//! What the tests of functions share: a store and metrics in memory, and lines of logs.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sigdrift_aws::metrics::Emit;
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::segment::{Privacy, Segment};
use sigdrift_telemetry::store::{
    self, Get, List, Put, PutIfAbsent, Replace, Replaced, Version, Versioned, put_segment,
};
use sigdrift_telemetry::tally::{Limits, SourceId};
use sigdrift_telemetry::time::parse_rfc3339;

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

/// A line of an access log, of a request at 07:42:03.
pub fn line(id: &str, code: &str) -> String {
    line_at("15/Apr/2026:07:42:03", id, code)
}

/// A line of an access log at a time. The code of a request that succeeded is `-`.
pub fn line_at(time: &str, id: &str, code: &str) -> String {
    let status = if code == "-" { 200 } else { 403 };
    format!(
        "{OWNER} media [{time} +0000] 192.0.2.10 - {id} REST.GET.OBJECT k \"GET /k HTTP/1.1\" {status} {code} \
         243 - 7 - \"-\" \"Boto3/1.43.11 app/shop-1\" - hostid SigV4 TLS_AES_128_GCM_SHA256 AuthHeader \
         media.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1\n"
    )
}

/// A time in seconds since 1970.
pub fn at(time: &str) -> i64 {
    parse_rfc3339(time).unwrap()
}

/// A store in memory, which may be out of order. A clone is the same store.
#[derive(Clone, Debug, Default)]
pub struct Store {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    broken: Arc<Mutex<Option<Capability>>>,
}

/// What a store can do, and may not be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    Put,
    List,
    Get,
    Replace,
}

impl Store {
    /// From now on it cannot do this any more; with none it can do everything.
    pub fn breaks(&self, capability: Option<Capability>) {
        *self.broken.lock().unwrap() = capability;
    }

    fn can(&self, capability: Capability, name: &str) -> Result<(), store::Error> {
        if *self.broken.lock().unwrap() == Some(capability) {
            return Err(store::Error::new("use", name, "the service answered 503"));
        }
        Ok(())
    }

    /// The names that begin with a prefix.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let objects = self.objects.lock().unwrap();
        objects.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// The bytes of an object.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.objects.lock().unwrap().get(name).cloned()
    }

    /// Puts an object, whether or not it is there.
    pub fn set(&self, name: &str, bytes: &[u8]) {
        self.objects.lock().unwrap().insert(name.to_owned(), bytes.to_vec());
    }

    /// Puts the segment of a log that was delivered at a time.
    pub fn deliver(&self, name: &str, log: &str, delivered: i64) {
        let mut intake = Intake::new(Limits::default());
        let report = object::read(name, log.as_bytes(), &mut intake);
        intake.finish_source(report, Some(SourceId::of([name.as_bytes()])));
        let (name, tally) = (name.to_owned(), intake.into_tally());
        let segment = Segment { name, replaces: Vec::new(), tally };
        put_segment(self, &segment, delivered, &Privacy::default()).unwrap();
    }
}

impl PutIfAbsent for Store {
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> Result<Put, store::Error> {
        self.can(Capability::Put, name)?;
        let mut objects = self.objects.lock().unwrap();
        if objects.contains_key(name) {
            return Ok(Put::Present);
        }
        objects.insert(name.to_owned(), bytes.to_vec());
        Ok(Put::Created)
    }
}

impl List for Store {
    fn list(&self, prefix: &str, found: &mut dyn FnMut(String)) -> Result<(), store::Error> {
        self.can(Capability::List, prefix)?;
        self.names(prefix).into_iter().for_each(found);
        Ok(())
    }
}

impl Get for Store {
    fn get(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>, store::Error> {
        self.can(Capability::Get, name)?;
        let bytes = self.bytes(name);
        Ok(bytes.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
    }
}

impl Replace for Store {
    fn read(&self, name: &str) -> Result<Option<Versioned>, store::Error> {
        self.can(Capability::Get, name)?;
        let bytes = self.bytes(name);
        Ok(bytes.map(|bytes| Versioned { version: version(&bytes), bytes }))
    }

    fn replace(
        &self,
        name: &str,
        seen: Option<&Version>,
        bytes: &[u8],
    ) -> Result<Replaced, store::Error> {
        self.can(Capability::Replace, name)?;
        let mut objects = self.objects.lock().unwrap();
        if objects.get(name).map(|bytes| version(bytes)).as_ref() != seen {
            return Ok(Replaced::Changed);
        }
        objects.insert(name.to_owned(), bytes.to_vec());
        Ok(Replaced::Done(version(bytes)))
    }
}

fn version(bytes: &[u8]) -> Version {
    Version::new(SourceId::of([bytes]).to_string())
}

/// Metrics in memory.
#[derive(Debug, Default)]
pub struct Emitted(pub Mutex<Vec<Value>>);

impl Emit for Emitted {
    fn emit(&self, line: &str) {
        self.0.lock().unwrap().push(serde_json::from_str(line).unwrap());
    }
}

impl Emitted {
    /// The sum of a metric.
    pub fn sum(&self, name: &str) -> u64 {
        self.0.lock().unwrap().iter().filter_map(|line| line[name].as_u64()).sum()
    }

    /// The sum of a metric that goes up and down.
    pub fn balance(&self, name: &str) -> i64 {
        self.0.lock().unwrap().iter().filter_map(|line| line[name].as_i64()).sum()
    }

    /// How often a metric was emitted.
    pub fn count(&self, name: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.get(name).is_some()).count()
    }

    /// What a metric was emitted with last.
    pub fn last(&self, name: &str) -> Option<Value> {
        self.0.lock().unwrap().iter().rev().find_map(|line| line.get(name).cloned())
    }
}

//! `ingest`: log objects and log events in, one segment for each, and metrics.
//!
//! A source is dealt with when its segment is there, whoever put it. The order is: quarantine record
//! if one is due, segment, metrics. A crash between two of these is repaired by the next delivery,
//! except that metrics are emitted only by who created the segment, so at most once.

mod metrics;
mod own;
mod quarantine;
mod source;

use std::time::Instant;

use sigdrift_aws::metrics::Emit;
use sigdrift_aws::objects::ReadObject;
use sigdrift_telemetry::segment::Privacy;
use sigdrift_telemetry::store::{self, Put, PutIfAbsent};

use self::metrics::Delivery;
pub use self::own::Own;
use self::source::{Read, Reading};
use crate::batch::{BatchResponse, Outcome};
use crate::event::{self, Invocation, Task};

/// What became of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its segment was written.
    Written,
    /// Its segment was there.
    Present,
    /// It cannot be read, and why is kept under the quarantine prefix.
    Quarantined,
    /// Something else stood in the way; it has to be delivered again.
    Failed,
}

/// How an invocation ended.
#[derive(Debug)]
pub enum Answer {
    /// Messages of a queue: those to deliver again.
    Batch(BatchResponse),
    /// One event, dealt with.
    Done,
}

/// An invocation that has to be made again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It is unknown what the event asks for.
    #[error(transparent)]
    Event(#[from] event::Error),
    /// Some of what it asks for failed; the log says what and why.
    #[error("{failed} of {all} sources failed, each with its reason in the log")]
    Sources {
        /// How many failed.
        failed: usize,
        /// How many there were.
        all: usize,
    },
}

/// The function, with its ways to the outside.
#[derive(Debug)]
pub struct Ingest<Objects, Store, Metrics> {
    /// Reads log objects.
    pub objects: Objects,
    /// Keeps segments and quarantine records.
    pub store: Store,
    /// Takes metrics.
    pub metrics: Metrics,
    /// What segments hide.
    pub privacy: Privacy,
    /// Where it writes, and therefore reads nothing.
    pub own: Own,
}

impl<Objects: ReadObject, Store: PutIfAbsent, Metrics: Emit> Ingest<Objects, Store, Metrics> {
    /// Deals with an invocation that has to end before `deadline`. The time is in seconds since 1970.
    ///
    /// # Errors
    /// When the event has to be delivered again, and is none of a queue.
    pub fn invoke(&self, event: &str, now: i64, deadline: Instant) -> Result<Answer, Failure> {
        let invocation = event::read(event)?;
        if let Some(line) = metrics::received(self.sources(&invocation), now) {
            self.metrics.emit(&line);
        }
        let mut delivery = Delivery::default();
        let answer = match invocation {
            Invocation::Batch(messages) => {
                let mut outcomes = Vec::new();
                for message in &messages {
                    let outcome = match &message.tasks {
                        Ok(tasks) => self.all(tasks, now, deadline, &mut delivery).0,
                        Err(error) => {
                            tracing::error!(message = %message.id, %error, "message not understood");
                            Outcome::Failed
                        }
                    };
                    outcomes.push((message.id.as_str(), outcome));
                }
                Ok(Answer::Batch(BatchResponse::of(outcomes)))
            }
            Invocation::Single(tasks) => match self.all(&tasks, now, deadline, &mut delivery) {
                (Outcome::Done, _) => Ok(Answer::Done),
                (Outcome::Failed, failed) => Err(Failure::Sources { failed, all: tasks.len() }),
            },
        };
        if let Some(line) = delivery.line(now) {
            self.metrics.emit(&line);
        }
        answer
    }

    /// How many sources an invocation asks for.
    fn sources(&self, invocation: &Invocation) -> usize {
        let tasks: Vec<&Task> = match invocation {
            Invocation::Batch(messages) => messages
                .iter()
                .filter_map(|message| message.tasks.as_ref().ok())
                .flatten()
                .collect(),
            Invocation::Single(tasks) => tasks.iter().collect(),
        };
        tasks.into_iter().filter(|task| !self.own.wrote(task)).count()
    }

    /// Deals with what one message asks for. Also gives how much of it failed.
    fn all(
        &self,
        tasks: &[Task],
        now: i64,
        deadline: Instant,
        delivery: &mut Delivery,
    ) -> (Outcome, usize) {
        let mut failed = 0;
        for task in tasks {
            if self.own.wrote(task) {
                tracing::warn!(source = %source::name(task), "not read: it was written here");
                continue;
            }
            let is_first = delivery.is_empty();
            let fate = self.one(task, is_first, now, deadline).unwrap_or_else(|error| {
                tracing::error!(source = %source::name(task), %error, "source failed");
                Fate::Failed
            });
            delivery.count(fate);
            failed += usize::from(fate == Fate::Failed);
        }
        (if failed == 0 { Outcome::Done } else { Outcome::Failed }, failed)
    }

    fn one(
        &self,
        task: &Task,
        is_first: bool,
        now: i64,
        deadline: Instant,
    ) -> Result<Fate, store::Error> {
        let name = source::name(task);
        let Read { segment, delivered, reading } = source::read(task, &self.objects, now, deadline);
        let reading = match reading {
            // With the whole time for itself it would end no better the next time.
            Reading::OutOfTime if is_first => Reading::Hopeless(source::TOO_SLOW.to_owned()),
            reading => reading,
        };
        match &reading {
            Reading::OutOfTime => {
                tracing::warn!(source = %name, "no time left: delivered again by itself");
                return Ok(Fate::Failed);
            }
            Reading::Failed(reason) => {
                tracing::error!(source = %name, %reason, "source cannot be read now");
                return Ok(Fate::Failed);
            }
            Reading::Whole | Reading::Hopeless(_) => {}
        }
        let is_quarantined = quarantine::keep(
            &self.store,
            task,
            &segment,
            &reading,
            (now, delivered),
            &self.privacy,
        )?;
        if let Task::Deploy { marker, .. } = task {
            store::put_marker(&self.store, marker)?;
        }
        let put = if matches!(reading, Reading::Hopeless(_)) {
            // A replay may read it whole, and then what there is of it must not stand in the way.
            store::put_partial(&self.store, &segment, delivered, &self.privacy)?
        } else {
            store::put_segment(&self.store, &segment, delivered, &self.privacy)?
        };
        if put == Put::Created {
            for line in metrics::lines(&segment, now) {
                self.metrics.emit(&line);
            }
        }
        let fate = match (is_quarantined, put) {
            (true, _) => Fate::Quarantined,
            (false, Put::Created) => Fate::Written,
            (false, Put::Present) => Fate::Present,
        };
        tracing::info!(source = %name, segment = %segment.id(), ?fate, "source dealt with");
        Ok(fate)
    }
}

//! Sources read into one tally, several at once, until the invocation's time is over.

use std::collections::HashSet;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use sigdrift_aws::events::{FilterLogs, LogGroup, LookUpEvents, Span, TooOld, TrailAddress};
use sigdrift_aws::objects::{Address, ListObjects, Object, ReadObject};
use sigdrift_aws::{Brief, Source};
use sigdrift_telemetry::read::intake::Intake;
use sigdrift_telemetry::read::object;
use sigdrift_telemetry::source::Place;
use sigdrift_telemetry::tally::{Limits, Report, SourceId, Tally};

use super::Analyze;
use super::request::Wanted;
use crate::hurried::{End, Hurried};

/// What is said of what was not read to its end.
const OUT_OF_TIME: &str = "there was no time left to read it: ask for a shorter window or a longer prefix, or divide it with a Distributed Map";

/// What was read.
#[derive(Debug, Default)]
pub struct Collected {
    /// All of it.
    pub tally: Tally,
    /// How much a service gave.
    pub answered: usize,
    /// What a service did not give, with its reason.
    pub refused: Vec<String>,
}

/// A piece of work.
#[derive(Debug)]
enum Piece {
    Object(Object),
    Trail(TrailAddress, Span),
    Logs(LogGroup, Span),
}

impl Piece {
    fn name(&self) -> String {
        match self {
            Self::Object(object) => object.to_string(),
            Self::Trail(address, _) => address.to_string(),
            Self::Logs(group, _) => group.to_string(),
        }
    }
}

impl<Objects, Trail, Logs> Analyze<Objects, Trail, Logs>
where
    Objects: ListObjects + ReadObject + Sync,
    Trail: LookUpEvents + Sync,
    Logs: FilterLogs + Sync,
{
    /// Reads everything that is wanted. What could not be read stands in the tally's reports.
    pub(super) fn read(&self, wanted: &[Wanted], now: i64, deadline: Instant) -> Collected {
        let (sender, receiver) = sync_channel(self.threads);
        // Theirs alone: when none of them is left, nobody waits for one to take a piece.
        let receiver = Arc::new(Mutex::new(receiver));
        let (listed, read) = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads.max(1))
                .map(|_| {
                    let pieces = Arc::clone(&receiver);
                    scope.spawn(move || self.work(&pieces, deadline))
                })
                .collect();
            drop(receiver);
            let listed = self.list(wanted, &sender, now, deadline);
            // There is nothing more to come.
            drop(sender);
            let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
            let read: Vec<Collected> = joined
                .map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect();
            (listed, read)
        });
        let mut all = listed;
        for one in read {
            // No two pieces are of the same source.
            let merged = all.tally.merge(one.tally);
            debug_assert!(merged.is_ok());
            all.answered += one.answered;
            all.refused.extend(one.refused);
        }
        all
    }

    /// Gives out every piece of work, once.
    fn list(
        &self,
        wanted: &[Wanted],
        sender: &SyncSender<Piece>,
        now: i64,
        deadline: Instant,
    ) -> Collected {
        let mut all = Collected::default();
        let mut seen = HashSet::new();
        let mut events = HashSet::new();
        for wanted in wanted {
            let piece = match wanted {
                Wanted::All(Source::Objects(address), _) => {
                    self.list_objects(address, sender, deadline, &mut seen, &mut all);
                    continue;
                }
                Wanted::All(Source::Trail(address), Some(span)) => {
                    let is_held = span.is_held(now);
                    if let Err(too_old) = is_held {
                        all.tally.report(unreadable(address.to_string(), too_old));
                    }
                    if matches!(is_held, Err(TooOld { is_all: true, .. })) {
                        continue;
                    }
                    Piece::Trail(address.clone(), *span)
                }
                Wanted::All(Source::Logs(group), Some(span)) => Piece::Logs(group.clone(), *span),
                // Events are never asked for without a span.
                Wanted::All(..) => continue,
                Wanted::One(object) => {
                    if !seen.insert(object.source_id()) {
                        continue;
                    }
                    Piece::Object(object.clone())
                }
            };
            let is_new = matches!(piece, Piece::Object(_)) || events.insert(piece.name());
            // Who takes pieces goes on to the last one.
            if is_new && sender.send(piece).is_err() {
                break;
            }
        }
        all
    }

    fn list_objects(
        &self,
        address: &Address,
        sender: &SyncSender<Piece>,
        deadline: Instant,
        seen: &mut HashSet<SourceId>,
        all: &mut Collected,
    ) {
        let mut is_empty = true;
        for object in self.objects.list(address) {
            is_empty = false;
            let object = match object {
                Ok(object) => object,
                Err(error) => {
                    all.refused.push(error.to_string());
                    all.tally.report(unreadable(address.to_string(), error.reason()));
                    return;
                }
            };
            if Instant::now() >= deadline {
                // How much more there is, nobody counted.
                all.tally.report(unreadable(address.to_string(), OUT_OF_TIME));
                return;
            }
            if seen.insert(object.source_id()) && sender.send(Piece::Object(object)).is_err() {
                return;
            }
        }
        if is_empty {
            let reason = format!("there is no object under it: look with `aws s3 ls {address}`");
            all.tally.report(unreadable(address.to_string(), reason));
        }
    }

    /// Reads pieces until there are no more.
    fn work(&self, pieces: &Mutex<Receiver<Piece>>, deadline: Instant) -> Collected {
        let mut intake = Intake::new(Limits::default());
        let mut all = Collected::default();
        let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        while let Some(piece) = next() {
            let name = piece.name();
            let (report, end) = match &piece {
                _ if Instant::now() >= deadline => {
                    (unreadable(name.clone(), OUT_OF_TIME), End::OutOfTime)
                }
                Piece::Object(found) => match self.objects.open(found) {
                    Ok(body) => take(&name, body, &mut intake, deadline),
                    Err(error) => (unreadable(name.clone(), error.reason()), End::Broken),
                },
                Piece::Trail(address, span) => {
                    take(&name, self.trail.look_up(address, *span), &mut intake, deadline)
                }
                Piece::Logs(group, span) => {
                    take(&name, self.logs.filter(group, *span), &mut intake, deadline)
                }
            };
            if end == End::Broken && report.records == 0 {
                let reason = report.problems().next().map(|problem| problem.reason.as_str());
                all.refused.push(format!("cannot read {name}: {}", reason.unwrap_or_default()));
            } else {
                all.answered += 1;
            }
            let id = match &piece {
                Piece::Object(object) => Some(object.source_id()),
                Piece::Trail(..) | Piece::Logs(..) => None,
            };
            intake.finish_source(report, id);
        }
        all.tally = intake.into_tally();
        all
    }
}

fn take(name: &str, body: impl Read, intake: &mut Intake, deadline: Instant) -> (Report, End) {
    let mut body = Hurried::new(body, deadline, OUT_OF_TIME);
    let report = object::read(name, Brief(&mut body), intake);
    (report, body.end)
}

fn unreadable(name: String, reason: impl std::fmt::Display) -> Report {
    let mut report = Report::new(name);
    report.unreadable(Place::Whole, reason);
    report
}

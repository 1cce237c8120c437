//! What reading an object came to: how many records, and everything that could not be read.

use std::collections::BTreeSet;

use crate::redact::quotable;
use crate::source::{Place, SourceKind};

/// How many problems are named for each kind of log; all are counted.
const NAMED_PROBLEMS: usize = 50;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 300;

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The object, as the user names it.
    pub object: String,
    /// Where in it.
    pub place: Place,
    /// Why, and what to do where that is known.
    pub reason: String,
}

/// What reading one object, or a part of it, came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The object, as the user names it.
    pub object: String,
    /// The kind that its content shows; `None` when it is no log.
    pub kind: Option<SourceKind>,
    /// Records that were read.
    pub records: u64,
    /// Records that are recognised and left out on purpose.
    pub skipped: u64,
    /// Lines or records that could not be read.
    pub unreadable: u64,
    /// The first of them, by place.
    problems: BTreeSet<Problem>,
}

impl Report {
    /// A report on an object of which nothing was read yet.
    #[must_use]
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into(), ..Self::default() }
    }

    /// Counts and names something unreadable.
    pub fn unreadable(&mut self, place: Place, reason: impl std::fmt::Display) {
        self.unreadable += 1;
        if self.problems.len() >= NAMED_PROBLEMS
            && self.problems.last().is_some_and(|last| last.place <= place)
        {
            return;
        }
        let reason = quotable(&reason.to_string()).chars().take(LONGEST_REASON).collect();
        let object = self.object.clone();
        keep_first(&mut self.problems, Problem { object, place, reason });
    }

    /// The problems that are named, by place.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }

    /// Adds the report on the part of the object that follows, `lines` lines further down.
    pub fn append(&mut self, next: Self, lines: u64) {
        self.kind = self.kind.or(next.kind);
        self.records += next.records;
        self.skipped += next.skipped;
        self.unreadable += next.unreadable;
        for mut problem in next.problems {
            if let Place::Line(line) = &mut problem.place {
                *line += lines;
            }
            keep_first(&mut self.problems, problem);
        }
    }
}

fn keep_first(problems: &mut BTreeSet<Problem>, problem: Problem) {
    problems.insert(problem);
    if problems.len() > NAMED_PROBLEMS {
        problems.pop_last();
    }
}

/// What reading all objects of one kind came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindReport {
    /// Objects.
    pub objects: u64,
    /// Records, before any joining.
    pub records: u64,
    /// Records that are recognised and left out on purpose.
    pub skipped: u64,
    /// Lines, records or objects that could not be read.
    pub unreadable: u64,
    /// The first of them, by object and place.
    pub problems: BTreeSet<Problem>,
}

impl KindReport {
    /// Adds the report on one object.
    pub fn add(&mut self, report: Report) {
        self.objects += 1;
        self.records += report.records;
        self.skipped += report.skipped;
        self.unreadable += report.unreadable;
        for problem in report.problems {
            keep_first(&mut self.problems, problem);
        }
    }

    /// Adds the reports of another tally.
    pub fn merge(&mut self, other: Self) {
        self.objects += other.objects;
        self.records += other.records;
        self.skipped += other.skipped;
        self.unreadable += other.unreadable;
        for problem in other.problems {
            keep_first(&mut self.problems, problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_counted_and_the_first_are_named() {
        let mut report = Report::new("a.log");
        for line in (1..=200).rev() {
            report.unreadable(Place::Line(line), "cut");
        }
        assert_eq!((report.unreadable, report.problems.len()), (200, NAMED_PROBLEMS));
        assert_eq!(report.problems.last().unwrap().place, Place::Line(NAMED_PROBLEMS as u64));
    }

    #[test]
    fn lines_of_a_later_part_count_on() {
        let mut first = Report::new("a.log");
        let mut second = Report::new("a.log");
        second.unreadable(Place::Line(2), "cut");
        first.append(second, 10);
        assert_eq!(first.problems.first().unwrap().place, Place::Line(12));
    }
}

//! Objects in a text: JSON, and what looks like the members of an error.

use super::answer::{self, Notation};
use super::layout::{floor, line_of, line_start};
use super::piece::Kind;
use super::scan::{MAX_DEPTH, Pass};
use super::trigger::{self, Trigger};
use super::{escape, json_body, members};

/// Bytes in which the members of one error stand.
const WINDOW: usize = 256 * 1024;
/// Members of one error are not further apart.
const APART: usize = 1_500;

/// Members of one error at most.
const LARGEST: usize = 64;

impl Pass<'_, '_> {
    /// Objects around triggers: one a line, or one over several lines.
    pub(super) fn json(&mut self, found: &[(usize, Trigger)]) {
        let (mut tried, mut braces) = (0, Braces::default());
        for (at, trigger) in found {
            if matches!(trigger, Trigger::Method(_)) || self.is_taken(*at) {
                continue;
            }
            for start in braces.before(self.text, *at) {
                if start < tried {
                    continue;
                }
                tried = tried.max(start + 1);
                let line = line_of(&self.text[start..]).len();
                if !self.scan.spend(line) {
                    return;
                }
                let Some((value, end)) = self.value_at(start) else { continue };
                if end <= *at || !self.scan.spend(end - start) {
                    continue;
                }
                tried = end;
                let before = self.scan.pieces.len();
                self.json_value(start, &value);
                if self.scan.pieces.len() > before {
                    self.take(start, end);
                }
                break;
            }
        }
    }

    /// The object that begins here, in a literal too.
    fn value_at(&self, start: usize) -> Option<(serde_json::Value, usize)> {
        let inner = self.text[start + 1..].trim_start();
        let backslashes = inner.bytes().take_while(|&byte| byte == b'\\').count();
        if backslashes == 0 {
            return json_body::value(self.text, start);
        }
        let line = line_of(&self.text[start..]);
        let plain = escape::unescape_levels(line, escape::levels_of(backslashes));
        let (value, _) = json_body::value(&plain, 0)?;
        Some((value, start + line.len()))
    }

    fn json_value(&mut self, at: usize, value: &serde_json::Value) {
        let mut problems = Vec::new();
        for told in json_body::told(value, &mut problems) {
            match told {
                json_body::Told::Case(case) => self.push(at, Kind::Answer(case)),
                json_body::Told::Request(request) => {
                    self.push(at, Kind::Request(Box::new(request), true));
                }
                json_body::Told::Text(name, text) if self.depth < MAX_DEPTH => {
                    let is_telling = trigger::is_in(&text);
                    if is_telling && self.scan.spend(text.len()) {
                        // The member's name is the text's label.
                        let labelled = format!("{name}:\n{text}");
                        let place = self.place.unwrap_or(at);
                        self.scan.read(&labelled, Some(place), self.depth + 1);
                    }
                }
                json_body::Told::Text(..) => {}
            }
        }
        self.scan.problems.append(&mut problems);
    }

    /// Lists of members around what only errors have.
    pub(super) fn members(&mut self, found: &[(usize, Trigger)]) {
        let mut end_of_last = 0;
        for (at, trigger) in found {
            let is_wanted = matches!(trigger, Trigger::Member | Trigger::Code);
            if !is_wanted || *at < end_of_last || self.is_taken(*at) {
                continue;
            }
            let mut start = at.saturating_sub(4 * 1024).max(end_of_last);
            while !self.text.is_char_boundary(start) {
                start += 1;
            }
            let window = floor(&self.text[start..], WINDOW);
            end_of_last = self.groups(start, *at, window).max(at + 1);
            if !self.spend(end_of_last - start) {
                return;
            }
        }
    }

    /// Members that follow each other closely are of one error; gives where the one around `at` ends.
    fn groups(&mut self, start: usize, at: usize, window: &str) -> usize {
        let mut group: Vec<members::Member> = Vec::new();
        let mut members = members::members(window);
        members.until = at - start + APART;
        while let Some(member) = members.next() {
            let is_far = start + member.at > at + APART && !self.is_around(&group, start, at);
            if is_far {
                break;
            }
            if self.is_taken(start + member.at) {
                continue;
            }
            let is_next = group.last().is_none_or(|last| {
                member.at.saturating_sub(last.end) < APART
                    && group.len() < LARGEST
                    && group.iter().all(|known| {
                        known.name != member.name
                            || known.value == member.value
                            || answer::meaning(&known.name) == Some(answer::Meaning::Detail)
                    })
            });
            if !is_next {
                if self.is_around(&group, start, at) {
                    break;
                }
                group.clear();
            }
            members.until = members.until.max(member.end + APART);
            group.push(member);
        }
        if !self.is_around(&group, start, at) {
            return at + 1;
        }
        let elements: Vec<(String, String)> =
            group.iter().map(|member| (member.name.clone(), member.value.clone())).collect();
        let (first, last) = (group[0].at + start, group[group.len() - 1].end + start);
        let is_error = elements.iter().any(|(name, _)| {
            use answer::Meaning::{CanonicalBytes, Code, Message, Signature, ToSignBytes};
            let meaning = answer::meaning(name);
            matches!(meaning, Some(CanonicalBytes | Code | Message | Signature | ToSignBytes))
        });
        if !is_error {
            return last;
        }
        let Some(case) = answer::case(&elements, Notation::Members, &mut self.scan.problems) else {
            return last;
        };
        for member in &group {
            self.take(start + member.at, start + member.end);
        }
        self.push(first, Kind::Answer(Box::new(case)));
        last
    }

    fn is_around(&self, group: &[members::Member], start: usize, at: usize) -> bool {
        let ends = group.first().zip(group.last());
        ends.is_some_and(|(first, last)| first.at + start <= at && at < last.end + start)
    }
}

/// Looks for where objects begin, from trigger to trigger; nothing is looked at twice.
#[derive(Default)]
struct Braces {
    /// Up to here everything was looked at.
    searched: usize,
    /// Where the line of the last trigger begins.
    line: usize,
}

impl Braces {
    /// Where an object that holds `at` may begin: the braces of its line before it, or a line above
    /// that begins with one.
    fn before(&mut self, text: &str, at: usize) -> Vec<usize> {
        let bytes = text.as_bytes();
        let above = self.searched;
        let newline = memchr::memrchr(b'\n', &bytes[above..at]).map(|end| above + end + 1);
        self.line = newline.unwrap_or(self.line);
        self.searched = at;
        let from = self.line.max(above);
        let braces = (from..at).filter(|&at| b"{[".contains(&bytes[at]) && may_open(bytes, at));
        let mut starts: Vec<usize> = braces.take(3).collect();
        if starts.is_empty() && newline.is_some() {
            let mut below = self.line;
            for _ in 0..200 {
                if below <= above {
                    break;
                }
                let begin = line_start(text, below - 1);
                if b"{[".contains(&bytes[begin]) && may_open(bytes, begin) {
                    starts.push(begin);
                    break;
                }
                below = begin;
            }
        }
        starts
    }
}

/// Whether what follows a brace may be the inside of an object.
fn may_open(bytes: &[u8], at: usize) -> bool {
    let after = bytes[at + 1..].iter().take(256).find(|byte| !byte.is_ascii_whitespace());
    after.is_some_and(|byte| b"\"{[\\".contains(byte))
}

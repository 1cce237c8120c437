//! Pages that are asked for one after the other, read as one stream of bytes.

use std::io::{self, Read};
use std::thread;
use std::time::{Duration, Instant};

use super::{Error, Reason};

/// A page: its lines, each with its line end, and what asks for the next page.
#[derive(Debug)]
pub(super) struct Page {
    pub lines: Vec<u8>,
    pub next: Option<String>,
}

/// What comes after the bytes at hand.
#[derive(Debug)]
enum Next {
    First,
    /// The page that this token asks for.
    Page(String),
    /// The page that was read just now.
    SamePage,
    End,
}

/// The bytes of all pages. `ask` asks for one, by the token that the page before gave.
#[derive(Debug)]
pub(super) struct Pages<Ask> {
    ask: Ask,
    place: String,
    /// How long to wait at least between two requests.
    pause: Duration,
    asked: Option<Instant>,
    next: Next,
    lines: Vec<u8>,
    position: usize,
}

impl<Ask: FnMut(Option<&str>) -> Result<Page, Reason>> Pages<Ask> {
    pub(super) fn new(place: String, pause: Duration, ask: Ask) -> Self {
        Self { ask, place, pause, asked: None, next: Next::First, lines: Vec::new(), position: 0 }
    }

    /// Asks for the next page. After an error there is none.
    fn advance(&mut self) -> Result<(), Reason> {
        let token = match std::mem::replace(&mut self.next, Next::End) {
            Next::First => None,
            Next::Page(token) => Some(token),
            Next::SamePage => return Err(Reason::SamePage),
            Next::End => return Ok(()),
        };
        if let Some(asked) = self.asked {
            thread::sleep(self.pause.saturating_sub(asked.elapsed()));
        }
        self.asked = Some(Instant::now());
        let page = (self.ask)(token.as_deref())?;
        (self.lines, self.position) = (page.lines, 0);
        if let Some(next) = page.next.filter(|next| !next.is_empty()) {
            self.next = match token.as_ref() == Some(&next) {
                true => Next::SamePage,
                false => Next::Page(next),
            };
            // There may be many pages in a row with nothing on them, and whoever reads has a clock.
            if self.lines.is_empty() {
                self.lines.push(b'\n');
            }
        }
        Ok(())
    }
}

impl<Ask: FnMut(Option<&str>) -> Result<Page, Reason>> Read for Pages<Ask> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.lines.len() && !buffer.is_empty() {
            self.lines = Vec::new();
            self.position = 0;
            self.advance()
                .map_err(|reason| io::Error::other(Error { place: self.place.clone(), reason }))?;
        }
        let left = &self.lines[self.position..];
        let length = buffer.len().min(left.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.position += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(
        all: &'static [(&'static str, Option<&'static str>)],
    ) -> Pages<impl FnMut(Option<&str>) -> Result<Page, Reason>> {
        let mut all = all.iter();
        let mut expected: Option<&str> = None;
        Pages::new("there".to_owned(), Duration::ZERO, move |token| {
            assert_eq!(token, expected);
            let (lines, next) = all.next().expect("no page was announced");
            expected = *next;
            Ok(Page { lines: lines.as_bytes().to_vec(), next: next.map(str::to_owned) })
        })
    }

    fn whole(mut pages: impl Read) -> io::Result<String> {
        let mut text = String::new();
        pages.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn pages_follow_one_another_and_an_empty_one_is_a_blank_line() {
        let all = &[("1\n2\n", Some("a")), ("", Some("b")), ("3\n", None)];
        assert_eq!(whole(pages(all)).unwrap(), "1\n2\n\n3\n");
        assert_eq!(whole(pages(&[("", None)])).unwrap(), "");
        assert_eq!(whole(pages(&[("1\n", Some(""))])).unwrap(), "1\n");
    }

    #[test]
    fn a_page_that_leads_to_itself_is_the_last() {
        let mut pages = pages(&[("1\n", Some("a")), ("2\n", Some("a"))]);
        let mut read = Vec::new();
        let error = pages.read_to_end(&mut read).unwrap_err();
        assert_eq!(read, b"1\n2\n");
        assert!(error.to_string().contains("the same page again and again"), "{error}");
        assert_eq!(whole(pages).unwrap(), "", "after an error there is nothing");
    }

    #[test]
    fn requests_are_apart() {
        let start = Instant::now();
        let mut left = 3;
        let ask = |_: Option<&str>| {
            left -= 1;
            Ok(Page { lines: vec![b'\n'], next: (left > 0).then(|| left.to_string()) })
        };
        whole(Pages::new(String::new(), Duration::from_millis(20), ask)).unwrap();
        assert!(start.elapsed() >= Duration::from_millis(40));
    }
}

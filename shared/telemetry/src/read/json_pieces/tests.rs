//! Pieces of JSON streams: shapes, bounds and recovery.

mod agreement;

use super::window::BLOCK;
use super::*;

/// A reader that gives its bytes in portions of the given sizes, over and over.
struct Portions<'a> {
    bytes: &'a [u8],
    sizes: Vec<usize>,
    turn: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len());
        self.turn += 1;
        self.bytes.read(&mut buffer[..size])
    }
}

/// An item with its text owned.
#[derive(Clone, Debug, PartialEq)]
enum Out {
    Value(String, Place),
    Rest(String),
    Problem(Problem),
}

fn read(reader: impl Read, limits: Limits) -> io::Result<Vec<Out>> {
    let mut pieces = Pieces::new(reader, limits);
    let mut found = Vec::new();
    while let Some(item) = pieces.next()? {
        found.push(match item {
            Item::Value(piece) => Out::Value(piece.text.to_owned(), piece.place),
            Item::Rest(piece) => Out::Rest(piece.text.to_owned()),
            Item::Problem(problem) => Out::Problem(problem),
        });
    }
    assert!(pieces.next()?.is_none());
    Ok(found)
}

fn all(bytes: &[u8], sizes: &[usize]) -> Vec<Out> {
    read(Portions { bytes, sizes: sizes.to_vec(), turn: 0 }, Limits::default()).unwrap()
}

/// The items in short: a value is its text and place, a problem its place and fault.
fn told(bytes: &[u8]) -> Vec<String> {
    let whole = all(bytes, &[usize::MAX]);
    assert_eq!(whole, all(bytes, &[1]), "one byte at a time");
    let tell = |out: &Out| match out {
        Out::Value(text, place) => format!("{text} @ {place}"),
        Out::Rest(text) => format!("rest {text}"),
        Out::Problem(problem) => format!("{} @ {}", problem.fault, problem.place),
    };
    whole.iter().map(tell).collect()
}

#[test]
fn values_come_whole_and_elements_one_by_one() {
    for (text, expected) in [
        ("", vec![]),
        (" \n ", vec![]),
        (
            "{\"a\":1}{\"b\":[2]}\n3",
            vec!["{\"a\":1} @ line 1", "{\"b\":[2]} @ line 1", "3 @ line 2"],
        ),
        ("\u{feff}{\"a\":1}\r\n\r\n\"x\"", vec!["{\"a\":1} @ line 1", "\"x\" @ line 3"]),
        ("{\"Records\":[]}", vec![]),
        (
            "{ \"Records\" : [ {\"a\":1} , 2 ] }",
            vec!["{\"a\":1} @ record 1 (byte 16)", "2 @ record 2 (byte 26)"],
        ),
        (
            "[\n{\"a\":1}\n,[2]\n]",
            vec!["{\"a\":1} @ record 1 (byte 2)", "[2] @ record 2 (byte 11)"],
        ),
        (
            "{\"level\":\"x\",\"events\":[1],\"b\":{\"Records\":[2]}}",
            vec![
                "1 @ record 1 (byte 23)",
                "rest {\"level\":\"x\",\"events\":[],\"b\":{\"Records\":[2]}}",
            ],
        ),
        (
            "{\"Records\":[1],\"Events\":[2]}",
            vec!["1 @ record 1 (byte 12)", "2 @ record 1 (byte 25)"],
        ),
        ("{\"Records\":{\"a\":1}}", vec!["{\"Records\":{\"a\":1}} @ line 1"]),
    ] {
        assert_eq!(told(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn half_a_line_is_one_problem_and_the_rest_is_read() {
    for (text, expected) in [
        (
            "{\"a\":1}\n{\"a\":\"x\n{\"a\":3}\n",
            vec![
                "{\"a\":1} @ line 1",
                "a line ends inside a JSON string @ line 2",
                "{\"a\":3} @ line 3",
            ],
        ),
        (
            "{\"a\":1,\n{\"b\":2}\n{\"c\":3}",
            vec!["byte 0x7b is not JSON here @ line 1", "{\"b\":2} @ line 2", "{\"c\":3} @ line 3"],
        ),
        (
            "{\"a\":\n{\"b\":2}\n{\"c\":3}",
            vec!["byte 0x7b is not JSON here @ line 1", "{\"b\":2} @ line 2", "{\"c\":3} @ line 3"],
        ),
        ("{\"a\":{\n{\"b\":2}", vec!["byte 0x7b is not JSON here @ line 1", "{\"b\":2} @ line 2"]),
        (
            "{\"a\":1}}\n{\"b\":2}",
            vec!["{\"a\":1} @ line 1", "byte 0x7d is not JSON here @ line 1", "{\"b\":2} @ line 2"],
        ),
        (
            "{\"a\":1}\n{\"a\":[2",
            vec!["{\"a\":1} @ line 1", "the input ends inside a JSON value @ line 2"],
        ),
        (
            "{\"a\":\n{\"b\":2}\n",
            vec!["the input ends inside a JSON value @ line 1", "{\"b\":2} @ line 2"],
        ),
        (
            "\0\0\0{\"a\":1}\n{\"b\":1}",
            vec!["byte 0x00 is not JSON here @ line 1", "{\"b\":1} @ line 2"],
        ),
        (
            "{\"a\":1}{\"a\":tru}{\"a\":3}",
            vec![
                "{\"a\":1} @ line 1",
                "not a JSON literal or number @ line 1",
                "{\"a\":3} @ line 1",
            ],
        ),
        (
            "{\"Records\":[{\"a\":1},{\"a\n{\"Records\":[{\"a\":3}]}",
            vec![
                "{\"a\":1} @ record 1 (byte 12)",
                "a line ends inside a JSON string @ record 2 (byte 20)",
                "{\"a\":3} @ record 1 (byte 36)",
            ],
        ),
    ] {
        assert_eq!(told(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn a_damaged_element_does_not_take_the_next_ones_along() {
    let good = r#"{"v":"1","r":[{"t":1},{"t":2}]}"#;
    for (damaged, fault) in [
        (r#"{"v":"1","r":[{"t":1},{"t":2}]"#, "byte 0x7b is not JSON here"),
        (r#"{"v":"1,"r":[{"t":1},{"t":2}]}"#, "byte 0x72 is not JSON here"),
        (r#"{"v":"1","r":[{"t":1},{"t":2}}"#, "byte 0x7d is not JSON here"),
        (r#"{"v":"1","r":[{"t":1},"t":2}]}"#, "byte 0x3a is not JSON here"),
        (r#"x"v":"1","r":[{"t":1},{"t":2}]}"#, "byte 0x78 is not JSON here"),
        ("garbage", "byte 0x67 is not JSON here"),
    ] {
        let text = format!("{{\"Records\":[{good},{damaged},{good}]}}");
        let place = |at: usize, index| format!("record {index} (byte {at})");
        let (second, third) = (13 + good.len(), 14 + good.len() + damaged.len());
        let expected = [
            format!("{good} @ {}", place(12, 1)),
            format!("{fault} @ {}", place(second, 2)),
            format!("{good} @ {}", place(third, 3)),
        ];
        assert_eq!(told(text.as_bytes()), expected, "{damaged}");
    }
}

#[test]
fn a_cut_end_gives_the_whole_elements_and_one_problem() {
    let text = r#"{"Records":[{"v":1},{"v":2},{"v":3}]}"#;
    for cut in 1..text.len() {
        let found = told(&text.as_bytes()[..cut]);
        let whole = text[..cut].matches("}").count().min(3);
        assert_eq!(found.len(), whole + 1, "{cut}: {found:?}");
        assert!(!found[whole].starts_with('{'), "{cut}: {found:?}");
    }
}

#[test]
fn bytes_that_are_no_text_cost_their_own_piece_only() {
    for bad in [b"\0".as_slice(), b"\xff", b"\x1b"] {
        let text = [b"[{\"v\":\"1\"},{\"v\":\"", bad, b"\"},{\"v\":\"3\"}]"].concat();
        let found = all(&text, &[3]);
        assert!(matches!(&found[0], Out::Value(text, _) if text == "{\"v\":\"1\"}"));
        assert!(matches!(&found[1], Out::Problem(problem) if problem.skipped == 9));
        assert!(matches!(&found[2], Out::Value(text, _) if text == "{\"v\":\"3\"}"));
        assert_eq!(found.len(), 3);
    }
}

#[test]
fn what_is_too_long_is_named_and_not_kept() {
    let limits = Limits { value: 50, element: 20, depth: 4 };
    let long = format!("{{\"v\":\"{}\"}}", "x".repeat(300_000));
    let text = format!("{{\"Records\":[{{\"v\":1}},{long},{{\"v\":3}}]}}\n{long}\n{{\"v\":4}}");
    let mut pieces = Pieces::new(text.as_bytes(), limits);
    let mut told = Vec::new();
    while let Some(item) = pieces.next().unwrap() {
        told.push(match item {
            Item::Value(piece) => format!("{} @ {}", piece.text, piece.place),
            Item::Rest(piece) => piece.text.to_owned(),
            Item::Problem(problem) => {
                assert_eq!(problem.skipped, long.len() as u64);
                format!("{} @ {}", problem.fault, problem.place)
            }
        });
    }
    assert_eq!(
        told,
        [
            "{\"v\":1} @ record 1 (byte 12)",
            "longer than 20 bytes @ record 2 (byte 20)",
            "{\"v\":3} @ record 3 (byte 300029)",
            "longer than 50 bytes @ line 2",
            "{\"v\":4} @ line 3",
        ]
    );
    assert!(pieces.window.size() <= 2 * BLOCK, "{}", pieces.window.size());
    let deep = read(&b"[{\"v\":[[[[1]]]]},{\"v\":2}]"[..], limits).unwrap();
    assert!(matches!(&deep[0], Out::Problem(problem) if problem.fault == Fault::TooDeep));
    assert!(matches!(&deep[1], Out::Value(text, _) if text == "{\"v\":2}"));
}

#[test]
fn memory_is_that_of_one_piece_in_a_long_document() {
    struct Document {
        part: &'static [u8],
        more: u32,
    }
    impl Read for Document {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.part.is_empty() && self.more > 0 {
                self.more -= 1;
                self.part = b",{\"v\":\"a piece of a document that is long\"}";
                if self.more == 0 {
                    self.part = b"]}";
                }
            }
            self.part.read(buffer)
        }
    }
    let document = Document { part: b"{\"Records\":[{\"v\":0}", more: 400_000 };
    let mut pieces = Pieces::new(document, Limits::default());
    let mut values = 0;
    while let Some(item) = pieces.next().unwrap() {
        assert!(matches!(item, Item::Value(_)));
        values += 1;
    }
    assert_eq!(values, 400_000);
    assert!(pieces.window.size() <= 2 * BLOCK);
}

#[test]
fn a_failing_reader_is_named_after_the_pieces_before_it() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "cut")),
                read => Ok(read),
            }
        }
    }
    let mut pieces = Pieces::new(Failing(b"{\"Records\":[{\"v\":1},{\"v\""), Limits::default());
    assert!(matches!(pieces.next(), Ok(Some(Item::Value(_)))));
    assert_eq!(pieces.next().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert!(matches!(pieces.next(), Ok(None)));
}

#[test]
fn an_empty_file_of_records_shows_its_kind() {
    let mut pieces = Pieces::new(&b"{\"Records\":[]}"[..], Limits::default());
    assert!(pieces.next().unwrap().is_none());
    assert_eq!(pieces.streamed(), Some("Records"));
}

#[test]
fn hostile_input_is_read_in_linear_time() {
    for unit in [
        "{\"a\":[",
        "{\"a\":{\n",
        "[{",
        "{\"a\":1},",
        "}{\"",
        "\"",
        "{\"a\":\n",
        "{ ",
        "{\"Records\":[",
        "{\"Records\" ",
    ] {
        let text = unit.repeat(200_000 / unit.len());
        let started = std::time::Instant::now();
        _ = all(text.as_bytes(), &[4096]);
        assert!(started.elapsed().as_secs() < 20, "{unit}");
    }
}

//! How much of a text is kept.

/// Bytes of a canonical request or string to sign.
pub(super) const CANONICAL: usize = 64 * 1024;
/// Bytes of a message or a URL.
pub(super) const MESSAGE: usize = 4 * 1024;
/// Bytes of any other text.
pub(super) const SHORT: usize = 1024;
/// Bytes of the lines that follow the first of an event.
pub(super) const EVENT: usize = 512 * 1024;
/// Lines of an event.
pub(super) const EVENT_LINES: u64 = 2_000;
/// Bytes of a line that are read.
pub(super) const LINE: usize = 4 * 1024 * 1024;
/// Lines over which a construct that was begun (a body, a canonical request) is waited for.
pub(super) const OPEN_LINES: u64 = 500;
/// Errors taken from one event or record.
pub(super) const FINDINGS: usize = 16;
/// Levels of JSON inside JSON strings, and of members, that are searched.
pub(super) const DEPTH: usize = 12;
/// Occurrences of codes looked at in one event.
pub(super) const OCCURRENCES: usize = 1024;
/// Errors that a later print of the same failure is compared with.
pub(super) const RECENT: usize = 64;
/// Lines after which a failure is given out, complete or not.
pub(super) const SETTLED_LINES: u64 = 256;
/// Lines within which two prints without a request id may be of one failure.
pub(super) const NEAR_LINES: u64 = 40;
/// Lines for which a request as sent is remembered.
pub(super) const SENT_LINES: u64 = 400;
/// Lines within which the body follows the headers of an answer.
pub(super) const ANSWER_LINES: u64 = 5;
/// Lines for which the time of the last dated line stands for those without one.
pub(super) const DATED_LINES: u64 = 200;

//! Readers: objects in, requests and changes out. What an object is shows its content.
//!
//! [`object`] decompresses an object and looks at its first bytes. S3 access logs go to their own
//! reader, block by block; everything else is cut into lines or JSON values, and each of those goes
//! to the reader that its content calls for (`values`).

pub mod application_log;
pub mod blocks;
pub mod captured_error;
pub mod cloudtrail;
mod cloudtrail_records;
pub mod context;
pub mod decompress;
pub mod intake;
mod json;
pub mod json_members;
pub mod json_outline;
pub mod json_pieces;
mod json_resume;
pub mod json_scan;
pub mod json_shape;
pub mod json_tokens;
mod lines;
pub mod log_envelope;
pub mod object;
pub mod s3_access_log;
pub mod s3_access_log_json;
mod shapes;
pub mod signed_for;
pub mod sniff;
pub mod texts_explained;
mod values;

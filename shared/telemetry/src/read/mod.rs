//! x
pub mod blocks;
pub mod decompress;
pub mod intake;
pub mod s3_access_log;

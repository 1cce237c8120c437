//! What there is to know about an AWS request signature without asking AWS.
//!
//! This crate is pure: it knows no network, no clock and no environment. It names the parts that a
//! log or an error body shows of a signed request ([`CredentialScope`], [`Presigned`], the
//! [`Endpoint`] behind a host name), makes and verifies signatures ([`signer`], [`verifier`]), reads
//! uploads by POST policy ([`post`]) and the retired version 2 ([`version_2`]), knows
//! which error codes and service messages are signature failures ([`failure`], [`message`]), holds
//! the catalogue of causes with what each confidence may claim ([`cause`]), and checks a signing
//! configuration before anything is sent ([`check`]).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod authorization;
pub mod canonical_request;
pub mod case;
pub mod cause;
pub mod check;
pub mod difference;
pub mod evidence;
pub mod explain;
pub mod failure;
pub mod host;
pub mod http;
pub mod message;
pub mod partition;
pub mod post;
pub mod presigned;
pub mod redact;
pub mod risk;
pub mod scope;
pub mod secret;
pub mod signer;
pub mod signing_name;
pub mod string_to_sign;
pub mod uri;
pub mod verifier;
pub mod version_2;

pub use authorization::Authorization;
pub use canonical_request::CanonicalRequest;
pub use cause::{Cause, CauseId, Confidence, Evidence, EvidenceKind};
pub use host::{Endpoint, EndpointKind};
pub use http::HttpRequest;
pub use post::PostForm;
pub use presigned::Presigned;
pub use scope::{CredentialScope, Scope};
pub use secret::{Secret, Signature, SigningKey};
pub use string_to_sign::StringToSign;
pub use version_2::Version2;

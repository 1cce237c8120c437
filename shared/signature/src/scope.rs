//! The credential scope: `AKIA…/20260415/eu-west-1/s3/aws4_request`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

/// A credential: the access key id and the scope that its signature is bound to.
///
/// The region is absent in a SigV4A scope, which names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialScope<'a> {
    /// The access key id as sent.
    pub access_key_id: &'a str,
    /// The day, `YYYYMMDD`.
    pub date: &'a str,
    /// The region that was signed for.
    pub region: Option<&'a str>,
    /// The service that was signed for.
    pub service: &'a str,
    /// The terminator, `aws4_request`.
    pub terminator: &'a str,
}

/// The scope of a signature of version 4, without the key id: `20260415/eu-west-1/s3/aws4_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// The day, `YYYYMMDD`.
    pub date: &'a str,
    /// The region that is signed for.
    pub region: &'a str,
    /// The service that is signed for.
    pub service: &'a str,
    /// The terminator, `aws4_request`.
    pub terminator: &'a str,
}

/// What ends a scope.
pub const TERMINATOR: &str = "aws4_request";

impl<'a> Scope<'a> {
    /// A scope with the usual terminator.
    #[must_use]
    pub const fn new(date: &'a str, region: &'a str, service: &'a str) -> Self {
        Self { date, region, service, terminator: TERMINATOR }
    }

    /// Reads the four parts, as they stand; `None` when there are fewer or more.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        let (date, region) = (parts.next()?, parts.next()?);
        let (service, terminator) = (parts.next()?, parts.next()?);
        parts.next().is_none().then_some(Self { date, region, service, terminator })
    }

    /// The scope as a string to sign and a credential write it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}/{}/{}/{}", self.date, self.region, self.service, self.terminator)
    }
}

/// Why a credential cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a credential has five parts `KEY/DATE/REGION/SERVICE/aws4_request`, this one has {parts}")]
pub struct ScopeError {
    parts: usize,
}

impl<'a> CredentialScope<'a> {
    /// The scope, if it is one of version 4.
    #[must_use]
    pub fn scope(&self) -> Option<Scope<'a>> {
        let Self { date, region, service, terminator, .. } = *self;
        Some(Scope { date, region: region?, service, terminator })
    }

    /// The scope as a string to sign writes it, without a region in version 4A.
    #[must_use]
    pub fn scope_text(&self) -> String {
        let Self { date, service, terminator, .. } = *self;
        match self.scope() {
            Some(scope) => scope.text(),
            None => format!("{date}/{service}/{terminator}"),
        }
    }

    /// Reads a credential, already percent-decoded. An access key id may contain slashes (some
    /// S3-compatible servers allow it), so the parts are counted from the end.
    ///
    /// # Errors
    /// When it has fewer than five parts, or four that are not a SigV4A scope.
    pub fn parse(credential: &'a str) -> Result<Self, ScopeError> {
        let parts = credential.split('/').count();
        let mut from_end = credential.rsplitn(5, '/');
        let mut next = || from_end.next();
        let (Some(terminator), Some(service), Some(third)) = (next(), next(), next()) else {
            return Err(ScopeError { parts });
        };
        match (next(), next()) {
            (Some(date), Some(access_key_id)) if !is_day(third) => {
                Ok(Self { access_key_id, date, region: Some(third), service, terminator })
            }
            (Some(key_end), rest) if is_day(third) => {
                let end = rest.map_or(0, |rest| rest.len() + 1) + key_end.len();
                Ok(Self {
                    access_key_id: &credential[..end],
                    date: third,
                    region: None,
                    service,
                    terminator,
                })
            }
            _ => Err(ScopeError { parts }),
        }
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_five_parts() {
        let scope =
            CredentialScope::parse("AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request").unwrap();
        assert_eq!(scope.access_key_id, "AKIDEXAMPLE");
        assert_eq!(
            (scope.date, scope.region, scope.service),
            ("20150830", Some("us-east-1"), "iam")
        );
        assert_eq!(scope.terminator, "aws4_request");
    }

    #[test]
    fn a_sigv4a_scope_names_no_region() {
        let scope = CredentialScope::parse("AKIDEXAMPLE/20150830/s3/aws4_request").unwrap();
        assert_eq!(
            (scope.access_key_id, scope.region, scope.date),
            ("AKIDEXAMPLE", None, "20150830")
        );
    }

    #[test]
    fn a_key_id_may_hold_slashes() {
        let scope = CredentialScope::parse("team/a/20150830/eu-west-1/s3/aws4_request").unwrap();
        assert_eq!(scope.access_key_id, "team/a");
        let scope = CredentialScope::parse("team/a/20150830/s3/aws4_request").unwrap();
        assert_eq!((scope.access_key_id, scope.region), ("team/a", None));
    }

    #[test]
    fn says_how_many_parts_it_found() {
        let error = CredentialScope::parse("AKIDEXAMPLE/20150830").unwrap_err();
        assert!(error.to_string().ends_with("this one has 2"));
        assert!(CredentialScope::parse("AKIDEXAMPLE/us-east-1/s3/aws4_request").is_err());
    }
}

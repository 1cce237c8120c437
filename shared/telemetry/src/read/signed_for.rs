//! Which region and which host a request was signed for, from the texts that were signed.

/// The region in the credential scope of a string to sign.
#[must_use]
pub fn signed_region(string_to_sign: &str) -> Option<&str> {
    let scope = string_to_sign.lines().nth(2)?.trim();
    let mut parts = scope.split('/');
    let (_date, region, _service, terminator) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (terminator == "aws4_request" && parts.next().is_none() && !region.is_empty()).then_some(region)
}

/// The value of the host header in a canonical request.
#[must_use]
pub fn signed_host(canonical_request: &str) -> Option<&str> {
    canonical_request.lines().find_map(|line| line.strip_prefix("host:")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_tell_region_and_host() {
        let scoped = |scope: &str| format!("AWS4-HMAC-SHA256\n20260415T074200Z\n{scope}\naa");
        assert_eq!(signed_region(&scoped("20260415/eu-west-1/s3/aws4_request")), Some("eu-west-1"));
        assert_eq!(signed_region(&scoped("20260415/s3/aws4_request")), None);
        let request = "PUT\n/k\n\nhost:b.example\n\nhost\nUNSIGNED-PAYLOAD";
        assert_eq!(signed_host(request), Some("b.example"));
    }
}

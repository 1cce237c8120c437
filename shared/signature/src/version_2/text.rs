//! A string to sign of S3's REST forms of version 2, taken apart.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>

/// The parts of a string to sign. Header values may be session tokens: it cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RestText<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// `Content-MD5`, empty where the request has none.
    pub content_md5: &'a str,
    /// `Content-Type`, empty where the request has none.
    pub content_type: &'a str,
    /// The date, the end of a URL's life in seconds, or nothing beside an `x-amz-date`.
    pub date: &'a str,
    /// The headers that begin with `x-amz-`, as they stand.
    pub headers: Vec<(&'a str, &'a str)>,
    /// Bucket, path and sub-resources.
    pub resource: &'a str,
}

/// Why a text is no string to sign of version 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the string to sign: {expected} expected")]
pub struct RestTextError {
    line: usize,
    expected: &'static str,
}

impl<'a> RestText<'a> {
    /// Takes a string to sign apart. Line ends may be CRLF; what follows the resource is an error.
    ///
    /// # Errors
    /// When a line is missing or is not what stands there; the error names the line.
    pub fn parse(text: &'a str) -> Result<Self, RestTextError> {
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let mut read = 0;
        let mut next = |expected: &'static str| {
            read += 1;
            lines.next().ok_or(RestTextError { line: read, expected })
        };
        let method = next("a method")?;
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(RestTextError { line: 1, expected: "a method" });
        }
        let content_md5 = next("a Content-MD5 or nothing")?;
        let content_type = next("a Content-Type or nothing")?;
        let date = next("a date or nothing")?;
        let mut headers = Vec::new();
        let resource = loop {
            let line = next("an x-amz header or a resource")?;
            if line.starts_with('/') {
                break line;
            }
            let header = line.split_once(':').filter(|(name, _)| name.starts_with("x-amz-"));
            headers.push(header.ok_or(RestTextError {
                line: 5 + headers.len(),
                expected: "a header `x-amz-…:value` or a resource `/…`",
            })?);
        };
        if lines.any(|line| !line.trim().is_empty()) {
            return Err(RestTextError { line: 6 + headers.len(), expected: "its end" });
        }
        Ok(Self { method, content_md5, content_type, date, headers, resource })
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n{}\n",
            self.method, self.content_md5, self.content_type, self.date
        );
        for (name, value) in &self.headers {
            text.push_str(name);
            text.push(':');
            text.push_str(value);
            text.push('\n');
        }
        text.push_str(self.resource);
        text
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "PUT\nM\nimage/png\nD\nx-amz-acl:private\nx-amz-meta-a:b:c\n/b/k?acl";

    #[test]
    fn takes_the_lines_apart() {
        let Ok(read) = RestText::parse(TEXT) else { panic!() };
        assert_eq!(
            (read.method, read.content_type, read.resource),
            ("PUT", "image/png", "/b/k?acl")
        );
        assert_eq!(read.header("x-amz-meta-a"), Some("b:c"));
        assert_eq!(read.text(), TEXT);
    }

    #[test]
    fn says_where_it_is_none() {
        let told = |text: &str| RestText::parse(text).err().unwrap().to_string();
        assert_eq!(told("AWS4-HMAC-SHA256\n"), "line 1 of the string to sign: a method expected");
        assert_eq!(told("GET\n\n"), "line 4 of the string to sign: a date or nothing expected");
        assert_eq!(
            told("GET\n/\n\nhost:b\n\nhost\nUNSIGNED-PAYLOAD"),
            "line 5 of the string to sign: a header `x-amz-…:value` or a resource `/…` expected"
        );
        assert_eq!(told("GET\n\n\nD\n/b\nmore"), "line 6 of the string to sign: its end expected");
    }
}

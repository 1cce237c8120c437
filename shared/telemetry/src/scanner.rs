//! Internet scanners, by the name that they give themselves and by what they ask for.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Names of internet scanners, in lower case, as they present themselves.
const SCANNERS: &[&str] = &[
    "zgrab",
    "masscan",
    "nmap",
    "nuclei",
    "nikto",
    "sqlmap",
    "wpscan",
    "gobuster",
    "dirbuster",
    "feroxbuster",
    "censysinspect",
    "expanse",
    "internet-measurement",
    "l9explore",
    "leakix",
    "shodan",
    "s3scanner",
    "bucket_finder",
    "cloud_enum",
    "trufflehog",
    "odin.io",
    "netcraftsurvey",
];

/// Whether a user agent names a known internet scanner.
#[must_use]
pub fn is_scanner(user_agent: &str) -> bool {
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| finder(SCANNERS));
    FINDER.as_ref().is_some_and(|finder| finder.is_match(user_agent))
}

/// Finds any of these words, without regard to case.
fn finder(words: &[&str]) -> Option<AhoCorasick> {
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
}

/// What scanners ask for, as a part of the path in lower case.
const PROBES: &[&str] = &[
    "/.env",
    "/.git/",
    "/.aws/",
    "/.ssh/",
    "/.htpasswd",
    "/id_rsa",
    "/wp-login",
    "/wp-admin",
    "/wp-config",
    "/phpinfo",
    "/phpmyadmin",
    "/dump.sql",
    "/backup.sql",
    "/db.sql",
    "/database.sql",
    "/backup.zip",
    "/backup.tar",
    "/credentials.csv",
    "/config.php",
    "/server-status",
    "/actuator/",
    "/cgi-bin/",
];

/// Whether a target is one that scanners probe for.
#[must_use]
pub fn is_probe(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    let start = path.get(..path.len().min(256)).unwrap_or(path);
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| finder(PROBES));
    FINDER.as_ref().is_some_and(|finder| finder.is_match(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanners_are_known_by_name_and_by_target() {
        assert!(is_scanner("Mozilla/5.0 zgrab/0.x") && !is_scanner("curl/8.1"));
        assert!(is_probe("/b/.env?x=1") && is_probe("/Dump.SQL"));
        assert!(!is_probe("/orders/environment.json?next=/.env"));
    }

    #[test]
    fn every_word_is_found_in_any_case_and_anywhere() {
        for name in SCANNERS {
            assert!(is_scanner(name) && is_scanner(&format!("x/{}.1", name.to_uppercase())));
        }
        for probe in PROBES {
            assert!(is_probe(probe) && is_probe(&format!("/b{}1", probe.to_uppercase())));
        }
    }
}

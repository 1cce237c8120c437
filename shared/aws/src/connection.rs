//! How AWS is reached: profile, region, endpoint, and how patiently.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_types::service_config::ServiceConfigKey;
use tokio::runtime::{Builder, Runtime};

use crate::http;

/// How often a request is tried: the SDK waits up to 1, 2, 4 and 8 seconds in between.
const ATTEMPTS: u32 = 5;
/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an answer may take to begin.
const FIRST_BYTE: Duration = Duration::from_secs(30);
/// How long a request may take until its answer begins, with all its attempts.
const OPERATION: Duration = Duration::from_secs(120);
/// How long a body may stand still before its connection counts as broken.
const STANDSTILL: Duration = Duration::from_secs(20);
/// The region of a server that is not AWS's, where no region is set.
const REGION_ELSEWHERE: &str = "us-east-1";

/// What the user said about how to reach AWS. What is not said comes from the environment and the
/// shared configuration files, as with the AWS CLI.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The profile of the shared configuration files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The URL of a server to ask instead of AWS's own.
    pub endpoint_url: Option<String>,
}

/// Why AWS cannot even be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No region is known.
    #[error(
        "no AWS region is set{}: pass --region, set AWS_REGION, or run `aws configure set region \
         REGION{}`",
        in_profile(profile, " in the profile "),
        in_profile(profile, " --profile ")
    )]
    NoRegion {
        /// The profile that was asked for.
        profile: Option<String>,
    },
    /// The endpoint is no URL.
    #[error("the endpoint `{0}` is no URL: it must begin with http:// or https://")]
    Endpoint(String),
    /// The runtime that waits for the network cannot be made.
    #[error("cannot start the threads that wait for the network: {0}")]
    Runtime(#[source] io::Error),
}

fn in_profile(profile: &Option<String>, before: &str) -> String {
    profile.as_ref().map(|name| format!("{before}{name}")).unwrap_or_default()
}

/// A way to reach AWS. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) sdk: SdkConfig,
    pub(crate) profile: Option<String>,
    /// Whether the server is another than AWS's own.
    pub(crate) is_elsewhere: bool,
}

impl Connection {
    /// Reads the configuration. Nothing is sent yet, except to find out the region on a machine of
    /// AWS's that has none configured.
    ///
    /// # Errors
    /// When no region is known, or the endpoint is no URL.
    pub fn open(settings: &Settings) -> Result<Self, ConnectionError> {
        if let Some(url) = settings.endpoint_url.as_deref().filter(|url| !is_url(url)) {
            return Err(ConnectionError::Endpoint(url.to_owned()));
        }
        // One thread is enough: the bytes are looked at by the threads that read.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sigdrift-aws")
            .enable_all()
            .build()
            .map_err(ConnectionError::Runtime)?;
        let mut sdk = runtime.block_on(configuration(settings));
        let is_elsewhere = names_endpoint(&sdk);
        if sdk.region().is_none() {
            if !is_elsewhere {
                let profile = settings.profile.clone();
                return Err(ConnectionError::NoRegion { profile });
            }
            sdk = sdk.into_builder().region(Region::from_static(REGION_ELSEWHERE)).build();
        }
        let profile = settings.profile.clone();
        Ok(Self { runtime: Arc::new(runtime), sdk, profile, is_elsewhere })
    }

    /// The region that requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        self.sdk.region().map_or(REGION_ELSEWHERE, Region::as_ref)
    }
}

async fn configuration(settings: &Settings) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(FIRST_BYTE)
        .operation_timeout(OPERATION)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http::client())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled().grace_period(STANDSTILL).build(),
        );
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// Whether an endpoint is named, for all services or for S3, by the user or the configuration.
fn names_endpoint(sdk: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let for_s3 = || sdk.service_config()?.load_config(key.ok()?);
    sdk.endpoint_url().is_some() || for_s3().is_some()
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_must_be_a_url() {
        for good in ["http://127.0.0.1:5566", "https://s3.example/", "http://[::1]:9000"] {
            assert!(is_url(good), "{good}");
        }
        for bad in ["", "127.0.0.1:5566", "ftp://a", "http://", "http:// a", "https:///x"] {
            let settings = Settings { endpoint_url: Some(bad.to_owned()), ..Settings::default() };
            let error = Connection::open(&settings).unwrap_err().to_string();
            assert!(error.contains("must begin with http"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_missing_region_says_how_to_set_it() {
        let told = ConnectionError::NoRegion { profile: Some("prod".to_owned()) }.to_string();
        assert!(told.contains("aws configure set region REGION --profile prod"), "{told}");
        let told = ConnectionError::NoRegion { profile: None }.to_string();
        assert!(told.ends_with("set region REGION`"), "{told}");
    }
}

//! Who takes part in the day: apps with their buckets, keys, versions and clients. All made up.

use crate::random::Random;

/// Characters of key and request ids.
pub const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Characters of host ids and tokens.
pub const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// How many objects each app has.
pub const OBJECTS_PER_APP: usize = 6_000;
/// Addresses that browsers and phones come from (198.18.0.0/15 is set aside for benchmarks).
pub const PUBLIC_ADDRESSES: usize = 6_000;

const ACCOUNT: &str = "111122223333";
const REGIONS: [&str; 5] =
    ["eu-west-1", "us-east-1", "eu-central-1", "ap-southeast-2", "us-west-2"];
/// Name of an app, its SDK, and what its objects are called.
const APPS: [(&str, Sdk, &str, &str); 10] = [
    ("checkout", Sdk::Boto3, "orders", "pdf"),
    ("media-upload", Sdk::JavaScript, "uploads/original", "jpg"),
    ("thumbnailer", Sdk::Go, "derived/640x480", "webp"),
    ("reporting", Sdk::Java, "exports/daily", "parquet"),
    ("search-index", Sdk::Java, "segments", "bin"),
    ("mobile-sync", Sdk::Kotlin, "profiles", "json"),
    ("backup", Sdk::Rust, "snapshots/full", "tar.zst"),
    ("mail-archive", Sdk::Boto3, "messages", "eml"),
    ("ledger", Sdk::JavaScript, "entries", "jsonl"),
    ("model-store", Sdk::Go, "checkpoints", "safetensors"),
];
const BUCKET_USES: [&str; 4] = ["primary", "archive", "staging", "public-assets"];

#[derive(Clone, Copy, Debug)]
enum Sdk {
    Boto3,
    JavaScript,
    Java,
    Kotlin,
    Go,
    Rust,
}

/// A bucket and the name it is reached by.
#[derive(Debug)]
pub struct Bucket {
    pub name: String,
    pub host: String,
    pub website_host: String,
    pub region: &'static str,
    /// What stands before the key in the path: empty, or `/bucket` for path-style requests.
    pub path_prefix: String,
}

/// An access key that presigned URLs are made with.
#[derive(Debug)]
pub struct Key {
    pub id: String,
    /// The `X-Amz-Security-Token` values of its sessions, percent-encoded; none for a long-term key.
    pub tokens: Vec<String>,
}

/// A version of an app.
#[derive(Debug)]
pub struct Version {
    /// When it replaces the one before, as a share of the day.
    pub from: f64,
    /// The user agents that its instances send.
    pub agents: Vec<String>,
}

/// A program that uses its own buckets.
#[derive(Debug)]
pub struct App {
    pub buckets: Vec<Bucket>,
    pub keys: Vec<Key>,
    pub versions: Vec<Version>,
    pub requester: String,
    pub folder: &'static str,
    pub suffix: &'static str,
}

/// Everyone.
#[derive(Debug)]
pub struct Cast {
    pub owner: String,
    pub apps: Vec<App>,
    pub browsers: Vec<String>,
    pub tools: Vec<String>,
}

impl Cast {
    /// The same for the same seed, whatever the size of the log.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut owner = Vec::new();
        random.text(&mut owner, b"0123456789abcdef0123456789abcdef", 64);
        Self {
            owner: String::from_utf8(owner).unwrap_or_default(),
            apps: (0..APPS.len()).map(|number| app(&mut random, number)).collect(),
            browsers: browsers(),
            tools: tools(),
        }
    }
}

fn app(random: &mut Random, number: usize) -> App {
    let (name, sdk, folder, suffix) = APPS[number];
    App {
        buckets: (0..BUCKET_USES.len()).map(|use_| bucket(number, use_)).collect(),
        keys: (0..6).map(|key_number| key(random, key_number)).collect(),
        versions: (0..3).map(|step| version(random, (name, sdk), number, step)).collect(),
        requester: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}-service/{name}-task"),
        folder,
        suffix,
    }
}

fn bucket(app: usize, use_: usize) -> Bucket {
    let name = format!("{}-{}", APPS[app].0, BUCKET_USES[use_]);
    // An app lives in one region and keeps its archive in another.
    let region = REGIONS[(app + usize::from(use_ == 1)) % REGIONS.len()];
    let path_style = (app, use_) == (3, 2);
    let global = region == "us-east-1" && use_ == 1;
    let host = match (path_style, global) {
        (true, _) => format!("s3.{region}.amazonaws.com"),
        (false, true) => format!("{name}.s3.amazonaws.com"),
        (false, false) => format!("{name}.s3.{region}.amazonaws.com"),
    };
    Bucket {
        website_host: format!("{name}.s3-website-{region}.amazonaws.com"),
        path_prefix: if path_style { format!("/{name}") } else { String::new() },
        name,
        host,
        region,
    }
}

fn key(random: &mut Random, number: usize) -> Key {
    let temporary = number >= 4;
    let mut id = if temporary { b"ASIA".to_vec() } else { b"AKIA".to_vec() };
    random.text(&mut id, BASE32, 16);
    let sessions = if temporary { 4 } else { 0 };
    Key {
        id: String::from_utf8(id).unwrap_or_default(),
        tokens: (0..sessions).map(|_| token(random)).collect(),
    }
}

fn token(random: &mut Random) -> String {
    let length = 420 + random.below(240);
    let mut raw = Vec::new();
    random.text(&mut raw, BASE64, length);
    let encoded = raw.iter().map(|byte| match byte {
        b'+' => "%2B".to_owned(),
        b'/' => "%2F".to_owned(),
        other => char::from(*other).to_string(),
    });
    encoded.chain(["%3D%3D".to_owned()]).collect()
}

fn version(random: &mut Random, (name, sdk): (&str, Sdk), app: usize, step: usize) -> Version {
    // Deploys: between 8 and 10 o'clock, then between 14 and 16 o'clock.
    let from = match step {
        0 => 0.0,
        1 => (8.0 + app as f64 * 0.2) / 24.0,
        _ => (14.0 + app as f64 * 0.2) / 24.0,
    };
    let id = match app % 3 {
        0 => format!("{name}-2026.04.{}", 13 + step),
        1 => format!("{name}-v2.{}.{}", 30 + app, step),
        _ => {
            let mut commit = Vec::new();
            random.text(&mut commit, b"0123456789abcdef0123456789abcdef", 7);
            format!("{name}-{}", String::from_utf8(commit).unwrap_or_default())
        }
    };
    Version { from, agents: (0..8).map(|host| agent(sdk, host, step, &id)).collect() }
}

/// What instance `host` of an app sends; an update of the app updates its SDK too.
fn agent(sdk: Sdk, host: usize, step: usize, id: &str) -> String {
    let kernel = 150 + host / 2;
    let mode = ["standard", "legacy"][host % 2];
    match sdk {
        Sdk::Boto3 => format!(
            "Boto3/1.43.{0} md/Botocore#1.43.{0} ua/2.1 os/linux#6.1.{kernel}-197.305.amzn2023.x86_64 md/arch#x86_64 \
             lang/python#3.12.{host} md/pyimpl#CPython exec-env/AWS_ECS_FARGATE m/D,Z,b,e cfg/retry-mode#{mode} app/{id} Botocore/1.43.{0}",
            90 + step
        ),
        Sdk::JavaScript => format!(
            "aws-sdk-js/3.9{step}7.0 ua/2.1 os/linux#5.10.{kernel} lang/js md/nodejs#22.{host}.0 api/s3#3.9{step}7.0 \
             exec-env/AWS_Lambda_nodejs22.x m/E,N,n,U app/{id}"
        ),
        Sdk::Java => format!(
            "aws-sdk-java/2.4{step}.11 md/io#async md/http#AwsCommonRuntime ua/2.1 api/S3#2.4{step}.x os/Linux#6.1.{kernel} \
             lang/java#21.0.{host} md/OpenJDK_64-Bit_Server_VM#21.0.{host}+7-LTS md/vendor#Amazon.com_Inc. md/en_US app/{id} m/D,F,U"
        ),
        Sdk::Kotlin => format!(
            "aws-sdk-kotlin/1.6.{step}0 ua/2.1 api/s3#1.6.{step}0 os/android#1{host} lang/kotlin#2.2.{step} app/{id}"
        ),
        Sdk::Go => format!(
            "aws-sdk-go-v2/1.4{step}.1 ua/2.1 os/linux lang/go#1.26.{host} md/GOOS#linux md/GOARCH#arm64 \
             api/s3#1.9{step}.0 app/{id} ft/s3-transfer m/E,G,Z,g"
        ),
        Sdk::Rust => format!(
            "aws-sdk-rust/1.3.{step} ua/2.1 api/s3/1.11{step}.0 os/linux lang/rust/1.9{host}.0 m/E,b,Z app/{id}"
        ),
    }
}

fn browsers() -> Vec<String> {
    let systems = [
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
        "Linux; Android 10; K",
    ];
    let chrome = (120..146).flat_map(|release| {
        systems.map(|system| {
            format!("Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{release}.0.0.0 Safari/537.36")
        })
    });
    let safari = (14..20).map(|release| {
        format!("Mozilla/5.0 (iPhone; CPU iPhone OS {release}_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{release}.2 Mobile/15E148 Safari/604.1")
    });
    // Quotes inside a quoted field are not escaped in these logs.
    let odd = ["curl/8.14.1", "Wget/1.21.4", "\"User Agent\""].map(str::to_owned);
    chrome.chain(safari).chain(odd).collect()
}

fn tools() -> Vec<String> {
    let cli = (0..12).map(|n| {
        format!("aws-cli/2.3{n}.11 md/awscrt#0.31.2 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.{n} md/pyimpl#CPython m/b,E,W,G,Z cfg/retry-mode#standard md/installer#exe md/command#s3.sync")
    });
    let others = [
        "rclone/v1.71.2",
        "AWSConfig",
        "aws-internal/3",
        "S3Console/0.4",
        "Jakarta Commons-HttpClient/3.0",
    ];
    cli.chain(others.map(str::to_owned)).collect()
}

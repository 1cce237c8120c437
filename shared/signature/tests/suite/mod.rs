//! The official test suite of Signature Versions 4 and 4A, read as data. It ships inside the `aws-sigv4`
//! crate and comes from <https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite>.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// One folder of the suite.
pub struct Vector {
    folder: PathBuf,
    context: Option<Value>,
}

/// Where the suite of a version, `v4` or `v4a`, lies: cargo knows where it unpacked the crate.
fn root(version: &str) -> PathBuf {
    let cargo = |arguments: &[&str]| {
        let answer = Command::new(env!("CARGO")).args(arguments).output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap()
    };
    // Packages for other platforms have not been fetched.
    let told = cargo(&["-vV"]);
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let format = ["metadata", "--format-version", "1", "--offline", "--filter-platform", host];
    let metadata = cargo(&[&format[..], &["--manifest-path", manifest]].concat());
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let signer = packages.iter().find(|package| package["name"] == "aws-sigv4").unwrap();
    let manifest = PathBuf::from(signer["manifest_path"].as_str().unwrap());
    manifest.with_file_name("aws-signing-test-suite").join(version)
}

/// Every folder of version 4, in the order of their names.
pub fn vectors() -> Vec<Vector> {
    vectors_of("v4")
}

/// Every folder of a version, in the order of their names.
pub fn vectors_of(version: &str) -> Vec<Vector> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root(version)).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let context = |folder: &PathBuf| {
        let text = fs::read_to_string(folder.join("context.json")).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    };
    folders.into_iter().map(|folder| Vector { context: context(&folder), folder }).collect()
}

impl Vector {
    /// The name of the folder.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// Whether it says with what it is signed.
    pub fn has_context(&self) -> bool {
        self.context.is_some()
    }

    /// A value of the context, by its JSON pointer.
    fn told(&self, pointer: &str) -> Option<&Value> {
        self.context.as_ref().unwrap().pointer(pointer)
    }

    /// A text of the context.
    pub fn text(&self, pointer: &str) -> &str {
        self.told(pointer).unwrap().as_str().unwrap()
    }

    /// A switch of the context; one that is not there is off.
    pub fn is(&self, pointer: &str) -> bool {
        self.told(pointer).is_some_and(|value| value.as_bool().unwrap())
    }

    /// The session token, if it is signed with temporary credentials.
    pub fn token(&self) -> Option<&str> {
        self.told("/credentials/token").map(|token| token.as_str().unwrap())
    }

    /// How long a presigned URL lives, in seconds.
    pub fn expires(&self) -> u64 {
        self.told("/expiration_in_seconds").unwrap().as_u64().unwrap()
    }

    /// The bytes of a file of the folder, if it has it.
    pub fn file(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join(name)).ok()
    }

    /// A file that holds a text to compare: it may end in a line end that is not part of it.
    pub fn artefact(&self, name: &str) -> String {
        let bytes = self.file(name).unwrap_or_else(|| panic!("{}: no {name}", self.name()));
        String::from_utf8(bytes).unwrap().trim_end_matches('\n').to_owned()
    }
}

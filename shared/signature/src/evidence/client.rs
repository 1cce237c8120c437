//! Which client made a request, told by its user agent or by what only its log says.

/// A client and how it is recognised.
struct Client {
    name: &'static str,
    /// Whether AWS writes it: its signer is used by everybody, so that a bug in it is unlikely.
    is_official: bool,
    /// What its user agent begins with, in lower case.
    agents: &'static [&'static str],
    /// What stands in its logs.
    marks: &'static [&'static str],
}

const fn client(
    name: &'static str,
    is_official: bool,
    agents: &'static [&'static str],
    marks: &'static [&'static str],
) -> Client {
    Client { name, is_official, agents, marks }
}

/// The more telling come first: the AWS CLI logs botocore's lines too.
const CLIENTS: &[Client] = &[
    client("s3cmd", false, &["s3cmd"], &["signature-v4 headers:", "DEBUG: ErrorXML:", "s3cmd"]),
    client("rclone", false, &["rclone"], &["rclone", "HTTP REQUEST (req 0x"]),
    client("awscurl", false, &[], &["awscurl", "CANONICAL REQUEST = "]),
    client(
        "curl",
        false,
        &["curl"],
        &["aws_sigv4: ", "Server auth using AWS_SIGV4", "--aws-sigv4"],
    ),
    client("s5cmd", false, &["s5cmd"], &[]),
    client("minio-go", false, &["minio-go"], &["minio-go", "minio.ErrorResponse"]),
    client("minio-py", false, &["minio-py"], &["minio.error.", "minio/api.py"]),
    client("minio-js", false, &["minio-js"], &["node_modules/minio/"]),
    client("boto", false, &["boto/2."], &["boto: DEBUG:", "boto.s3", "S3ResponseError"]),
    client("aws-cli", true, &["aws-cli"], &["awscli.", "aws-cli/", "/awscli/"]),
    client("boto3", true, &["boto3"], &["boto3", "Boto3/"]),
    client("botocore", true, &["botocore", "aiobotocore"], &["botocore"]),
    client(
        "aws-sdk-js",
        true,
        &["aws-sdk-js", "aws-sdk-nodejs"],
        &["@aws-sdk/", "aws-sdk-js/", "node_modules/aws-sdk/"],
    ),
    client(
        "aws-sdk-go",
        true,
        &["aws-sdk-go"],
        &["---[ CANONICAL STRING", "aws-sdk-go", "https response error StatusCode:"],
    ),
    client(
        "aws-sdk-java",
        true,
        &["aws-sdk-java"],
        &["AWS4 Canonical Request", "software.amazon.awssdk", "com.amazonaws.", "aws-sdk-java"],
    ),
    client(
        "aws-sdk-rust",
        true,
        &["aws-sdk-rust"],
        &["aws_sigv4::", "aws_runtime::", "aws-sdk-rust", "aws_smithy_"],
    ),
    client("aws-sdk-php", true, &["aws-sdk-php"], &["Aws\\S3\\", "aws-sdk-php", "Aws\\\\"]),
    client("aws-sdk-ruby", true, &["aws-sdk-ruby"], &["Aws::S3::", "aws-sdk-core", "Aws::Errors"]),
    client(
        "aws-sdk-dotnet",
        true,
        &["aws-sdk-dotnet", "aws-sdk-net"],
        &["Amazon.Runtime", "aws-sdk-dotnet"],
    ),
    client("aws-sdk-cpp", true, &["aws-sdk-cpp"], &["aws-sdk-cpp", "Aws::Client"]),
    client("aws-sdk-swift", true, &["aws-sdk-swift"], &["aws-sdk-swift"]),
    client("aws-sdk-kotlin", true, &["aws-sdk-kotlin"], &["aws-sdk-kotlin"]),
    client("aws-crt", true, &["aws-crt"], &["AuthSigning", "Successfully built canonical request"]),
    client("aws4", false, &[], &["node_modules/aws4/", "RequestSigner", "aws4.sign"]),
    client("aws4fetch", false, &[], &["aws4fetch", "AwsV4Signer"]),
    client("requests-aws4auth", false, &[], &["requests_aws4auth", "AWS4Auth"]),
    client("aws-sigv4-proxy", false, &[], &["aws-sigv4-proxy", "Initial request dump:"]),
    client("opendal", false, &["opendal"], &["opendal"]),
    client("python-requests", false, &["python-requests", "python-urllib"], &[]),
];

/// Whether AWS writes a client.
#[must_use]
pub fn is_official(name: &str) -> bool {
    CLIENTS.iter().any(|client| client.is_official && client.name == name)
}

/// The client behind a user agent: a word of the table, or else its product's name.
#[must_use]
pub(super) fn of_user_agent(agent: &str) -> Option<String> {
    let lower = agent.trim().to_ascii_lowercase();
    let words = || lower.split([' ', ',']);
    let known = CLIENTS.iter().find(|client| {
        client
            .agents
            .iter()
            .any(|start| lower.starts_with(start) || words().any(|word| word.starts_with(start)))
    });
    if let Some(client) = known {
        return Some(client.name.to_owned());
    }
    let product = agent.trim().split(['/', ' ']).next().unwrap_or_default();
    let is_name = (1..=40).contains(&product.len())
        && product.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    is_name.then(|| product.to_owned())
}

/// The marks of all clients, with the clients' numbers in the table.
pub(super) fn marks() -> impl Iterator<Item = (&'static str, usize)> {
    CLIENTS
        .iter()
        .enumerate()
        .flat_map(|(number, client)| client.marks.iter().map(move |mark| (*mark, number)))
}

/// The name of a client of the table.
#[must_use]
pub(super) fn name(number: usize) -> Option<&'static str> {
    CLIENTS.get(number).map(|client| client.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_name_their_client() {
        for (agent, name) in [
            ("Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 Botocore/1.43.11", "boto3"),
            ("aws-cli/2.34.11 md/awscrt#0.31.2 ua/2.1 botocore/1.2", "aws-cli"),
            ("rclone/v1.75.2", "rclone"),
            ("aws-sdk-go-v2/1.2 os/linux", "aws-sdk-go"),
            ("curl/7.88.1", "curl"),
            ("MyApp/1.0", "MyApp"),
        ] {
            assert_eq!(of_user_agent(agent).as_deref(), Some(name));
        }
        assert!(is_official("boto3") && is_official("aws-cli") && !is_official("s3cmd"));
        assert_eq!(of_user_agent(""), None);
    }
}

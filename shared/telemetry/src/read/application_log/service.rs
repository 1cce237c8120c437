//! Services as clients name them, and which protocol family answers with which error code.

/// The signing name in lower case of a service as a client prints it: `Amazon S3` is `s3`.
pub(super) fn signing_name(printed: &str) -> Option<String> {
    let plain: String = printed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if plain.is_empty() || plain == "null" || plain == "none" {
        return None;
    }
    let known = |name: &str| NAMES.iter().find(|(n, _)| *n == name).map(|row| row.1.to_owned());
    let bare = ["amazon", "aws"].iter().find_map(|brand| plain.strip_prefix(brand));
    let bare = bare.filter(|bare| !bare.is_empty()).unwrap_or(&plain);
    known(&plain).or_else(|| known(bare)).or_else(|| Some(bare.to_owned()))
}

/// The signing name of the one service that has this operation.
pub(super) fn of_operation(operation: &str) -> Option<&'static str> {
    OPERATIONS.iter().find(|(_, operations)| operations.contains(&operation)).map(|row| row.0)
}

/// Whether the service answers as S3 does or in the query protocol, with codes that do not end in
/// `Exception`. The others answer in JSON.
pub(super) fn has_plain_codes(service: &str) -> bool {
    PLAIN_CODES.contains(&service)
}

const PLAIN_CODES: &[&str] = &[
    "s3",
    "s3-outposts",
    "s3-object-lambda",
    "s3express",
    "sts",
    "iam",
    "sns",
    "ses",
    "autoscaling",
    "elasticloadbalancing",
    "cloudformation",
    "rds",
    "redshift",
    "elasticache",
    "elasticbeanstalk",
    "monitoring",
];

/// Names without brand, spaces and case that are not the signing name itself.
const NAMES: &[(&str, &str)] = &[
    ("simplestorageservice", "s3"),
    ("s3control", "s3"),
    ("securitytokenservice", "sts"),
    ("securitytoken", "sts"),
    ("dynamodbv2", "dynamodb"),
    ("dynamodbstreams", "dynamodb"),
    ("simplesystemsmanagement", "ssm"),
    ("simpleemailservice", "ses"),
    ("simpleemailservicev2", "ses"),
    ("sesv2", "ses"),
    ("identitymanagement", "iam"),
    ("cloudwatch", "monitoring"),
    ("cloudwatchlogs", "logs"),
    ("cloudwatchevents", "events"),
    ("eventbridge", "events"),
    ("stepfunctions", "states"),
    ("sfn", "states"),
    ("kinesisfirehose", "firehose"),
    ("elasticsearch", "es"),
    ("elasticsearchservice", "es"),
    ("opensearch", "es"),
    ("elasticloadbalancingv2", "elasticloadbalancing"),
    ("cognitoidentityprovider", "cognito-idp"),
    ("cognitoidentity", "cognito-identity"),
    ("bedrockruntime", "bedrock"),
    ("simpleworkflow", "swf"),
];

const OPERATIONS: &[(&str, &[&str])] = &[
    (
        "s3",
        &[
            "PutObject",
            "GetObject",
            "HeadObject",
            "DeleteObject",
            "DeleteObjects",
            "CopyObject",
            "ListObjects",
            "ListObjectsV2",
            "ListObjectVersions",
            "ListBuckets",
            "HeadBucket",
            "CreateBucket",
            "GetBucketLocation",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPartCopy",
            "CompleteMultipartUpload",
            "AbortMultipartUpload",
            "ListParts",
            "ListMultipartUploads",
        ],
    ),
    ("sts", &["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken"]),
    ("dynamodb", &["GetItem", "PutItem", "BatchGetItem", "BatchWriteItem", "TransactWriteItems"]),
    ("sqs", &["SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage"]),
    ("secretsmanager", &["GetSecretValue"]),
    ("ssm", &["GetParameter", "GetParameters", "GetParametersByPath"]),
    ("logs", &["PutLogEvents", "CreateLogStream", "FilterLogEvents"]),
    ("monitoring", &["PutMetricData"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_get_their_signing_name() {
        for (printed, name) in [
            ("Amazon S3", "s3"),
            ("S3", "s3"),
            ("AWSSecurityTokenService", "sts"),
            ("AmazonDynamoDBv2", "dynamodb"),
            ("DynamoDb", "dynamodb"),
            ("Secrets Manager", "secretsmanager"),
            ("AmazonSQS", "sqs"),
            ("SFN", "states"),
        ] {
            assert_eq!(signing_name(printed).as_deref(), Some(name), "{printed}");
        }
        assert_eq!(signing_name("null"), None);
    }
}

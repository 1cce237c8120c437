//! For which service name an endpoint has to be signed, where that is not the name in its host.
//!
//! From the service models of botocore: `signingName` where it is not the `endpointPrefix`.

/// The service label of a host name, and the names that may be signed for there.
const NAMES: &[(&str, &[&str])] = &[
    ("agent-registry-control", &["agent-registry"]),
    ("agreement-marketplace", &["aws-marketplace"]),
    ("appconfigdata", &["appconfig"]),
    ("appstream2", &["appstream"]),
    ("appsync-api", &["appsync"]),
    ("bedrock-agent", &["bedrock"]),
    ("bedrock-agent-runtime", &["bedrock"]),
    ("bedrock-agentcore-control", &["bedrock-agentcore"]),
    ("bedrock-data-automation", &["bedrock"]),
    ("bedrock-data-automation-runtime", &["bedrock"]),
    ("bedrock-runtime", &["bedrock"]),
    ("cassandra-streams", &["cassandra"]),
    ("cloudhsmv2", &["cloudhsm"]),
    ("cloudsearchdomain", &["cloudsearch"]),
    ("connect", &["connect", "execute-api"]),
    ("contact-lens", &["connect"]),
    ("data-signer", &["signer"]),
    ("deployment-marketplace", &["aws-marketplace"]),
    ("discovery-marketplace", &["aws-marketplace"]),
    ("email", &["ses"]),
    ("forecastquery", &["forecast"]),
    ("iam-toolbox", &["iam"]),
    ("identity-chime", &["chime"]),
    ("iot", &["iot", "iotdata", "iot-jobs-data", "iotdevicegateway", "IoTSecuredTunneling"]),
    ("ivsrealtime", &["ivs"]),
    ("lambda-url", &["lambda"]),
    ("mail-manager", &["ses"]),
    ("marketplace", &["aws-marketplace"]),
    ("media-pipelines-chime", &["chime"]),
    ("meetings-chime", &["chime"]),
    ("memory-db", &["memorydb"]),
    ("messaging-chime", &["chime"]),
    ("migrationhub-config", &["mgh"]),
    ("models-v2-lex", &["lex"]),
    ("neptune", &["neptune-db"]),
    ("oidc", &["sso-oauth"]),
    ("partnercentral-prm", &["partnercentral"]),
    ("personalize-events", &["personalize"]),
    ("personalize-runtime", &["personalize"]),
    ("pinpoint", &["mobiletargeting", "sms-voice"]),
    ("queue", &["sqs"]),
    ("rds", &["rds", "rds-db"]),
    ("reporting-marketplace", &["aws-marketplace"]),
    ("runtime-v2-lex", &["lex"]),
    ("servicecatalog-appregistry", &["servicecatalog"]),
    ("sso", &["sso", "awsssoportal"]),
    ("transcribestreaming", &["transcribe"]),
    ("voice-chime", &["chime"]),
];

/// Labels of hosts behind which anything may stand.
const SERVERS: &[&str] = &["compute", "elasticbeanstalk", "elb"];

/// The names that may be signed for at a host with this service label; nothing where the label says
/// nothing about it.
#[must_use]
pub fn of_label(label: &str) -> Option<Vec<&str>> {
    if SERVERS.contains(&label) {
        return None;
    }
    let known = NAMES.iter().find(|(known, _)| *known == label);
    Some(known.map_or_else(|| vec![label], |(_, names)| names.to_vec()))
}

/// Whether a host's label is that of a service which is signed for under another name.
#[must_use]
pub fn is_renamed(label: &str) -> bool {
    NAMES.iter().any(|(known, _)| *known == label)
}

/// Global services whose one endpoint is signed for another region than the others of its partition.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("aws", "globalaccelerator", "us-west-2"),
    ("aws", "networkmanager", "us-west-2"),
    ("aws-cn", "budgets", "cn-northwest-1"),
    ("aws-cn", "ce", "cn-northwest-1"),
    ("aws-cn", "cloudfront", "cn-northwest-1"),
    ("aws-cn", "health", "cn-northwest-1"),
    ("aws-cn", "organizations", "cn-northwest-1"),
    ("aws-cn", "route53", "cn-northwest-1"),
];

/// The region that a service's global endpoint is signed for.
#[must_use]
pub fn global_region(partition: &crate::partition::Partition, label: &str) -> &'static str {
    let named =
        ELSEWHERE.iter().find(|(name, known, _)| *name == partition.name && *known == label);
    named.map_or(partition.global_region, |(_, _, region)| region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition;

    #[test]
    fn labels_give_their_signing_names() {
        assert_eq!(of_label("dynamodb"), Some(vec!["dynamodb"]));
        assert_eq!(of_label("email"), Some(vec!["ses"]));
        assert_eq!(of_label("elb"), None);
        assert!(NAMES.is_sorted() && ELSEWHERE.is_sorted());
    }

    #[test]
    fn global_services_have_a_region_too() {
        let aws = partition::of_region("us-east-1");
        assert_eq!(global_region(aws, "iam"), "us-east-1");
        assert_eq!(global_region(aws, "globalaccelerator"), "us-west-2");
        assert_eq!(global_region(partition::of_region("cn-north-1"), "route53"), "cn-northwest-1");
    }
}

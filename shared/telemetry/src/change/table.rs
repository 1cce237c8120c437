//! Which CloudTrail events are changes, of which kind, and where they say what was touched.

use super::ChangeKind;

/// One row of the table: an event name without its version or date, the kind of change, and where
/// the record says what was touched.
pub type Row = (&'static str, ChangeKind, &'static [&'static str]);

const FUNCTION: &[&str] = &["requestParameters.functionName"];
const ALIAS: &[&str] = &["requestParameters.functionName", "requestParameters.name"];
const SECRET: &[&str] = &["requestParameters.secretId"];
const NAME: &[&str] = &["requestParameters.name"];
const ACCESS_KEY: &[&str] = &["requestParameters.accessKeyId", "requestParameters.userName"];
const NEW_ACCESS_KEY: &[&str] = &[
    "responseElements.accessKey.accessKeyId",
    "responseElements.accessKey.userName",
    "requestParameters.userName",
];
const ROLE: &[&str] = &["requestParameters.roleName"];
const BUCKET: &[&str] = &["requestParameters.bucketName"];
const ACCESS_POINT: &[&str] = &["requestParameters.name", "requestParameters.bucketName"];
const BY_ID: &[&str] = &["requestParameters.id"];
const NEW_DISTRIBUTION: &[&str] = &["responseElements.distribution.id"];
const POLICY_NAME: &[&str] = &["requestParameters.id", "requestParameters.name"];
const LISTENER: &[&str] = &["requestParameters.listenerArn"];
const RULE: &[&str] = &["requestParameters.ruleArn"];
const LOAD_BALANCER: &[&str] = &["requestParameters.loadBalancerArn"];
const REST_API: &[&str] = &["requestParameters.restApiId", "requestParameters.stageName"];
const HTTP_API: &[&str] = &["requestParameters.apiId", "requestParameters.stageName"];
const DOMAIN: &[&str] = &["requestParameters.domainName"];
const SERVICE: &[&str] = &[
    "requestParameters.service",
    "requestParameters.serviceName",
    "requestParameters.cluster",
    "requestParameters.taskDefinition",
];
const TASK: &[&str] = &["requestParameters.family"];
const APPLICATION: &[&str] =
    &["requestParameters.applicationName", "requestParameters.deploymentGroupName"];
const STACK: &[&str] = &["requestParameters.stackName", "requestParameters.changeSetName"];
const APP_CONFIG: &[&str] = &["requestParameters.applicationId", "requestParameters.environmentId"];
const ENVIRONMENT: &[&str] =
    &["requestParameters.environmentName", "requestParameters.versionLabel"];
const APP_RUNNER: &[&str] = &["requestParameters.serviceArn"];
const GROUP: &[&str] = &["requestParameters.autoScalingGroupName"];
const ZONE: &[&str] = &["requestParameters.hostedZoneId"];
const VPC_ENDPOINT: &[&str] = &[
    "requestParameters.ModifyVpcEndpointRequest.VpcEndpointId",
    "requestParameters.vpcEndpointId",
];

/// Which calls are changes, by `eventSource` without `.amazonaws.com`.
///
/// A name also stands for itself with an API version or date behind it, as Lambda
/// (`UpdateFunctionCode20150331v2`) and CloudFront (`UpdateDistribution2020_05_31`) log it.
pub const TABLE: &[(&str, &[Row])] = {
    use ChangeKind::{Config, Deploy, Endpoint, Key, Policy, Secret};
    &[
        (
            "lambda",
            &[
                ("CreateFunction", Deploy, FUNCTION),
                ("UpdateFunctionCode", Deploy, FUNCTION),
                ("PublishVersion", Deploy, FUNCTION),
                ("CreateAlias", Deploy, ALIAS),
                ("UpdateAlias", Deploy, ALIAS),
                ("UpdateFunctionConfiguration", Config, FUNCTION),
                ("CreateFunctionUrlConfig", Endpoint, FUNCTION),
                ("UpdateFunctionUrlConfig", Endpoint, FUNCTION),
            ],
        ),
        ("codedeploy", &[("CreateDeployment", Deploy, APPLICATION)]),
        (
            "ecs",
            &[
                ("CreateService", Deploy, SERVICE),
                ("UpdateService", Deploy, SERVICE),
                ("RegisterTaskDefinition", Deploy, TASK),
            ],
        ),
        (
            "cloudformation",
            &[
                ("CreateStack", Deploy, STACK),
                ("UpdateStack", Deploy, STACK),
                ("ExecuteChangeSet", Deploy, STACK),
            ],
        ),
        ("elasticbeanstalk", &[("UpdateEnvironment", Deploy, ENVIRONMENT)]),
        (
            "apprunner",
            &[("UpdateService", Deploy, APP_RUNNER), ("StartDeployment", Deploy, APP_RUNNER)],
        ),
        ("autoscaling", &[("StartInstanceRefresh", Deploy, GROUP)]),
        ("appconfig", &[("StartDeployment", Config, APP_CONFIG)]),
        (
            "secretsmanager",
            &[
                ("PutSecretValue", Secret, SECRET),
                ("UpdateSecret", Secret, SECRET),
                ("UpdateSecretVersionStage", Secret, SECRET),
                ("RotateSecret", Secret, SECRET),
                ("RestoreSecret", Secret, SECRET),
            ],
        ),
        ("ssm", &[("PutParameter", Config, NAME)]),
        (
            "iam",
            &[
                ("CreateAccessKey", Key, NEW_ACCESS_KEY),
                ("UpdateAccessKey", Key, ACCESS_KEY),
                ("DeleteAccessKey", Key, ACCESS_KEY),
                ("UpdateAssumeRolePolicy", Policy, ROLE),
            ],
        ),
        (
            "cloudfront",
            &[
                ("CreateDistribution", Endpoint, NEW_DISTRIBUTION),
                ("CreateDistributionWithTags", Endpoint, NEW_DISTRIBUTION),
                ("UpdateDistribution", Endpoint, BY_ID),
                ("UpdateOriginAccessControl", Endpoint, BY_ID),
                ("DeleteOriginAccessControl", Endpoint, BY_ID),
                ("UpdateOriginRequestPolicy", Endpoint, BY_ID),
                ("UpdateCachePolicy", Endpoint, BY_ID),
                ("UpdateFunction", Endpoint, POLICY_NAME),
                ("PublishFunction", Endpoint, POLICY_NAME),
            ],
        ),
        (
            "elasticloadbalancing",
            &[
                ("CreateListener", Endpoint, LOAD_BALANCER),
                ("ModifyListener", Endpoint, LISTENER),
                ("CreateRule", Endpoint, LISTENER),
                ("ModifyRule", Endpoint, RULE),
                ("DeleteRule", Endpoint, RULE),
                ("ModifyLoadBalancerAttributes", Endpoint, LOAD_BALANCER),
            ],
        ),
        (
            "apigateway",
            &[
                ("CreateDeployment", Deploy, REST_API),
                ("UpdateStage", Endpoint, REST_API),
                ("UpdateRestApi", Endpoint, REST_API),
                ("PutRestApi", Endpoint, REST_API),
                ("ImportRestApi", Endpoint, REST_API),
                ("UpdateApi", Endpoint, HTTP_API),
                ("CreateDomainName", Endpoint, DOMAIN),
                ("UpdateDomainName", Endpoint, DOMAIN),
                ("CreateBasePathMapping", Endpoint, DOMAIN),
                ("UpdateBasePathMapping", Endpoint, DOMAIN),
            ],
        ),
        ("route53", &[("ChangeResourceRecordSets", Endpoint, ZONE)]),
        ("ec2", &[("ModifyVpcEndpoint", Endpoint, VPC_ENDPOINT)]),
        (
            "s3",
            &[
                ("PutBucketPolicy", Policy, BUCKET),
                ("PutAccessPointPolicy", Policy, ACCESS_POINT),
                ("DeleteAccessPointPolicy", Policy, ACCESS_POINT),
                ("PutBucketCors", Config, BUCKET),
                ("DeleteBucketCors", Config, BUCKET),
                ("PutBucketEncryption", Config, BUCKET),
            ],
        ),
    ]
};

/// A value in the record that makes the change one of another kind.
pub const KIND_BY_VALUE: &[(&str, &str, &str, ChangeKind)] =
    &[("ssm", "requestParameters.type", "SecureString", ChangeKind::Secret)];

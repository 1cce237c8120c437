"""Who takes part in the story: accounts, buckets, users, hosts and applications."""

from dataclasses import dataclass

ACCOUNT_ID = "111122223333"
BUCKET_OWNER = "7c9d1f0b52aa4e6c8e3b90f417d26c5a1b0fe2c49d8837516fa0c2d4e6b8a913"
MAIN_REGION = "eu-west-1"


@dataclass(frozen=True)
class Bucket:
    name: str
    region: str = MAIN_REGION
    public: bool = False
    # Where its access log goes: "text" (to S3), "json" (CloudWatch Logs), or "both".
    log: str = "text"

    @property
    def host(self) -> str:
        return f"{self.name}.s3.{self.region}.amazonaws.com"


BUCKETS = {bucket.name: bucket for bucket in (
    Bucket("media", log="both"),
    Bucket("thumbs"),
    Bucket("assets", public=True),
    Bucket("backups"),
    Bucket("invoices", log="json"),
    Bucket("analytics", region="us-east-1", log="json"),
)}

# IAM users and the buckets that each may use; `intern` exists, but may use none.
USERS = {
    "checkout": ("media", "invoices"),
    "thumbs": ("thumbs",),
    "backup": ("backups",),
    "intern": (),
}

# The one role: its temporary keys show how an assumed role looks in the logs.
ROLE = "nightly-etl"
ROLE_SESSION = "etl-20260415"
ROLE_BUCKETS = ("analytics",)


@dataclass(frozen=True)
class App:
    """A client program: who it is for AWS, and how it signs and travels."""

    kind: str  # boto3, presigned, curl, aws-cli, unsigned
    user: str | None = None  # an IAM user, the role, or "nobody" for a made-up key
    app_id: str | None = None  # the SDK's application id, which ends up in the User-Agent
    execution_environment: str | None = None
    user_agent: str | None = None  # for what is no SDK
    deploy_tag: str | None = None  # the signed query parameter x-deploy
    signs_accept_encoding: bool = False
    through_edge: bool = False
    captures_errors: bool = False
    stale_secret: bool = False


_LAMBDA = "AWS_Lambda_python3.11"

APPS = {
    "checkout-old": App("boto3", "checkout", "checkout-2026.04.14", _LAMBDA, captures_errors=True),
    "checkout-new": App("boto3", "checkout", "checkout-2026.04.15", _LAMBDA, captures_errors=True,
                        signs_accept_encoding=True),
    "checkout-new-edge": App("boto3", "checkout", "checkout-2026.04.15", _LAMBDA, captures_errors=True,
                             signs_accept_encoding=True, through_edge=True),
    "checkout-fixed": App("boto3", "checkout", "checkout-2026.04.15.1", _LAMBDA, captures_errors=True),
    "checkout-fixed-edge": App("boto3", "checkout", "checkout-2026.04.15.1", _LAMBDA, captures_errors=True,
                               through_edge=True),
    "thumbs": App("presigned", "thumbs", user_agent="thumbs/7.2.0", deploy_tag="thumbs-7.2.0"),
    "thumbs-stale": App("presigned", "thumbs", user_agent="thumbs/7.2.0", deploy_tag="thumbs-7.2.0",
                        stale_secret=True),
    "etl": App("boto3", ROLE, "nightly-etl-3.1.4", "AWS_ECS_FARGATE"),
    "intern": App("boto3", "intern"),
    "backup-cli": App("aws-cli", "backup"),
    "backup-curl": App("curl", "backup"),
    "browser": App("unsigned", user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"),
    "zgrab": App("unsigned", user_agent="Mozilla/5.0 zgrab/0.x"),
    "probe": App("unsigned", user_agent='Mozilla/5.0 ("l9explore"/1.2.2)'),
    "key-guesser": App("curl", "nobody"),
    "key-guesser-url": App("presigned", "nobody", user_agent="Go-http-client/1.1"),
}

"""Random requests as they went: who sent what where, and what the service answered."""

from dataclasses import dataclass, field
from typing import Optional
from urllib.parse import quote

from . import clock

START = clock.of_rfc3339("2026-04-15T07:00:00Z")
SPAN = 50 * 60

REGIONS = ["eu-west-1", "us-east-1", "ap-southeast-4", "us-gov-west-1"]
BUCKETS = ["media", "a.b-c", "logs-111122223333", "thumbs"]
KEYS = ["AKIAEXAMPLE000000001", "ASIAEXAMPLE000000002", "AKIAEXAMPLE000000003"]
ADDRESSES = ["192.0.2.10", "192.0.2.11", "198.51.100.7", "2001:db8::7", "10.0.0.1"]

HOSTS = [
    "{b}.s3.{r}.amazonaws.com", "{b}.s3.{r}.amazonaws.com", "{b}.s3.{r}.amazonaws.com", "s3.{r}.amazonaws.com",
    "{b}.s3.dualstack.{r}.amazonaws.com", "s3.dualstack.{r}.amazonaws.com", "{b}.s3-{r}.amazonaws.com",
    "{b}.s3-fips.{r}.amazonaws.com", "{b}.s3.amazonaws.com", "s3.amazonaws.com", "s3-external-1.amazonaws.com",
    "{b}.s3-accelerate.amazonaws.com", "{b}.s3-accelerate.dualstack.amazonaws.com", "images.example.com",
    "images.example.com:8443", "{b}.bucket.vpce-0a1b-2c3d.s3.{r}.vpce.amazonaws.com",
    "bucket.vpce-0a1b-2c3d.s3.{r}.vpce.amazonaws.com", "{b}.s3-website-{r}.amazonaws.com",
    "{b}.s3-website.{r}.amazonaws.com", "ap-111122223333.s3-accesspoint.{r}.amazonaws.com",
    "x.mrap.accesspoint.s3-global.amazonaws.com", "{b}.s3.cn-north-1.amazonaws.com.cn",
    "B.S3.{r}.AmazonAWS.com", "{b}.s3.{r}.amazonaws.com:443", "{b}.s3.{r}.amazonaws.com:80",
    "{b}.s3.{r}.amazonaws.com:8443", "{b}.s3.{r}.amazonaws.com.", "192.0.2.1:9000", "localhost",
]

USER_AGENTS = [
    "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 cfg/retry-mode#legacy{app} Botocore/1.43.11",
    "aws-cli/2.34.11 md/awscrt#0.31.2{app}", "aws-sdk-rust/1.3 os/linux{app}", "aws-sdk-rust/1.3 os/linux{app}md/built",
    "Mozilla/5.0 (X11; Linux x86_64)", '"quoted" agent', 'odd " agent" - - SigV4', "curl/8.5.0", "aws-internal/3",
    "webapp/1.0 (myapp/2)", "[S3Console/0.4]",
]
VERSIONS = ["shop-2026.04.14", "shop-2026.04.15", "thumbs-7.2.0", "api-a1b2c3d", "v42", "plain"]
PATHS = ["/k", "/a%20b.txt", '/q"uote.jpg', "/a+b", "/%D1%84", "/deep/er/k~", '/" 200 - 1'.replace(" ", "%20"), "/"]

FAILING = ["SignatureDoesNotMatch"] * 8 + [
    "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "RequestTimeTooSkewed", "InvalidAccessKeyId",
    "ExpiredToken", "InvalidToken", "XAmzContentSHA256Mismatch", "MissingSecurityHeader", "InvalidSignatureException",
    "InvalidSignature", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredTokenException",
    "RequestExpired", "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
]
# Codes that are signature failures with one message and not with another.
WITH_MESSAGE = [
    ("AccessDenied", "Access Denied"), ("AccessDenied", "Request has expired"),
    ("AccessDenied", "Request is not yet valid"),
    ("AccessDenied", "There were headers present in the request which were not signed"),
    ("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header."),
    ("AccessDenied", "User: arn:aws:iam::111122223333:user/a is not authorized to perform: s3:GetObject"),
    ("AccessDenied", "The request signature we calculated does not match the signature you provided."),
    ("AuthFailure", "AWS was not able to validate the provided access credentials"),
    ("AuthFailure", "Not authorized for images: [ami-1]"),
    ("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."),
    ("InvalidRequest", "Missing required header for this request: x-amz-content-sha256"),
    ("InvalidRequest", "The upload is too small"),
    ("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value."),
    ("InvalidArgument", "max-keys must be an integer"),
]
OTHER = ["NoSuchKey", "SlowDown", "PermanentRedirect", "TemporaryRedirect", "InternalError"]


@dataclass
class Exchange:
    """One request and its answer. `missing` names what no log tells of it."""

    time: int
    request_id: Optional[str]
    method: str
    target: str
    host: str
    bucket: str
    region: str
    operation: str
    remote_ip: str
    user_agent: str
    key_id: str
    scope_region: Optional[str]
    auth: Optional[str]
    signature_version: Optional[str]
    code: Optional[str]
    message: Optional[str]
    stated_version: Optional[str]
    stream: Optional[str]
    fields: int
    missing: set = field(default_factory=set)


def some(chance, count):
    """Requests in the order of time, with retries of some that failed."""
    made = []
    for _ in range(count):
        made.append(one(chance, START + chance.randrange(SPAN)))
        while made[-1].code and chance.random() < 0.4:
            made.append(repeated(chance, made[-1]))
    return sorted(made, key=lambda exchange: exchange.time)


def one(chance, time):
    bucket, region = chance.choice(BUCKETS), chance.choice(REGIONS)
    method, operation = chance.choice([("GET", "REST.GET.OBJECT"), ("PUT", "REST.PUT.OBJECT"),
                                       ("HEAD", "REST.HEAD.OBJECT"), ("POST", "REST.POST.UPLOADS")])
    key_id = chance.choice(KEYS)
    scope_region = region if chance.random() < 0.8 else chance.choice(REGIONS)
    auth, signature_version, parameters = _signature(chance, time, key_id, scope_region)
    if auth is None or chance.random() < 0.4:
        parameters += chance.choice([["x-id=GetObject"], ["x-deploy=shop-2026.04.15"], ["x-id=PutObject", "x-deploy=v42"],
                                     ["x-app-version=api-a1b2c3d"], ["x-deploy="], ["x-request=1"], ["acl"], []])
    if chance.random() < 0.3:
        chance.shuffle(parameters)
    code, message = chance.choice([(None, None)] * 6 + [(chance.choice(FAILING), None)] * 5
                                  + [chance.choice(WITH_MESSAGE)] * 3 + [(chance.choice(OTHER), None)])
    app = f" app/{chance.choice(VERSIONS)}" if chance.random() < 0.5 else ""
    target = chance.choice(PATHS) + ("?" + "&".join(parameters) if parameters else "")
    missing = {name for name in ("request_id", "host", "user_agent", "remote_ip", "auth", "signature_version", "uri")
               if chance.random() < 0.03}
    return Exchange(
        time, request_id(chance), method, target, chance.choice(HOSTS).format(b=bucket, r=region), bucket, region,
        operation, chance.choice(ADDRESSES), chance.choice(USER_AGENTS).format(app=app), key_id,
        scope_region if signature_version != "SigV2" else None, auth, signature_version, code, message,
        stated_version=chance.choice(VERSIONS) if chance.random() < 0.5 else None,
        stream=chance.choice([None, None, "2026/04/15/[42]0a1b", "2026/04/15/[$LATEST]0a1b", "media-access"]),
        fields=chance.choice([18, 19, 20, 22, 24, 25, 26, 27, 27, 27, 28, 30]), missing=missing)


def repeated(chance, before):
    """The same request sent again, about five minutes later or soon."""
    again = Exchange(**vars(before))
    again.time += chance.choice([0, 1, 30, 299, 300, 301])
    again.request_id = request_id(chance)
    change = chance.random()
    if change < 0.1:
        again.remote_ip = chance.choice(ADDRESSES)
    elif change < 0.2:
        again.method = "DELETE"
    elif change < 0.3:
        again.target += "1"
    return again


def request_id(chance):
    return "".join(chance.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=16))


def _signature(chance, time, key_id, region):
    """Field values, and the parameters of a presigned URL."""
    form = chance.choice(["header"] * 5 + ["presigned"] * 4 + ["presigned-2", "header-2", "presigned-4a", "none"])
    if form == "none":
        return None, None, []
    if form.startswith("header"):
        return "AuthHeader", "SigV2" if form == "header-2" else "SigV4", []
    if form == "presigned-2":
        expires = time + chance.choice([-100, -1, 0, 1, 600])
        return "QueryString", "SigV2", [f"AWSAccessKeyId={key_id}", f"Expires={expires}", "Signature=E3ehd6%3D"]
    signed_at = time + chance.choice([-4000, -600, -300, 0, 899, 900, 901, 5000])
    scope = f"{key_id}/20260415/{region}/s3/aws4_request"
    algorithm, extra = "AWS4-HMAC-SHA256", []
    if form == "presigned-4a":
        scope, algorithm = f"{key_id}/20260415/s3/aws4_request", "AWS4-ECDSA-P256-SHA256"
        extra = ["X-Amz-Region-Set=%2A"]
    return "QueryString", "SigV4", [
        f"X-Amz-Algorithm={algorithm}", f"X-Amz-Credential={quote(scope, safe='')}",
        f"X-Amz-Date={clock.amz_date(signed_at)}", f"X-Amz-Expires={chance.choice([299, 300, 301, 600, 86400])}",
        "X-Amz-SignedHeaders=host", f"X-Amz-Signature={'X' * 32}", *extra]

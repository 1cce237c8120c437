"""What fuzzing starts from: the stored cases of the laboratory, cut into what each target reads."""

import base64
import hashlib
import json
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CASES = TESTS / "laboratory" / "cases"
# A browser's upload, as AWS documents one.
FORM = TESTS.parent / "shared/signature/tests/forms/documented-post.http"

# Longer inputs make a run slow, and find nothing that these do not.
LONGEST = 8 * 1024
# Of each kind of evidence; the stored cases repeat themselves.
OF_EACH = 60


def write(folder, target):
    """Writes the seeds of a target into a folder, named by their content."""
    folder.mkdir(parents=True, exist_ok=True)
    for text in of(target):
        data = text.encode("utf-8", "surrogateescape")
        if 0 < len(data) <= LONGEST:
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def of(target):
    return _READERS[target](list(_evidence()))


def _evidence():
    for file in sorted(CASES.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            yield json.loads(line)["evidence"]


def _texts(*kinds):
    def read(evidence):
        found = []
        for kind in kinds:
            texts = list(dict.fromkeys(one[kind] for one in evidence if kind in one))
            found += texts[:: max(1, len(texts) // OF_EACH)]
        return found

    return read


def _matches(pattern, *more):
    def read(evidence):
        texts = "\n".join(_texts("error", "client", "sent", "received", "access_log")(evidence))
        return list(dict.fromkeys(re.findall(pattern, texts)))[:OF_EACH] + list(more)

    return read


_TARGETS = r"(?m)^[A-Z]+ (/\S*) HTTP/1\.1"
_V4A = (
    "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20150830/service/aws4_request,SignedHeaders=host;x-amz-date,"
    "Signature=3045022100"
)
_SCOPES = r"\b(?:[A-Z0-9]{12,24}/)?\d{8}/[a-z0-9-]+/[a-z0-9-]+/aws4_request"
_PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "5d" * 32
)
_URLS = [
    f"https://bucket.s3.eu-west-1.amazonaws.com/a%20b/c?{_PRESIGNED}",
    f"http://user@[::1]:9000/bucket/key?versionId=1&{_PRESIGNED}#part",
    "https://s3.amazonaws.com/b/k?AWSAccessKeyId=AKIDEXAMPLE&Expires=1175139620&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D",
]
_HOSTS = [
    "bucket.s3.amazonaws.com", "s3.eu-west-1.amazonaws.com:443", "b.s3.dualstack.cn-north-1.amazonaws.com.cn",
    "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", "my-ap-123456789012.s3-accesspoint.us-east-1.amazonaws.com",
    "b--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "b.s3-website.eu-west-3.amazonaws.com",
    "123456789012.s3-control.us-west-2.amazonaws.com", "b.bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
    "ap-1234.op-01ac.ec2.s3-outposts.us-west-2.amazonaws.com", "abcdef.execute-api.us-east-1.amazonaws.com",
    "search-d-x.us-east-1.es.amazonaws.com", "iam.amazonaws.com", "sts.us-gov-west-1.amazonaws.com", "abc.lambda-url.us-east-1.on.aws",
    "b.s3-accelerate.dualstack.amazonaws.com", "minio.example.com:9000", "xn--bcher-kva.s3.amazonaws.com",
]  # fmt: skip
_CANONICAL = r"(?m)^((?:GET|PUT|POST|HEAD|DELETE)\n/.*\n.*\n(?:[a-z0-9-]+:.*\n)+\n[a-z0-9;-]+\n[A-Za-z0-9-]+)"
_TO_SIGN = r"(AWS4-HMAC-SHA256\n\d{8}T\d{6}Z\n[a-z0-9/_-]+\n[0-9a-f]{64})"


_VERSION_2 = [
    "PUT /b/k?acl&uploadId=x%2Fy HTTP/1.1\nHost: b.s3.amazonaws.com\nContent-Type: image/jpeg\nContent-MD5: 4gJE4saaMU4BqNR0kLY+lw==\n"
    "x-amz-date: Tue, 27 Mar 2007 21:15:45 +0000\nX-Amz-Meta-A: a\n  b\nAuthorization: AWS AKIDEXAMPLE:NpgCjnDzrM+WFzoENXmpNDUsSn8=\n",
    "GET /k?AWSAccessKeyId=AKIDEXAMPLE&Expires=1175139620&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&x-amz-security-token=t HTTP/1.1\nHost: h\n",
    "GET /?Action=A&AWSAccessKeyId=AKIDEXAMPLE&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=i91nKc4P HTTP/1.1\nHost: ec2.amazonaws.com\n",
    "POST / HTTP/1.1\nHost: ec2.amazonaws.com\nContent-Type: application/x-www-form-urlencoded\n\n"
    "AWSAccessKeyId=AKIDEXAMPLE&SignatureVersion=2&SignatureMethod=HmacSHA1&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D",
    "GET / HTTP/1.1\nHost: [::1]:9000\nDate: D\nAuthorization: AWS a:b:c\n",
    "GET /k HTTP/1.1\nHost: b.example.com:9000\nDate: D\nAuthorization: AWS AKIDEXAMPLE:NpgCjnDzrM+WFzoENXmpNDUsSn8=\n",
]
_VERSION_2_TEXTS = [
    "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/b/photos/puppy.jpg",
    "PUT\n4gJE4saaMU4BqNR0kLY+lw==\nimage/jpeg\n\nx-amz-date:D\nx-amz-meta-a:a,b\n/b/k?acl&versionId=1",
    "DELETE\r\n\r\n\r\n1175139620\r\nx-amz-security-token:t\r\n/\r\n", "HEAD\n\n\n\n/\n\n", "GET\n\n\nD\nhost:b\n/", "POST\nh\n/\nA=b",
]  # fmt: skip
_CONDITIONS = [
    '{"bucket":"b"}', '["starts-with","$key","user/"]', '["eq","$acl","private"],{"x-amz-meta-a":""}',
    '["content-length-range",1,"10"]', '{"x-amz-security-token":"t"},{"bucket":"b","key":"k"}', '["starts-with","$Content-Type",""],1',
]  # fmt: skip


def _form(_evidence, boundary="B", head=False):
    raw = FORM.read_bytes().decode()
    forms = [raw, raw.replace("\r\n", "\n"), raw[:-200], raw.replace("X-Amz-Credential", "AWSAccessKeyId"), raw.replace('name="', "name=")]
    forms += [raw.replace("user/user1/", "other/"), raw.replace("Policy", "policy").replace("eyAi", "e30=")]
    if head:
        return forms
    return [re.split("\r?\n\r?\n", one, maxsplit=1)[1].replace("----WebKitFormBoundary7MA4YWxkTrZu0gW", boundary) for one in forms]


def _policies(_evidence):
    documents = ['{"expiration":"2015-12-30T12:00:00.000Z","conditions":[%s]}' % one for one in _CONDITIONS]
    return documents + [base64.b64encode(one.encode()).decode() for one in documents]


def _checks(_evidence):
    lines = [f"{url}\neu-west-1\ns3\nhost;x-amz-date" for url in _URLS]
    return lines + [f"{host}\nus-east-1\ns3\nhost;content-length;via" for host in _HOSTS]


def _captured(evidence):
    canonical = _matches(_CANONICAL)(evidence)
    to_sign = _matches(_TO_SIGN)(evidence)
    return [
        json.dumps({
            "sigdrift": 1, "time": "2026-04-15T07:42:07Z", "code": "SignatureDoesNotMatch", "message": "no match",
            "request_id": "R", "access_key_id": "AKIDEXAMPLE", "status": 403,
            "server": {"canonical_request": server, "canonical_request_ok": True, "string_to_sign": text},
            "client": {"canonical_request_sha256": "ab" * 32, "method": "PUT", "url": _URLS[0], "user_agent": "Boto3/1"},
        })
        for server, text in zip(canonical, to_sign)
    ]  # fmt: skip


_ANY = _texts("error", "error-damaged", "error-redacted", "error-cut", "client", "sent", "access_log")


def _cases(evidence):
    """Error body and client log one after the other, as both stand in a log."""
    both = [f"{one['error']}\n\n{one['client']}" for one in evidence if "error" in one and "client" in one]
    return _ANY(evidence) + _captured(evidence) + both[:: max(1, len(both) // OF_EACH)]


_READERS = {
    "http": _texts("sent", "received"),
    "url": _matches(_TARGETS, *_URLS),
    "authorization": _matches(r"(?im)^authorization: (.*)$", _V4A, "AWS AKIDEXAMPLE:NpgCjnDzrM+WFzoENXmpNDUsSn8="),
    "scope": _matches(_SCOPES),
    "presigned": _matches(r"(?m)^[A-Z]+ /\S*\?(\S*) HTTP/1\.1", _PRESIGNED),
    "canonical_request": _matches(_CANONICAL),
    "string_to_sign": _matches(_TO_SIGN),
    "version_2": lambda _evidence: _VERSION_2,
    "version_2_text": lambda _evidence: _VERSION_2_TEXTS,
    "post_form": _form,
    "post_policy": _policies,
    "upload": lambda evidence: _form(evidence, head=True) + _VERSION_2,
    "host": lambda _evidence: _HOSTS,
    "check": _checks,
    "evidence": _ANY,
    "error_body": _texts("error", "error-damaged", "error-redacted", "error-cut"),
    "client_log": _texts("client"),
    "captured_error": _captured,
    "explain": _cases,
}

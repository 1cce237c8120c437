"""Random requests, signed by botocore: one JSON object a line. Run by the Python that has botocore.

    python botocore_signer.py SEED COUNT

Where botocore does less than AWS documents, the requests keep away from it; each place says why.
"""

import datetime
import json
import random
import sys
from base64 import b64encode
from urllib.parse import quote, quote_plus, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SIGNERS = ["S3SigV4Auth", "SigV4Auth", "S3SigV4QueryAuth", "SigV4QueryAuth"]
HOSTS = ["b.s3.eu-west-1.amazonaws.com", "abc.execute-api.eu-west-1.amazonaws.com", "localhost:9000",
         "b.s3.eu-west-1.amazonaws.com:443"]
NAMES = ["Range", "content-type", "X-Amz-Meta-A", "x-amz-meta-a", "x-amz-meta-a-b", "Accept-Encoding", "User-Agent",
         "Expect", "TE", "Connection", "X-Amzn-Trace-Id", "Cache-Control", "If-Match", "x-amz-acl"]
SEGMENTS = ["", "", ".", "..", "...", "a", "b c", "ü", "日本", "+", "~", "a%b", "%20", "=&", "!'()*", "@:,;", "$", "\"<>\\^`{|}"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, most):
        characters = "abcXYZ019-._~ !\"#$%&'()*+,/:;<=>?@[\\]^`{|}éß日"
        return "".join(self.random.choices(characters, k=self.random.randint(0, most)))

    def segment(self):
        return self.random.choice(SEGMENTS) if self.random.random() < 0.7 else self.text(6).replace("/", "")

    def path(self, is_s3):
        segments = [self.segment() for _ in range(self.random.randint(0, 5))]
        path = "/" + "/".join(segments)
        if is_s3:
            # S3's signer takes the path of the URL for canonical: it has to be encoded already.
            return quote(path, safe="/~")
        path = "".join("-" if character in "?#" else character for character in path)
        # botocore drops the slash that RFC 3986 leaves behind a dot segment at the end.
        # A raw space at the end cannot be told from the one before the version.
        while path.endswith(("/.", "/..", " ")):
            path += "a"
        return path

    def headers(self):
        def name():
            own = "".join(self.random.choices("abcdefXYZ-09", k=self.random.randint(1, 8)))
            return self.random.choice(NAMES) if self.random.random() < 0.6 else "x-" + own

        # botocore folds whatever Unicode calls a space; S3 folds spaces.
        return [(name(), self.text(12).replace(" ", self.random.choice([" ", "  ", "\t "])))
                for _ in range(self.random.randint(0, 6))]

    def query(self, is_presigned):
        names = ["a", "A", "a b", "b", "x-id", "acl", "prefix", "ü", "a+b", "~*'"]
        pairs = [(self.random.choice(names) if self.random.random() < 0.7 else self.text(5) or "n", self.text(6))
                 for _ in range(self.random.randint(0, 5))]
        # The presigner keeps one value of each name.
        return list(dict(pairs).items()) if is_presigned else pairs

    def sent_query(self, pairs):
        """A query as some client writes it: whatever is encoded, the canonical query is the same."""
        write = self.random.choice([lambda text: quote(text, safe=""), lambda text: quote(text, safe="!'()*/:"), quote_plus])
        return "&".join(write(name) + ("=" + write(value) if value else self.random.choice(["", "="]))
                        for name, value in pairs)


def raw(method, target, headers, body):
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return b64encode("\r\n".join(lines).encode() + body).decode()


def signed(generator):
    choose = generator.random
    signer = choose.choice(SIGNERS)
    is_s3, is_presigned = signer.startswith("S3"), "Query" in signer
    method = choose.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"])
    host, path = choose.choice(HOSTS), generator.path(is_s3)
    headers, pairs = generator.headers(), generator.query(is_presigned)
    # The presigner would move a body into the query.
    body = b"" if is_presigned else choose.randbytes(choose.choice([0, 0, 1, 40]))
    # With a Date header, botocore sends and signs that one instead of X-Amz-Date.
    is_dated = not is_presigned and choose.random() < 0.1
    if is_dated:
        headers.append(("Date", "now"))
    token = choose.choice([None, "IQoJb3JpZ2luX2VjEXAMPLE+/token=="])
    service = "s3" if is_s3 else choose.choice(["execute-api", "iam", "dynamodb"])
    now = datetime.datetime(2015, 8, 30, 12, 36, choose.randint(0, 59))
    botocore.auth.get_current_datetime = lambda: now

    url = f"https://{host}{path}"
    request = AWSRequest(method, url, data=body or None, params=dict(pairs) if is_presigned else pairs)
    for name, value in headers:
        request.headers.add_header(name, value)
    expires = choose.randint(1, 604800)
    credentials = Credentials(ACCESS_KEY_ID, SECRET, token)
    arguments = [credentials, service, "eu-west-1"] + ([expires] if is_presigned else [])
    auth = getattr(botocore.auth, signer)(*arguments)
    made = {}
    for step in ("canonical_request", "string_to_sign", "signature"):
        def kept(*told, step=step, compute=getattr(auth, step)):
            made[step] = compute(*told)
            return made[step]
        setattr(auth, step, kept)
    auth.add_auth(request)

    query = generator.sent_query(pairs)
    target = path + ("?" + query if query else "")
    if is_presigned:
        parts = urlsplit(request.url)
        received = raw(method, f"{path}?{parts.query}", [("Host", host), *request.headers.items()], body)
    else:
        received = raw(method, target, [("Host", host), *request.headers.items()], body)
    return {
        "signer": signer, "request": raw(method, target, [("Host", host), *headers], body), "received": received,
        "service": service, "region": "eu-west-1", "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "token": token,
        "expires": expires if is_presigned else None, "sign_body": signer == "S3SigV4Auth",
        "is_dated": is_dated,
        "access_key_id": ACCESS_KEY_ID, "secret": SECRET, "expected": made,
    }


if __name__ == "__main__":
    generator = Generator(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        print(json.dumps(signed(generator)))

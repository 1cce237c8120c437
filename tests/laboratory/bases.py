"""Requests to sign, each with what makes a bug or a change show: odd characters, spaces, a body, a query."""

from dataclasses import dataclass

from .message import Request

REGION = "eu-west-1"


@dataclass(frozen=True)
class Base:
    """A request before signing, and how it is signed. `flavour`: see `verifier.answers`."""

    name: str
    service: str
    request: Request
    flavour: str = "s3"
    region: str = REGION
    presigned: bool = False
    # Signed although a signer need not: what hops change.
    extra_names: tuple[str, ...] = ()


def _request(method: str, target: str, host: str, body: bytes = b"", **headers: str) -> Request:
    length = {"Content-Length": str(len(body))} if body or method in ("PUT", "POST") else {}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, target, tuple(({"Host": host} | named | length).items()), body)


_MEDIA = "media-example.s3.eu-west-1.amazonaws.com"
_API = "abcde12345.execute-api.eu-west-1.amazonaws.com"
_TEXT = "text/plain; charset=utf-8"
_BODY = "caf\u00e9 cr\u00e8me\nsecond line\n".encode()

BASES = {
    base.name: base
    for base in (
        Base(
            "s3-put",
            "s3",
            _request(
                "PUT",
                "/2026/report.csv",
                _MEDIA,
                b"id,total\n1,42\n",
                Content_Type="text/csv",
                User_Agent="uploader/3.2",
            ),
            extra_names=("content-type",),
        ),
        Base(
            "s3-put-text",
            "s3",
            _request(
                "PUT",
                "/notes/menu.txt",
                _MEDIA,
                _BODY,
                Content_Type=_TEXT,
                x_amz_meta_title="two  spaces  inside ",
                x_amz_acl="private",
                User_Agent="uploader/3.2",
            ),
            extra_names=("content-type",),
        ),
        Base(
            "s3-get",
            "s3",
            _request(
                "GET",
                "/2026/clip.mp4",
                _MEDIA,
                Range="bytes=0-1023",
                User_Agent="player/1.0",
                Accept_Encoding="identity",
            ),
            extra_names=("range", "accept-encoding"),
        ),
        Base("s3-head", "s3", _request("HEAD", "/2026/clip.mp4", _MEDIA, User_Agent="player/1.0")),
        Base("s3-upper-key", "s3", _request("GET", "/Photos/IMG_0042.JPG", _MEDIA, User_Agent="gallery/2.0")),
        Base(
            "s3-key-space", "s3", _request("GET", "/photos/my%20summer%20photo.jpg", _MEDIA, User_Agent="gallery/2.0")
        ),
        Base(
            "s3-key-odd",
            "s3",
            _request("GET", "/a~b/c%2Bd/%28e%29/f%21g%2A%27h%40i%3Aj.txt", _MEDIA, User_Agent="gallery/2.0"),
        ),
        Base(
            "s3-key-utf8",
            "s3",
            _request("GET", "/b%C3%BCcher/%E1%88%B4%20%26%20co.pdf", _MEDIA, User_Agent="gallery/2.0"),
        ),
        Base(
            "s3-key-slashes", "s3", _request("GET", "/logs//2026/./day/../raw//x.log", _MEDIA, User_Agent="shipper/0.9")
        ),
        Base("s3-folder", "s3", _request("GET", "/incoming/2026/", _MEDIA, User_Agent="gallery/2.0")),
        Base(
            "s3-list",
            "s3",
            _request(
                "GET",
                "/?list-type=2&prefix=a%2Fb%20c%3Dd%2A%27e&delimiter=%2F&max-keys=50",
                _MEDIA,
                User_Agent="lister/1.1",
            ),
        ),
        Base(
            "s3-acl",
            "s3",
            _request("GET", "/2026/report.csv?acl&versionId=3HL4kqCxf3vjVBH40Nrjfkd", _MEDIA, User_Agent="audit/1.0"),
        ),
        Base(
            "s3-global",
            "s3",
            _request("GET", "/2026/clip.mp4", "media-example.s3.amazonaws.com", User_Agent="player/1.0"),
            region="us-east-1",
        ),
        Base(
            "s3-path-style",
            "s3",
            _request("GET", "/media-example/2026/clip.mp4", "s3.eu-west-1.amazonaws.com", User_Agent="player/1.0"),
        ),
        Base(
            "r2-get",
            "s3",
            _request(
                "GET",
                "/media/clip%20two.mp4",
                "abc123.r2.cloudflarestorage.com",
                User_Agent="player/1.0",
                Accept_Encoding="identity",
            ),
            "r2",
            "auto",
            extra_names=("accept-encoding",),
        ),
        Base(
            "gcs-get",
            "s3",
            _request(
                "GET",
                "/media-example/clip%20two.mp4",
                "storage.googleapis.com",
                User_Agent="player/1.0",
                Accept_Encoding="gzip",
            ),
            "gcs",
            "auto",
            extra_names=("accept-encoding",),
        ),
        Base(
            "gcs-plain",
            "s3",
            _request("GET", "/media-example/clip.mp4", "storage.googleapis.com", User_Agent="player/1.0"),
            "gcs",
            "auto",
        ),
        Base(
            "minio-put",
            "s3",
            _request("PUT", "/media/menu.txt", "minio.example.com:9000", _BODY, Content_Type=_TEXT),
            "minio",
            "us-east-1",
            extra_names=("content-type",),
        ),
        Base(
            "api-get",
            "execute-api",
            _request("GET", "/prod/items/red%20apple/%2A?sort=name&filter=a%20b", _API, Accept="application/json"),
            "rest-json",
            extra_names=("accept",),
        ),
        Base(
            "api-slashes",
            "execute-api",
            _request("GET", "/prod//items/./7/../8/", _API, Accept="application/json"),
            "rest-json",
        ),
        Base(
            "api-post",
            "execute-api",
            _request(
                "POST",
                "/prod/orders",
                _API,
                '{"item": "caf\u00e9", "count": 2}'.encode(),
                Content_Type="application/json",
            ),
            "rest-json",
            extra_names=("content-type",),
        ),
        Base(
            "dynamodb",
            "dynamodb",
            _request(
                "POST",
                "/",
                "dynamodb.eu-west-1.amazonaws.com",
                b'{"TableName":"orders","Limit":7}',
                Content_Type="application/x-amz-json-1.0",
                X_Amz_Target="DynamoDB_20120810.Scan",
            ),
            "json",
            extra_names=("content-type",),
        ),
        Base(
            "sts",
            "sts",
            _request(
                "POST",
                "/",
                "sts.eu-west-1.amazonaws.com",
                b"Action=GetCallerIdentity&Version=2011-06-15",
                Content_Type="application/x-www-form-urlencoded; charset=utf-8",
            ),
            "query",
            extra_names=("content-type",),
        ),
        Base("url-get", "s3", _request("GET", "/2026/clip.mp4", _MEDIA, User_Agent="Mozilla/5.0"), presigned=True),
        Base(
            "url-put",
            "s3",
            _request(
                "PUT",
                "/inbox/photo%20one.jpg",
                _MEDIA,
                b"\xff\xd8\xff\xe0 not quite a photo",
                Content_Type="image/jpeg",
                User_Agent="Mozilla/5.0",
            ),
            presigned=True,
            extra_names=("content-type",),
        ),
        Base(
            "url-download",
            "s3",
            _request(
                "GET",
                "/2026/clip.mp4?response-content-disposition=attachment%3B%20filename%3D%22a%20b.mp4%22",
                _MEDIA,
                User_Agent="Mozilla/5.0",
            ),
            presigned=True,
        ),
        Base("url-odd", "s3", _request("GET", "/a~b/my%20c%2Bd.txt", _MEDIA, User_Agent="Mozilla/5.0"), presigned=True),
    )
}

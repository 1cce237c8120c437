"""What the clients are asked to do. Keys hold what proxies like to change."""

from dataclasses import dataclass

BUCKET, REGION = "media-example", "eu-west-1"
HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"


@dataclass(frozen=True)
class Wanted:
    """`by_port`: the client addresses the laboratory's own port, so that the Host header has one."""

    name: str
    do: str  # get, put, head, list, url (presigned), dynamodb, sts
    key: str = "2026/clip.mp4"
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    by_port: bool = False


REQUESTS = {
    one.name: one
    for one in (
        Wanted("get", "get"),
        Wanted("get-port", "get", by_port=True),
        Wanted("get-odd", "get", "photos/a+b (c) d.jpg"),
        Wanted("get-slashes", "get", "logs//2026//x.log"),
        Wanted("get-range", "get", headers=(("Range", "bytes=0-99"),)),
        Wanted("get-accept-encoding", "get", headers=(("Accept-Encoding", "identity"),)),
        Wanted("head", "head"),
        Wanted("list", "list", "2026/"),
        Wanted("put", "put", "2026/report.csv", "id,total\n1,42\n"),
        Wanted("put-type", "put", "2026/report.csv", "id,total\n1,42\n", (("Content-Type", "text/csv"),)),
        Wanted("put-text", "put", "notes/menu.txt", "soup\ncheese\n", (("Content-Type", "text/plain"),)),
        Wanted("put-meta", "put", "notes/menu.txt", "soup\ncheese\n", (("x-amz-meta-title", "Menu of the day"),)),
        Wanted("url", "url"),
        Wanted("dynamodb", "dynamodb"),
        Wanted("sts", "sts"),
    )
}

"""Reading HTTP/1.1 messages from a stream byte for byte, for what listens here."""

from typing import BinaryIO

_LIMIT = 1 << 20


def head_of(stream: BinaryIO) -> bytes | None:
    lines = []
    while True:
        line = stream.readline(_LIMIT)
        if not line:
            return None
        if not lines and line in (b"\r\n", b"\n"):
            continue
        lines.append(line)
        if line in (b"\r\n", b"\n"):
            return b"".join(lines)


def body_of(head: bytes, stream: BinaryIO, to_end: bool = False) -> bytes:
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
    }
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        return _chunked(stream)
    if b"content-length" in headers:
        return stream.read(int(headers[b"content-length"]))
    return stream.read() if to_end else b""


def _chunked(stream: BinaryIO) -> bytes:
    read = []
    while True:
        size = stream.readline()
        read.append(size)
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        read.append(stream.read(length + 2))
    while (line := stream.readline()) not in (b"\r\n", b"\n", b""):
        read.append(line)
    return b"".join([*read, b"\r\n"])


def unchunked(body: bytes) -> bytes:
    plain = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        plain, body = plain + body[:length], body[length + 2 :]
    return plain

"""A hop that passes HTTP/1.1 on byte for byte and keeps every request as it came.

Written on sockets, since an HTTP library would already be one more proxy that changes requests. One upstream
connection a request; where it leads can be changed between requests.
"""

import socket
import threading
from dataclasses import dataclass

from ..wire import body_of, head_of, unchunked

_SECONDS = 30


@dataclass(frozen=True)
class Passed:
    """A request and its answer, as bytes."""

    request: bytes
    answer: bytes

    @property
    def status(self) -> int:
        return int(self.answer.split(b" ", 2)[1])

    @property
    def answer_head(self) -> str:
        return self.answer.partition(b"\r\n\r\n")[0].decode("latin-1")

    @property
    def answer_body(self) -> bytes:
        head, _, body = self.answer.partition(b"\r\n\r\n")
        return unchunked(body) if b"chunked" in head.lower() else body


class Hop:
    """Listens on a free port; a context manager."""

    def __init__(self, upstream_port: int = 0) -> None:
        self.upstream_port = upstream_port
        self.passed: list[Passed] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "Hop":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as stream:
            client.settimeout(_SECONDS)
            try:
                while (head := head_of(stream)) is not None:
                    head = _origin_form(head)
                    if b"100-continue" in head.lower():
                        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    request = head + body_of(head, stream)
                    answer = self._ask(request)
                    self.passed.append(Passed(request, answer))
                    client.sendall(answer)
            except OSError:  # the client or the upstream went away; what passed is kept
                return

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.upstream_port), timeout=_SECONDS) as upstream:
            upstream.sendall(request)
            with upstream.makefile("rb") as stream:
                head = head_of(stream)
                while head is not None and head.split(b" ", 2)[1].startswith(b"1"):
                    head = head_of(stream)
                if head is None:
                    raise OSError("no answer")
                status = head.split(b" ", 2)[1]
                if request.startswith(b"HEAD ") or status in (b"204", b"304"):
                    return head
                return head + body_of(head, stream, to_end=True)


def _origin_form(head: bytes) -> bytes:
    """A client that takes this hop for its proxy writes the whole URL; every proxy takes it off again."""
    line, _, rest = head.partition(b"\r\n")
    method, target, version = (
        line.split(b" ", 1)[0],
        line.split(b" ", 1)[1].rpartition(b" ")[0],
        line.rpartition(b" ")[2],
    )
    if target.startswith(b"http://"):
        _, slash, path = target[len("http://") :].partition(b"/")
        target = slash + path or b"/"
    return b" ".join((method, target, version)) + b"\r\n" + rest

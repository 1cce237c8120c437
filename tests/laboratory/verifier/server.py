"""The verifier as a server on a loopback port."""

import socket
import threading
from collections.abc import Callable
from datetime import datetime, timezone

from ..message import parse
from ..wire import body_of, head_of
from .answers import answer
from .check import Service, check


class Verifier:
    """A context manager. Lets a request in with an empty list, or refuses it as the service would."""

    def __init__(self, service: Service, now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        self.service = service
        self._now = now
        self._number = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "Verifier":
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

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            connection.settimeout(30)
            head = head_of(stream)
            if head is not None:
                connection.sendall(self._answer(head + body_of(head, stream)))

    def _answer(self, raw: bytes) -> bytes:
        request = parse(raw)
        refused = check(request, self.service, self._now())
        self._number += 1
        status, headers, body = 200, (("Content-Type", "application/xml"),), b"<ListBucketResult/>"
        if refused:
            told = answer(refused, self.service, self._number)
            status, headers, body = told.status, told.headers, told.body
        lines = [
            f"HTTP/1.1 {status} -",
            *(f"{name}: {value}" for name, value in headers),
            f"Content-Length: {len(body)}",
            "Connection: close",
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + (b"" if request.method == "HEAD" else body)

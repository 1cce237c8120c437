"""A forward proxy in front of a server that keeps every exchange as the server saw it.

The target, the headers and the body go to the server unchanged; only the request line loses its
`http://host`, as every proxy does. The answer may get other request ids (`answer_ids`), because ids
are not signed and an emulator's need not look like those of the service.
"""

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "expect"}


@dataclass
class Exchange:
    """One request as it reached the server, and what the server answered."""

    number: int
    time: datetime
    client: str
    method: str
    target: str
    http_version: str
    headers: list[tuple[str, str]]
    request_bytes: int
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer_bytes: int = 0
    error_body: str = ""
    total_ms: int = 0
    turnaround_ms: int = 0

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)


class RecordingProxy:
    """One listening port for each simulated client host, so that no header has to say who called."""

    def __init__(self, server_port: int, now: Callable[[], datetime] | None = None,
                 answer_ids: Callable[[int], tuple[str, str]] | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._server_port = server_port
        self._now = now or (lambda: datetime.now(timezone.utc))
        self._answer_ids = answer_ids
        self._ports: dict[str, int] = {}
        self._listeners: list[ThreadingHTTPServer] = []
        self._lock = threading.Lock()
        self._connections = threading.local()

    def __enter__(self) -> "RecordingProxy":
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()

    def port_for(self, client: str) -> int:
        """The port on which requests count as coming from `client`."""
        if client not in self._ports:
            listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, client))
            listener.daemon_threads = True
            listener.block_on_close = False
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
            self._listeners.append(listener)
            self._ports[client] = listener.server_address[1]
        return self._ports[client]

    def _pass_on(self, client: str, method: str, target: str, http_version: str,
                 headers: list[tuple[str, str]], body: bytes) -> tuple[Exchange, str, dict[str, str], bytes]:
        with self._lock:
            exchange = Exchange(len(self.exchanges) + 1, self._now(), client, method, target, http_version,
                                headers, len(body))
            self.exchanges.append(exchange)
        started = time.monotonic()
        answer = self._ask(method, target, headers, body)
        exchange.turnaround_ms = _milliseconds_since(started)
        content = answer.read()
        exchange.status = answer.status
        answer_headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
        if self._answer_ids:
            content = _put_ids(answer_headers, content, *self._answer_ids(exchange.number))
        exchange.answer_headers = {name.lower(): value for name, value in answer_headers.items()}
        exchange.answer_bytes = len(content)
        if exchange.status >= 300:
            exchange.error_body = content.decode("utf-8", "replace")
        exchange.total_ms = _milliseconds_since(started)
        return exchange, answer.reason, answer_headers, content

    def _ask(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._server_port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                connection.putheader(name, value)
        connection.putheader("Connection", "close")
        connection.endheaders(body or None)
        return connection.getresponse()


def _put_ids(headers: dict[str, str], content: bytes, request_id: str, host_id: str) -> bytes:
    """Gives the answer one request id and host id, in its headers and in an error body."""
    for name in [name for name in headers if name.lower() in ("x-amz-request-id", "x-amz-id-2", "x-amzn-requestid")]:
        del headers[name]
    headers |= {"x-amz-request-id": request_id, "x-amz-id-2": host_id}
    if b"<Error>" not in content:
        return content
    content = re.sub(rb"<(RequestId|HostId)>[^<]*</\1>|<(RequestId|HostId) ?/>", b"", content)
    ids = f"<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
    return content.replace(b"</Error>", ids.encode())


def _milliseconds_since(started: float) -> int:
    return max(1, round((time.monotonic() - started) * 1000))


def _handler(proxy: RecordingProxy, client: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            # Not self.path: http.server merges leading slashes there, and the target is signed.
            method, target, http_version = self.requestline.split(" ")
            if target.startswith("http://"):
                target = "/" + target.split("/", 3)[3]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            exchange, reason, headers, content = proxy._pass_on(
                client, method, target, http_version, list(self.headers.items()), body)
            has_body = method != "HEAD" and exchange.status not in (204, 304)
            if has_body:
                headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
                headers["Content-Length"] = str(len(content))
            lines = [f"HTTP/1.1 {exchange.status} {reason}"] + [f"{name}: {value}" for name, value in headers.items()]
            self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (content if has_body else b""))

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = _serve

        def log_message(self, *_: object) -> None:
            """Exchanges are kept, not printed."""

    return Handler

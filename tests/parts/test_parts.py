"""The parts that need no installation: the recording proxy keeps what it must, a missing part says so."""

import http.client
import os
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar
from unittest import mock

from parts import Ministack, MissingPart, RecordingProxy

ERROR = b"<Error><Code>NoSuchKey</Code><RequestId>uuid</RequestId><HostId>other</HostId></Error>"


class Server(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, list[tuple[str, str]], bytes]]] = []

    def do_PUT(self):
        self.seen.append((self.requestline, self.headers.items(), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(404)
        self.send_header("Content-Length", str(len(ERROR)))
        self.end_headers()
        self.wfile.write(ERROR)

    def log_message(self, *_):
        """Quiet."""


class RecordingProxyTest(unittest.TestCase):
    def setUp(self):
        Server.seen.clear()
        server = HTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.port = server.server_address[1]

    def put(self, proxy, target):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port_for("10.0.0.1"), timeout=5)
        self.addCleanup(connection.close)
        connection.putrequest("PUT", target, skip_host=True, skip_accept_encoding=True)
        for name, value in (("Host", "media.s3.example"), ("X-Odd", "a  b"), ("Content-Length", "2")):
            connection.putheader(name, value)
        connection.endheaders(b"hi")
        answer = connection.getresponse()
        return answer, answer.read()

    def test_target_headers_and_body_reach_the_server_unchanged(self):
        with RecordingProxy(self.port) as proxy:
            self.put(proxy, "http://media.s3.example//a%20b//c?x=%2F&y")
        ((line, headers, body),) = Server.seen
        self.assertEqual((line, body), ("PUT //a%20b//c?x=%2F&y HTTP/1.1", b"hi"))
        self.assertEqual([item for item in headers if item[0] != "Connection"],
                         [("Host", "media.s3.example"), ("X-Odd", "a  b"), ("Content-Length", "2")])
        (exchange,) = proxy.exchanges
        self.assertEqual((exchange.client, exchange.target, exchange.status, exchange.request_bytes),
                         ("10.0.0.1", "//a%20b//c?x=%2F&y", 404, 2))
        self.assertEqual(exchange.error_body, ERROR.decode())

    def test_the_answer_gets_the_given_ids(self):
        with RecordingProxy(self.port, answer_ids=lambda number: (f"ID{number}", "HOST")) as proxy:
            answer, body = self.put(proxy, "/a")
        self.assertEqual(answer.headers["x-amz-request-id"], "ID1")
        self.assertEqual(body, b"<Error><Code>NoSuchKey</Code><RequestId>ID1</RequestId><HostId>HOST</HostId></Error>")


class MissingPartTest(unittest.TestCase):
    def test_it_names_the_part_and_the_way_to_get_it(self):
        with mock.patch.dict(os.environ, {"SIGDRIFT_PARTS": "/nonexistent"}):
            with self.assertRaisesRegex(MissingPart, "ministack.*tests/setup"):
                Ministack().__enter__()


if __name__ == "__main__":
    unittest.main()

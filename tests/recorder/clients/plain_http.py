"""A request without the SDK, through a proxy: what browsers, scanners and presigned URLs use."""

import http.client
from urllib.parse import urlsplit


def get(url: str, proxy_port: int, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", proxy_port, timeout=30)
    try:
        connection.request("GET", url, headers={"Host": urlsplit(url).netloc, "Accept": "*/*"} | headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def call(order: dict) -> dict:
    return {"status": get(order["url"], order["proxy_port"], order["headers"])}

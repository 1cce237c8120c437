"""HTTP/1.1 requests as bytes on the wire, taken apart without interpreting them.

`http.client` and friends merge slashes, fold headers and change case, and each of that decides over a signature.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Request:
    """Names and values as on the wire; a value keeps its inner and outer spaces and its line folds."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name, trimmed."""
        values = self.all(name)
        return values[0].strip() if values else None

    def with_path(self, path: str) -> "Request":
        return self.with_target(path, self.query)

    def with_query(self, query: str) -> "Request":
        return self.with_target(self.path, query)

    def with_target(self, path: str, query: str) -> "Request":
        return replace(self, target=path + ("?" + query if query else ""))

    def with_header(self, name: str, value: str | None) -> "Request":
        """The header replaced where it stands, added at the end, or (`None`) dropped."""
        kept, done = [], value is None
        for key, old in self.headers:
            if key.lower() != name.lower():
                kept.append((key, old))
            elif not done:
                kept.append((key, value))
                done = True
        return replace(self, headers=tuple(kept if done else [*kept, (name, value)]))

    def with_body(self, body: bytes) -> "Request":
        changed = replace(self, body=body)
        return (
            changed if self.header("content-length") is None else changed.with_header("Content-Length", str(len(body)))
        )

    def to_bytes(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return encoded("\r\n".join(lines) + "\r\n\r\n") + self.body


def parse(raw: bytes) -> Request:
    """A request with CRLF or LF line ends. Its body is what follows the blank line."""
    head, found, body = raw.partition(b"\r\n\r\n")
    if not found:
        head, _, body = raw.partition(b"\n\n")
    lines = decoded(head).replace("\r\n", "\n").split("\n")
    method, _, rest = lines[0].partition(" ")
    target = rest.rpartition(" ")[0]
    headers: list[tuple[str, str]] = []
    for line in filter(None, lines[1:]):
        if line[0] in " \t" and headers:
            headers[-1] = (headers[-1][0], headers[-1][1] + "\r\n" + line)
        else:
            name, _, value = line.partition(":")
            headers.append((name, value.removeprefix(" ")))
    return Request(method, target, tuple(headers), body)


def encoded(text: str) -> bytes:
    """Text that came from bytes: what was no UTF-8 comes out as it went in."""
    return text.encode("utf-8", "surrogateescape")


def decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")

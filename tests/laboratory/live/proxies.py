"""nginx, haproxy and apache, each started once with all its rows of `breakers`."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from parts import Nginx
from parts.installed import system_program
from parts.process import ServerProcess, accepts_connections, free_port

from .breakers import BREAKERS, Breaker

_HAPROXY = """\
global
    maxconn 256
    expose-experimental-directives
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
"""
_APACHE_MODULES = (
    "mpm_event",
    "authz_core",
    "proxy",
    "proxy_http",
    "headers",
    "ext_filter",
    "filter",
    "setenvif",
    "env",
)


class Proxies:
    """A context manager; `ports` has the port of each breaker."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream = f"127.0.0.1:{upstream_port}"
        self.ports = {name: free_port() for name in BREAKERS}

    def __enter__(self) -> "Proxies":
        with ExitStack() as stack:
            stack.enter_context(Nginx(self._nginx(), [self.ports[one.name] for one in _of("nginx")]))
            self._start(stack, "haproxy", self._haproxy(), lambda program, folder, file: [program, "-db", "-f", file])
            self._start(
                stack,
                "apache2",
                self._apache(),
                lambda program, folder, file: [program, "-X", "-d", folder, "-f", file],
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _lines(self, one: Breaker) -> str:
        return one.lines.replace("{upstream}", self._upstream)

    def _nginx(self) -> str:
        return "\n".join(
            f"server {{ listen 127.0.0.1:{self.ports[one.name]}; {self._lines(one)} }}" for one in _of("nginx")
        )

    def _haproxy(self) -> str:
        fronts = "".join(
            f"frontend {one.name}\n    bind 127.0.0.1:{self.ports[one.name]}\n    {self._lines(one)}\n"
            f"    default_backend servers\n"
            for one in _of("haproxy")
        )
        return f"{_HAPROXY}{fronts}backend servers\n    server one {self._upstream}\n"

    def _apache(self) -> str:
        modules = "".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in _APACHE_MODULES
        )
        hosts = "".join(
            f"Listen 127.0.0.1:{self.ports[one.name]}\n<VirtualHost 127.0.0.1:{self.ports[one.name]}>\n"
            f"{self._lines(one)}\n</VirtualHost>\n"
            for one in _of("apache")
        )
        return (
            f"{modules}ServerName localhost\nDefaultRuntimeDir {{folder}}\n"
            f"PidFile {{folder}}/pid\nErrorLog {{folder}}/error.log\n"
            f'ExtFilterDefine lines mode=input cmd="/usr/bin/tr a-z A-Z"\n{hosts}'
        )

    def _start(self, stack: ExitStack, name: str, configuration: str, command) -> None:
        program = system_program(name)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"sigdrift-{name}-")))
        folder.chmod(0o755)
        file = folder / f"{name}.conf"
        file.write_text(configuration.replace("{folder}", str(folder)))
        ports = [self.ports[one.name] for one in _of(name.removesuffix("2"))]
        process = ServerProcess(name, command(program, folder, file), os.environ, folder / "output.log")
        stack.callback(process.stop)
        process.wait_until(lambda: all(accepts_connections(port) for port in ports))


def _of(program: str) -> list[Breaker]:
    return [one for one in BREAKERS.values() if one.program == program]

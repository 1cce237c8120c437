"""nginx with a given configuration, in a folder of its own."""

import os
import tempfile
from pathlib import Path

from .installed import system_program
from .process import ServerProcess, accepts_connections

_FRAME = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"""


class Nginx:
    """Runs the given `server { … }` blocks; `ports` are the loopback ports on which they listen."""

    def __init__(self, servers: str, ports: list[int]) -> None:
        self._servers = servers
        self._ports = ports

    def __enter__(self) -> "Nginx":
        program = system_program("nginx")
        self._folder = tempfile.TemporaryDirectory(prefix="sigdrift-nginx-")
        folder = Path(self._folder.name)
        # Started as root, the worker runs as another user, which has to reach its temporary files.
        folder.chmod(0o755)
        configuration = folder / "nginx.conf"
        configuration.write_text(_FRAME.format(folder=folder, servers=self._servers))
        try:
            self._process = ServerProcess(
                "nginx", [program, "-e", "stderr", "-p", folder, "-c", configuration], os.environ,
                folder / "output.log")
            self._process.wait_until(lambda: all(accepts_connections(port) for port in self._ports))
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
        self._folder.cleanup()

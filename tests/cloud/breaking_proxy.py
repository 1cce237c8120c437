"""A proxy that cuts off, stops or slows down what a server answers."""

import socket
import threading

_PIECE = 16 << 10


class BreakingProxy:
    """Passes TCP on to a server, and its answers back until `cut_after` bytes of a connection's answer.

    Only the first `breaks` answers that grow so long are broken; `on_break` is called before each, and
    with `stall_seconds` the answer stands still for so long before the connection closes.
    """

    def __init__(self, server_port: int, cut_after: int, breaks: int, on_break=lambda: None,
                 stall_seconds: float = 0) -> None:
        self.broken = 0
        self._server_port, self._cut_after, self._breaks = server_port, cut_after, breaks
        self._on_break, self._stall_seconds = on_break, stall_seconds
        self._ending = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> "BreakingProxy":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._listener.close()

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
            self._answer(server, client)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        try:
            while piece := server.recv(_PIECE):
                if passed + len(piece) > self._cut_after and self._takes_a_break():
                    client.sendall(piece[:self._cut_after - passed])
                    self._on_break()
                    self._ending.wait(self._stall_seconds)
                    return
                client.sendall(piece)
                passed += len(piece)
        except OSError:
            return

    def _takes_a_break(self) -> bool:
        with self._lock:
            if self.broken >= self._breaks:
                return False
            self.broken += 1
            return True


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return

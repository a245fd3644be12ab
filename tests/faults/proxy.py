"""A proxy between trainer and server: forwards bytes, and drops them on request."""

import random
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress

COMMIT = b"\x03COMMIT"
CHUNK, EPOCH, OTHER = "chunk", "epoch", "other"
"""What a commit may complete."""
RECENT = 2_000  # bytes
PIECE = 1 << 16


class Wire:
    """One connection: the trainer's end and the server's."""

    def __init__(self, client: socket.socket, upstream: socket.socket) -> None:
        self.client, self.upstream = client, upstream
        self.recent = b""
        self.answer_is_lost = self.deaf = False

    def cut(self) -> None:
        """End it, for both."""
        _end(self.client)
        _end(self.upstream)

    def forget(self) -> None:
        """Close it for the trainer; the server does not notice."""
        self.deaf = True
        _end(self.client)

    def committed(self) -> str:
        """Return what the commit that was just requested completes."""
        recent, self.recent = self.recent, b""
        if b"INSERT INTO telemetry_progress" in recent:
            return CHUNK
        return EPOCH if b"completed_epoch=" in recent else OTHER


class Proxy:
    """Listens on `port` of loopback (0: any) and forwards everything to the server's port.

    `lose` is called with what a commit completes, and returns whether to lose its answer and the
    connection. `cut_after` are numbers of bytes after which the connection that carries them is
    cut.
    """

    def __init__(self, server_port: int, port: int = 0) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self.lose: Callable[[str], bool] = lambda kind: False
        self.cut_after: list[int] = []
        self.wires: list[Wire] = []
        self.carried = self.cuts = 0
        self._lock = threading.Lock()
        self._silent = threading.Event()
        self._heard = threading.Event()
        self._heard.set()

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._listener)
        self._heard.set()
        for wire in list(self.wires):
            wire.cut()

    def silence(self) -> None:
        """Forward nothing more on any connection, old or new, until `speak`; close none."""
        self._heard.clear()

    def speak(self) -> None:
        """Forward everything again, including what has waited."""
        self._heard.set()

    def forget_all(self) -> None:
        """Lose every connection, like a restarted router: the server keeps its end."""
        for wire in list(self.wires):
            wire.forget()

    def scatter_cuts(self, chance: random.Random, number: int, among: int) -> None:
        """Cut `number` times, at random places among the next `among` bytes."""
        self.cut_after = sorted(self.carried + chance.randrange(among) for _ in range(number))
        print(f"cuts after {self.cut_after} bytes")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    self._connect(client)
                except OSError:  # the server is away, or the client has already gone
                    _end(client)

    def _connect(self, client: socket.socket) -> None:
        upstream = socket.create_connection(("127.0.0.1", self._server_port), 5)
        upstream.settimeout(None)
        for each in (client, upstream):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(client, upstream)
        self.wires.append(wire)
        for carry in (self._up, self._down):
            threading.Thread(target=carry, args=(wire,), daemon=True).start()

    def _up(self, wire: Wire) -> None:
        with suppress(OSError):
            while data := wire.client.recv(PIECE):
                self._heard.wait()
                wire.recent = (wire.recent + data)[-RECENT:]
                if data.endswith(COMMIT):
                    wire.answer_is_lost = self.lose(wire.committed())
                if self._is_cut(wire, len(data)):
                    data = data[: len(data) // 2]
                    wire.upstream.sendall(data)
                    break
                wire.upstream.sendall(data)
        if not wire.deaf:
            wire.cut()

    def _down(self, wire: Wire) -> None:
        with suppress(OSError):
            while data := wire.upstream.recv(PIECE):
                self._heard.wait()
                if wire.answer_is_lost:
                    break
                if self._is_cut(wire, len(data)):
                    wire.client.sendall(data[: len(data) // 2])
                    break
                wire.client.sendall(data)
        if not wire.deaf:
            wire.cut()

    def _is_cut(self, wire: Wire, size: int) -> bool:
        with self._lock:
            self.carried += size
            due = [each for each in self.cut_after if each <= self.carried]
            self.cut_after = self.cut_after[len(due) :]
            self.cuts += bool(due)
            return bool(due)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with suppress(OSError), closing(one):
        pass

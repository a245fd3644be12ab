"""A server that speaks enough of MySQL's protocol for a login, and then misbehaves."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from sqlalchemy import URL

PASSWORD = "the-secret-4711"
OK = b"\0\0\0\x02\0\0\0"
OK_AND_MORE = b"\0\0\0\x0a\0\0\0"
"""OK with the flag that another result follows."""
TLS = 0x0800
CAPABILITIES = 0x81FF_F7FF & ~TLS
QUERY = b"\x03"


class LeftError(Exception):
    """The client has closed the connection."""


@dataclass
class Client:
    """The client of a fake server, and all it has sent."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    sequence: int = 0

    def greet(self, plugin: bytes = b"mysql_native_password", tls: bool = False) -> None:
        """Send the first packet of a connection; a password is hashed as `plugin` does."""
        capabilities = CAPABILITIES | (TLS if tls else 0)
        body = b"\x0a8.4.0\0" + struct.pack("<I", 1) + b"saltsalt\0"
        body += struct.pack("<HBHHB", capabilities & 0xFFFF, 45, 2, capabilities >> 16, 21)
        self.send(body + b"\0" * 10 + b"saltsaltsalt\0" + plugin + b"\0")

    def send(self, payload: bytes) -> None:
        """Send one packet."""
        header = len(payload).to_bytes(3, "little") + bytes([self.sequence])
        self.sequence = (self.sequence + 1) % 256
        self.socket.sendall(header + payload)

    def read(self) -> bytes:
        """Return the payload of the client's next packet."""
        header = self._exactly(4)
        self.sequence = (header[3] + 1) % 256
        return self._exactly(int.from_bytes(header[:3], "little"))

    def log_in(self) -> None:
        """Greet the client and let it in with whatever it sends."""
        self.greet()
        self.read()
        self.send(OK)

    def agree_until(self, word: bytes) -> None:
        """Answer OK to every command until a query contains `word`, which is left unanswered."""
        while True:
            command = self.read()
            if command.startswith(QUERY) and word in command:
                return
            self.send(OK)

    def ask_for(self, path: str) -> bytes:
        """Ask for a file, as in LOAD DATA LOCAL; return everything that is sent of it."""
        self.send(b"\xfb" + path.encode())
        content = b""
        while packet := self.read():
            content += packet
        return content

    def _exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = self.socket.recv(length - len(data))
            if not piece:
                raise LeftError
            self.received += piece
            data += piece
        return data


@dataclass
class Fake:
    """A fake server's address, and its clients."""

    url: URL
    clients: list[Client] = field(default_factory=list)

    def received(self) -> bytes:
        """All that clients have sent."""
        return b"".join(bytes(client.received) for client in self.clients)


@contextmanager
def fake_server(behave: Callable[[Client], object]) -> Iterator[Fake]:
    """Serve every client on loopback with `behave`, one after the other, until the block ends.

    At its end all clients have been served, so their input is complete.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        fake = Fake(URL.create("mysql+pymysql", "me", PASSWORD, "127.0.0.1", port, "gradients"))

        def serve() -> None:
            while True:
                try:
                    client = Client(listener.accept()[0])
                except OSError:
                    return
                fake.clients.append(client)
                with client.socket:
                    client.socket.settimeout(20)
                    with suppress(LeftError, OSError):
                        behave(client)
                        client.read()  # waits for the client to leave

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield fake
        listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        thread.join(20)
        assert not thread.is_alive()

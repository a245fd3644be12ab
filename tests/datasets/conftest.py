"""Small generated data sets, and a mirror on loopback that can misbehave."""

import gzip
import hashlib
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets.catalogue import Publication, PublishedFile

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def encoded(array: np.ndarray) -> bytes:
    """The bytes of an IDX file, written independently of the code that reads them."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


@dataclass(frozen=True)
class Toy:
    publication: Publication
    files: dict[str, bytes]
    """Decompressed content by name."""

    def put(self, folder: Path, compress: bool = True) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            if compress:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
        return folder


@pytest.fixture(scope="session")
def idx_bytes() -> Callable[[np.ndarray], bytes]:
    return encoded


@pytest.fixture
def toy() -> Callable[..., Toy]:
    """Makes a data set of 20 training and 10 test images that depends on `seed`."""

    def make(name: str = "mnist", seed: int = 0, **of_publication) -> Toy:
        generator = np.random.default_rng(seed)
        files = {}
        for number, images, labels in ((20, *NAMES[:2]), (10, *NAMES[2:])):
            files[images] = encoded(generator.integers(0, 256, (number, 28, 28)))
            files[labels] = encoded(generator.integers(0, 10, number))
        published = tuple(
            PublishedFile(
                name=file,
                dimensions=3 if "images" in file else 1,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            for file, content in files.items()
        )
        return Toy(
            Publication(name=name, title=f"Toy {name}", files=published, **of_publication), files
        )

    return make


@dataclass
class Mirror:
    """What a mirror serves, how it misbehaves, and its requests."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the connection of the first, second, ... GET is cut."""
    gate: threading.Event | None = None
    """Delays every GET until it is set."""
    asked: threading.Event = field(default_factory=threading.Event)
    """Set when the first GET has come in."""
    requests: list[tuple[str, str]] = field(default_factory=list)

    def gets(self) -> list[str]:
        return [path for method, path in self.requests if method == "GET"]

    def serve(self, toy: Toy) -> None:
        self.files = {f"{name}.gz": gzip.compress(c, mtime=0) for name, c in toy.files.items()}


class MirrorHandler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        mirror: Mirror = self.server.mirror
        name = self.path.lstrip("/")
        mirror.requests.append((self.command, name))
        if name not in mirror.files:
            self.send_error(404)
            return
        content = mirror.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        mirror.asked.set()
        if mirror.gate is not None:
            mirror.gate.wait(timeout=30)
        length = mirror.cuts.pop(0) if mirror.cuts else len(content)
        with suppress(ConnectionError):  # a client may leave early: some tests are about that
            self.wfile.write(content[:length])


def served(mirror: Mirror) -> Iterator[Mirror]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), MirrorHandler)
    server.mirror = mirror
    mirror.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield mirror
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    yield from served(Mirror())


@pytest.fixture
def second_mirror() -> Iterator[Mirror]:
    yield from served(Mirror())


@pytest.fixture
def dead_mirror() -> str:
    """An address where nobody listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), MirrorHandler) as server:
        return f"http://127.0.0.1:{server.server_port}/"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")

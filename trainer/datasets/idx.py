"""An IDX file: a big-endian header with the length of each dimension, then one byte per value.

Format: LeCun, Cortes and Burges (1998), http://yann.lecun.com/exdb/mnist/. Files may be plain or
gzipped, whatever their names, and are never read further than the header promises.
"""

import io
import math
import stat
import struct
import zlib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vanishing_gradients.trainer.errors import DatasetError

CEILING = 128 * 2**20
"""The most bytes that a published file may promise: over twice the largest of the catalogue."""

REPLACE = "replace it with the published file"

_UNSIGNED_BYTES = b"\x00\x00\x08"
_GZIP_MAGIC = b"\x1f\x8b"
_DEFLATE_LIMIT = 1032  # no deflate stream grows by more (https://zlib.net/zlib_tech.html)
_COMPRESSED_CHUNK = 2**16


@dataclass(frozen=True, eq=False)
class IdxFile:
    """The content of one file: a uint8 array, and the SHA-256 of its decompressed bytes."""

    path: Path
    array: np.ndarray
    sha256: str
    cure: str

    def error(self, what: str) -> DatasetError:
        """Return the error that says what is wrong with this file and how to fix it."""
        return DatasetError(f"{self.path} {what}: {self.cure}.")


def read_idx(
    path: Path, dimensions: int | None, cure: str = REPLACE, ceiling: int = CEILING
) -> IdxFile:
    """Read an IDX file of unsigned bytes with `dimensions` dimensions, gzipped or plain.

    None stands for as many as its header says. Memory use is bounded by the file's own size and by
    `ceiling`, the most bytes that it may promise. Raises DatasetError, ending in
    `cure`, unless the file is complete and matches its header.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            folder = stat.S_ISDIR(status.st_mode)
            raise _BadContentError("is a folder, not a file" if folder else "is not a regular file")
        most = status.st_size
        if not most:
            raise _BadContentError("is empty")
        with path.open("rb") as stream:
            if stream.peek(2).startswith(_GZIP_MAGIC):
                stream, most = io.BufferedReader(_Inflated(stream)), most * _DEFLATE_LIMIT
            return IdxFile(path, *_read(stream, most, dimensions, ceiling), cure)
    except (_BadContentError, zlib.error, OSError) as error:
        what = str(error)
        if isinstance(error, zlib.error):
            what = f"is damaged ({error})"
        elif isinstance(error, OSError):
            what = f"cannot be read ({error.strerror or error})"
        raise DatasetError(f"{path} {what}: {cure}.") from error


class _BadContentError(Exception):
    """What is wrong with the content, as the end of a sentence that starts with the path."""


class _Inflated(io.RawIOBase):
    """The decompressed bytes of a file that is exactly one gzip member.

    Python's gzip reads long names, empty members and padding byte by byte: hours, for a sparse
    file.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        while not self._inflater.eof:
            compressed = self._inflater.unconsumed_tail or self._raw.read(_COMPRESSED_CHUNK)
            if not compressed:
                raise _BadContentError("ends in the middle of its compressed data")
            piece = self._inflater.decompress(compressed, len(buffer))
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)
        if self._inflater.unused_data or self._raw.read(1):
            raise _BadContentError("is damaged (something follows its compressed data)")
        return 0


def _read(
    stream: BinaryIO, most: int, dimensions: int | None, ceiling: int
) -> tuple[np.ndarray, str]:
    """Return the values of a file of at most `most` bytes, and the checksum of its bytes."""
    header, shape = _header(stream, dimensions)
    values = math.prod(shape)
    if values == 0 or len(header) + values > ceiling:
        described = " x ".join(map(str, shape))
        raise _BadContentError(f"promises {described} values, which no data set here has")
    if len(header) + values > most:
        raise _BadContentError(f"is cut short: its header promises {values} values")
    array = np.empty(values, np.uint8)
    filled = stream.readinto(array)
    if filled < values:
        raise _BadContentError(f"is cut short: {filled} of the {values} promised values")
    # Reading one byte more makes gzip compare its own checksum at the end of the data.
    if stream.read(1):
        raise _BadContentError(f"continues after the {values} values that its header promises")
    digest = sha256(header)
    digest.update(array)
    return array.reshape(shape), digest.hexdigest()


def _header(stream: BinaryIO, dimensions: int | None) -> tuple[bytes, tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:3] != _UNSIGNED_BYTES:
        raise _BadContentError(f"is not an IDX file of bytes (it begins with {magic.hex(' ')})")
    if dimensions is None:
        dimensions = magic[3]
    if magic[3] != dimensions:
        raise _BadContentError(f"has {magic[3]} dimensions instead of {dimensions}")
    lengths = stream.read(4 * dimensions)
    if len(lengths) < 4 * dimensions:
        raise _BadContentError("ends within its header")
    return magic + lengths, struct.unpack(f">{dimensions}I", lengths)

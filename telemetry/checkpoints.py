"""Serializes the state of a training run to bytes and back, bit for bit."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np

from vanishing_gradients.telemetry.recording import State

PART = 1 << 20
"""Bytes per part; as text in a statement a part may take twice as many."""


def pack(state: State) -> bytes:
    """Return the state as an uncompressed .npz archive."""
    buffer = io.BytesIO()
    arrays: Any = {name: np.asarray(value) for name, value in state.items()}
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def parts(data: bytes) -> Iterator[bytes]:
    """Yield the bytes in parts of at most PART."""
    for start in range(0, len(data), PART):
        yield data[start : start + PART]


def unpack(data: bytes) -> dict[str, np.ndarray]:
    """Return the state given to `pack`, every value as an array."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return dict(archive)

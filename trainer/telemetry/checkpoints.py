"""The state of a training run as bytes, and back, to the last bit."""

import io

import numpy as np

from trainer.recording import State


def pack(state: State) -> bytes:
    """Return the state as an uncompressed .npz archive."""
    buffer = io.BytesIO()
    np.savez(buffer, **{name: np.asarray(value) for name, value in state.items()})
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, np.ndarray]:
    """Return what `pack` was given, every value as an array."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return dict(archive)

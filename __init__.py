"""Every gradient of a neural network, in MySQL, behind versioned SQL views.

`watch` records those of your own model. Everything else is private.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vanishing_gradients.telemetry.watch import watch

_PLACES = {
    "watch": "telemetry.watch",
    "LightningWatch": "telemetry.adapters.lightning",
    "HuggingFaceWatch": "telemetry.adapters.hugging_face",
    "KerasWatch": "telemetry.adapters.keras",
}
__all__ = ["HuggingFaceWatch", "KerasWatch", "LightningWatch", "watch"]


def __getattr__(name: str) -> Any:
    """Import `name` on demand: each adapter needs a library that other users may not have."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

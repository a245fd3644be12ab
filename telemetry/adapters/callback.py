"""The base of all library callbacks: a watch that starts and ends with training.

Each callback is a subclass of its library's class, which is imported when the callback is created.
"""

import atexit
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from vanishing_gradients.telemetry.watch import watch
from vanishing_gradients.telemetry.watching import Watch

ACCURACIES = (
    "accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy",
)  # fmt: skip
"""Names under which libraries log an accuracy."""


class WatchCallback:
    """Watches a model while a library trains it, as a run of `experiment`; `options` are those of
    `watch`.

    For libraries that do not report exceptions to callbacks, use `with`: the run is then failed or
    interrupted immediately, and otherwise when the process ends.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Create an instance that also belongs to the library's class."""
        made: type[Self] = type(cls.__name__, (cls, *cls.bases()), {"__module__": cls.__module__})
        return object.__new__(made)

    def __init__(self, experiment: str, **options: Any) -> None:
        super().__init__()
        self._experiment, self._options = experiment, options
        self._watch: Watch | None = None

    @classmethod
    def bases(cls) -> Sequence[type]:
        """Return the library's base classes for callbacks."""
        return ()

    def begin(self, model: Any, optimizer: Any, **defaults: Any) -> Watch:
        """Start watching; `defaults` are options that the user may override.

        Raises DatabaseError or WatchError before training starts.
        """
        self.stop(RuntimeError("training has started again"))
        known = {name: each for name, each in defaults.items() if each is not None}
        self._watch = watch(model, optimizer, experiment=self._experiment, **known | self._options)
        self._watch.start()
        atexit.register(self.stop, KeyboardInterrupt())
        return self._watch

    def stop(self, error: BaseException | None = None) -> None:
        """End the watch; `error` is the exception that ended training, if any."""
        own, self._watch = self._watch, None
        if own is not None:
            atexit.unregister(self.stop)
            own.stop(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(error)


def loss_and_accuracy(metrics: Mapping[str, Any], *prefixes: str) -> dict[str, Any]:
    """Return the loss and accuracy found in `metrics` under any of the prefixes."""
    names = {"loss": ("loss",), "accuracy": ACCURACIES}
    found: dict[str, Any] = {}
    for kind, endings in names.items():
        known = (f"{prefix}{ending}" for prefix in prefixes for ending in endings)
        found[kind] = next((metrics[name] for name in known if name in metrics), None)
    return found

"""What callbacks of training libraries have in common: a watch that begins and ends with training.

Each is a subclass of its library's own class, which is imported when the callback is made.
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
"""What a fraction of right answers is called."""


class WatchCallback:
    """Watches a model while a library trains it, as a run of `experiment`; `options` are those of
    `watch`.

    Where the library tells no callback of exceptions, and training may end with one, `with` tells:
    the run is then failed or interrupted at once, and else when the process ends.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Make an instance that is also one of the library's own class."""
        made: type[Self] = type(cls.__name__, (cls, *cls.bases()), {"__module__": cls.__module__})
        return object.__new__(made)

    def __init__(self, experiment: str, **options: Any) -> None:
        super().__init__()
        self._experiment, self._options = experiment, options
        self._watch: Watch | None = None

    @classmethod
    def bases(cls) -> Sequence[type]:
        """Return the library's classes that its callbacks have to be of."""
        return ()

    def begin(self, model: Any, optimizer: Any, **defaults: Any) -> Watch:
        """Begin to watch; `defaults` are options that the user may have given otherwise.

        Raises DatabaseError or WatchError, before training has begun.
        """
        self.stop(RuntimeError("training has begun anew"))
        known = {name: each for name, each in defaults.items() if each is not None}
        self._watch = watch(model, optimizer, experiment=self._experiment, **known | self._options)
        self._watch.start()
        atexit.register(self.stop, KeyboardInterrupt())
        return self._watch

    def stop(self, error: BaseException | None = None) -> None:
        """End the watch, `error` being what has ended training, if something has."""
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
    """Return what `metrics` have of the loss and the accuracy, by any of the prefixes."""
    names = {"loss": ("loss",), "accuracy": ACCURACIES}
    found: dict[str, Any] = {}
    for kind, endings in names.items():
        known = (f"{prefix}{ending}" for prefix in prefixes for ending in endings)
        found[kind] = next((metrics[name] for name in known if name in metrics), None)
    return found

"""Watch your own model: `with watch(model, optimizer, experiment="my_net") as w:`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import URL

from vanishing_gradients.sql.names import checked_experiment
from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.recording import FULL, STATISTICS
from vanishing_gradients.telemetry.roads import AUTO
from vanishing_gradients.telemetry.watched_layers import Wanted
from vanishing_gradients.telemetry.watched_run import Manners
from vanishing_gradients.telemetry.watching import Watch


def watch(
    model: Any = None,
    optimizer: Any = None,
    *,
    experiment: str,
    url: str | URL | None = None,
    telemetry: str | Mapping[str, str] = STATISTICS,
    every: int = 1,
    layers: Sequence[str] = ("*",),
    skip: Sequence[str] = (),
    activations: bool = True,
    updates: bool = True,
    biases: bool = False,
    run: int | None = None,
    first_epoch: int | None = None,
    seed: int | None = None,
    dataset: str | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    config: Mapping[str, Any] | None = None,
    when_behind: str = "wait",
    patience: float = 60.0,
    on_error: str = "warn",
    road: str = AUTO,
) -> Watch:
    """Return a context manager that records a model's gradients while your own loop trains it.

    Args:
        model: a PyTorch module; None if gradients are passed to `Watch.step`.
        optimizer: the PyTorch optimizer that trains it, or several, of which the last one's steps
            count.
        experiment: a name for runs of this network: a lower-case letter, then up to 31 lower-case
            letters, digits or underscores.
        url: the database; else DATABASE_URL, else what `vanishing-gradients up` has started.
        telemetry: "statistics" keeps statistics of each layer and neuron; "full" also keeps every
            gradient; a mapping of globs of names to either chooses by layer.
        every: record one step in this many.
        layers: globs of the names of tensors to watch, such as "encoder.*".
        skip: globs of those to leave out.
        activations: whether to watch gradients with respect to activations' inputs and the output.
        updates: whether to record norms of weights and of their changes.
        biases: whether to watch biases and other vectors.
        run: the number of a run to resume after its last epoch, or at `first_epoch`.
        first_epoch: the epoch to resume at; later ones are removed.
        seed: the random seed, for comparisons.
        dataset: the training data, for titles.
        epochs: the planned number of epochs, for titles.
        steps_per_epoch: the length of epochs in steps, whatever the loop says.
        config: any JSON data, stored with the run.
        when_behind: "wait" for a server that does not keep up, or "thin": drop steps.
        patience: how many seconds to wait, each time, for a server that is away.
        on_error: "warn" reports errors of recording; "raise" lets them end training.
        road: how rows travel to the server: auto, binary, text or insert.

    Raises:
        WatchError: the model, or an option, cannot be used.
        DatabaseError: on entering, if no database can be used.
        ResumeError: on entering, if there is no such run to resume.
    """
    return Watch(
        model, optimizer, checked_experiment(experiment), url,
        Wanted(_globs("layers", layers), _globs("skip", skip), _telemetry(telemetry)),
        _counted("every", every), (activations, updates, biases), run,
        None if first_epoch is None else _counted("first_epoch", first_epoch),
        {"seed": seed, "dataset": dataset, "epochs": epochs},
        None if steps_per_epoch is None else _counted("steps_per_epoch", steps_per_epoch),
        dict(config or {}),
        Manners(
            float(patience), _chosen("when_behind", when_behind, ("wait", "thin")) == "thin",
            _chosen("on_error", on_error, ("warn", "raise")) == "warn", road,
        ),
    )  # fmt: skip


def _telemetry(value: str | Mapping[str, str]) -> str | Mapping[str, str]:
    if isinstance(value, str):
        return _chosen("telemetry", value, (STATISTICS, FULL))
    return {glob: _chosen("telemetry", each, (STATISTICS, FULL)) for glob, each in value.items()}


def _chosen(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise WatchError(f"{name}={value!r} is not known: choose {' or '.join(map(repr, known))}")
    return value


def _counted(name: str, value: int) -> int:
    if not isinstance(value, int) or value < 1:
        raise WatchError(f"{name}={value!r} is not a number of steps or epochs: give 1 or more")
    return value


def _globs(name: str, value: Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)

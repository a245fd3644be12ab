"""The handle that a training loop has on its watched model.

PyTorch is imported only when a model is watched.
"""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import URL

from vanishing_gradients import console
from vanishing_gradients.installation import as_command
from vanishing_gradients.server import lifecycle
from vanishing_gradients.sql import address
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.telemetry.epoch_book import EpochBook, EpochLoop
from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.recording import FULL
from vanishing_gradients.telemetry.runs import DTYPES, RunDescription
from vanishing_gradients.telemetry.space import raw_bytes, room_for
from vanishing_gradients.telemetry.watched_layers import (
    StepGradient,
    StepUpdate,
    Wanted,
    WatchedLayer,
    run_layers,
    too_wide,
)
from vanishing_gradients.telemetry.watched_run import Manners, WatchedRun
from vanishing_gradients.words import counted

if TYPE_CHECKING:
    from vanishing_gradients.telemetry.torch_model import TorchModel

CONSTANTS = ("momentum", "weight_decay", "betas", "eps", "nesterov")
"""What is recorded of an optimizer besides its name and rate, if it has it."""
_watched: set[int] = set()
"""The models, by id, that are being watched in this process."""


class Watch:
    """A training loop's handle on its watched model; created by `watch`.

    Everything is recorded when the optimizer steps. `epoch` counts epochs; `log` and `evaluated`
    add losses and accuracies.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        experiment: str,
        url: str | URL | None,
        wanted: Wanted,
        every: int,
        parts: tuple[bool, bool, bool],
        run: int | None,
        first_epoch: int | None,
        about: Mapping[str, Any],
        steps_per_epoch: int | None,
        config: dict[str, Any],
        manners: Manners,
    ) -> None:
        self._model, self._experiment, self._url = model, experiment, url
        self._optimizers = list(optimizer) if isinstance(optimizer, list | tuple) else [optimizer]
        if (model is None) != (optimizer is None):
            raise WatchError(
                "give watch a model and the optimizer that trains it, or neither, to use "
                "w.step(grads, params)"
            )
        self._wanted, self._every, self._parts = wanted, every, parts
        self._resumed, self._first_epoch, self._about = run, first_epoch, about
        self._steps_per_epoch, self._config, self._manners = steps_per_epoch, config, manners
        self._said: set[str] = set()
        self._torch: TorchModel | None = None
        self._run: WatchedRun | None = None
        self._lock = threading.Lock()
        self._source = "torch"
        self._process = os.getpid()
        self._names: list[str] = []

    # -- a context ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(error)

    def start(self) -> None:
        """Start watching; `with` calls this."""
        if self._run is not None:
            raise WatchError("this watch has already started: make another one with watch(...)")
        if id(self._model) in _watched:
            raise WatchError(
                "this model is being watched already: end that watch first, by leaving its `with`"
            )
        torch_model = None
        if self._model is not None:
            torch_model = import_module("vanishing_gradients.telemetry.torch_model")
        if torch_model and not torch_model.leads():
            self._book = EpochBook(1, self._steps_per_epoch)
            return
        try:
            found = self._address()
            self._run = WatchedRun(
                found, self._manners, self.note, self._resumed, self._first_epoch
            )
            first = self._run.require_ready()
        except DatabaseError as error:
            self._run = None
            raise type(error)(as_command(str(error))) from None
        self._book = EpochBook(first, self._steps_per_epoch)
        if torch_model:
            self._torch = torch_model.TorchModel(
                self._model, self._optimizers, self, self._wanted, *self._parts
            )
            assert self._torch is not None
            self._torch.attach()
            _watched.add(id(self._model))

    def stop(self, error: BaseException | None = None) -> None:
        """End the watch; `error` is the exception that ended training, if any."""
        run, torch = self._run, self._torch
        if run is None or os.getpid() != self._process:
            return
        self._run = self._torch = None
        if torch:
            torch.detach()
            _watched.discard(id(self._model))
        if error is None and run.begun:
            if self._book.open and self._book.step:
                self._book.end()
            if self._book.ended:
                run.close_epoch(self._book.close(self._learning_rate()))
        status = run.end(error)
        if status is None:
            if error is None:
                self.note(
                    "No step of the optimizer was seen, so nothing is recorded: does the "
                    "loop step this one?"
                )
            return
        self.note(
            f"Run {run.run_id} is {status}: `make diagnose RUN={run.run_id}` says what is wrong "
            "with its gradients."
        )

    # -- called by the loop ------------------------------------------------------------------------

    def epoch(self, loader: Iterable[Any] | None = None) -> EpochLoop:
        """Iterate over the batches of an epoch; without a loader, return a context."""
        return EpochLoop(self, loader)

    def log(self, *, loss: Any = None, accuracy: Any = None) -> None:
        """Log the batch's loss, and its accuracy as a fraction: numbers, or one-element tensors.

        A tensor is fetched later, with others.
        """
        self._book.log({"loss": loss, "accuracy": accuracy})

    def evaluated(self, *, loss: Any = None, accuracy: Any = None) -> None:
        """Store results on held-out data after the epoch: loss, and accuracy as a fraction."""
        self._book.held_out({"loss": loss, "accuracy": accuracy})

    def before_clipping(self) -> None:
        """Record the gradients of this step as they are now; call it before clipping them.

        The step then also records the norm that was left after clipping.
        """
        if self._torch:
            self.guarded(self._torch.before_clipping)

    def probe(self, tensor: Any, name: str) -> Any:
        """Watch the gradient with respect to a tensor of the forward pass; return the tensor."""
        torch = self._torch
        if torch:
            self.guarded(lambda: torch.probe(tensor, name))
        return tensor

    def step(self, grads: Any, params: Any = None, updates: Any = None) -> None:
        """Record one step of a loop without hooks: gradients by name, or any tree of arrays.

        `params` (the weights before the step) and `updates` (what is added to them) are trees of
        the same form, whose norms are recorded. An array's neurons are in its last dimension; for
        PyTorch tensors, in the first.
        """
        self.guarded(lambda: self.take_tree(grads, params, updates))

    def trained_by(self, optimizer: Any) -> None:
        """Set the optimizer of a loop without hooks: its name and `param_groups` are recorded."""
        self._optimizers = [optimizer]

    # -- called by the epochs and the model --------------------------------------------------------

    def epoch_begins(self, batches: int | None = None, steps: int | None = None) -> None:
        """Handle the start of an epoch of the loop, of so many batches or steps if known."""
        if self._steps_per_epoch:
            return
        if self._book.open:
            self._book.end()
        self._close_ended()
        self._book.begin(told=True, batches=batches, steps=steps)

    def batch_comes(self, samples: int | None) -> None:
        """Handle the next batch of the loop."""
        self._between_steps()
        self._open_epoch()
        self._book.batch(samples)

    def epoch_ends(self) -> None:
        """Handle the end of an epoch of the loop."""
        self._between_steps()
        if not self._steps_per_epoch:
            self._book.end()

    def wanted(self) -> bool:
        """Return whether the next step is to be recorded."""
        step = self._book.step if self._book.open else 0
        return self._run is not None and self._run.recording and step % self._every == 0

    def begin(self, layers: Sequence[WatchedLayer], before_clipping: bool, single: bool) -> None:
        """Register the run with its layers."""
        run = self._run
        assert run is not None, "layers come only after the watch has started"
        members = run_layers(layers, self._wanted)
        description = RunDescription(
            experiment=self._experiment,
            precision="single" if single else "double",
            telemetry="full" if any(each.kept == FULL for each in members) else "statistics",
            record_every=self._every,
            dataset_sha256=None,
            training_images=None,
            config=self._config | {"watch": self._about_training()},
            layers=members,
            source=self._source,
            recorded_at="before_clipping" if before_clipping else "as_stepped",
            **self._about,
        )
        for each in too_wide(layers, self._wanted):
            self.note(
                f"{each.source_name} has {each.width:,} neurons, more than a table can "
                "hold: only its statistics are kept."
            )
        if stored := [each for each in members if each.kept == FULL]:
            size = raw_bytes(stored, DTYPES[description.precision].itemsize)
            self.note(room_for(run.url, size, len(stored), self._every))
        run.begin(description)
        if run.begun:
            rows = f"every row of {counted(len(stored), 'layer')}" if stored else "statistics alone"
            self.note(
                f"Run {run.run_id}: {description.experiment}, {counted(len(members), 'layer')}, "
                + ("every step" if self._every == 1 else f"one step of {self._every}")
                + f", {rows}."
            )

    def take(self, gradients: Sequence[StepGradient | None]) -> bool:
        """Take copies of a step's gradients."""
        run = self._run
        if run is None:
            return False
        self._open_epoch()
        taken = run.record(self._book.epoch, self._book.step + 1, gradients)
        if taken:
            self._book.recorded()
        return taken

    def take_updates(self, updates: Sequence[StepUpdate | None]) -> None:
        """Take the updates of the recorded step."""
        if self._run:
            self._run.record_updates(updates)

    def step_done(self) -> None:
        """Count a step."""
        self._open_epoch()
        book = self._book
        book.step_over()
        if self._run and (pulse := self._run.pulse):
            pulse.at(book.epoch, book.step, book.steps, book.mean("loss"), book.mean("accuracy"))

    def guarded(self, action: Callable[[], object]) -> None:
        """Run `action` so that its errors do not end training, unless that was asked for."""
        if self._run and self._run.recording:
            self._run.guarded(action)

    def note(self, sentence: str) -> None:
        """Report something once."""
        with self._lock:
            new = sentence not in self._said
            self._said.add(sentence)
        if new:
            console.say(as_command(sentence))

    # -- within ------------------------------------------------------------------------------------

    def _address(self) -> URL:
        if self._url is None:
            return lifecycle.current().owner
        return self._url if isinstance(self._url, URL) else address.parse(self._url)

    def _open_epoch(self) -> None:
        """Start an epoch if the loop has not."""
        if not self._book.open:
            self._close_ended()
            self._book.begin()

    def _close_ended(self) -> None:
        if self._book.ended:
            metrics = self._book.close(self._learning_rate())
            if self._run and self._run.begun:
                self._run.close_epoch(metrics)

    def _between_steps(self) -> None:
        if self._torch:
            self.guarded(self._torch.between_steps)

    def _learning_rate(self) -> float | None:
        groups = getattr(self._optimizers[-1], "param_groups", None)
        return float(groups[0]["lr"]) if groups else None

    def _about_training(self) -> dict[str, Any]:
        """Return what is known of the optimizer and of the first batch."""
        known: dict[str, Any] = {"batch_size": self._book.samples}
        if (optimizer := self._optimizers[-1]) is not None:
            group = optimizer.param_groups[0]
            known |= {"optimizer": type(optimizer).__name__, "learning_rate": self._learning_rate()}
            known |= {name: group[name] for name in CONSTANTS if name in group}
        if self._torch is not None:
            known["dropout"] = self._torch.dropout()
        return {name: value for name, value in known.items() if value is not None}

    def take_tree(
        self,
        grads: Any,
        params: Any,
        updates: Any,
        source: str | None = None,
        before_clipping: bool = False,
    ) -> None:
        """Take a step as `step` does; `source` is the library, by default that of the arrays.

        `before_clipping` says that the optimizer may clip the gradients.
        """
        from vanishing_gradients.telemetry import tree

        named, found = tree.named_arrays(grads)
        self._source = source or found
        chosen = {name: each for name, each in named.items() if self._wanted.takes(name)}
        if not self._parts[2]:
            chosen = {name: each for name, each in chosen.items() if each.ndim > 1}
        if not self._names:
            self._names = list(chosen)
            layers = [tree.layer(name, each, self._source) for name, each in chosen.items()]
            single = all(each.dtype.itemsize < 8 for each in chosen.values())
            self.begin(layers, before_clipping, single)
        if self.wanted():
            gradients = [
                StepGradient(number, tree.matrix(chosen[name], self._source))
                if name in chosen
                else None
                for number, name in enumerate(self._names, 1)
            ]
            if self.take(gradients) and params is not None:
                norms = tree.norms(params, updates)
                self.take_updates([norms.get(name) for name in self._names])
        self.step_done()

"""Lightning: `Trainer(callbacks=[LightningWatch("my_net")])`."""

import math
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from vanishing_gradients.telemetry.adapters.callback import WatchCallback, loss_and_accuracy
from vanishing_gradients.telemetry.epoch_book import samples_of
from vanishing_gradients.telemetry.errors import WatchError

HELD_OUT = ("val_", "valid_", "validation_")
"""Prefixes of metrics logged on held-out data."""


class LightningWatch(WatchCallback):
    """Watches what a Trainer of `lightning` or `pytorch_lightning` fits.

    Rows are gradients before the Trainer clips them, summed over accumulated batches. Losses are
    those that `training_step` returns; held-out results are those logged as val_loss and val_acc or
    val_accuracy. `model` is the dotted path of the part to watch, by default the whole module;
    `optimizer` is the index of the one that trains it, required if there are several.
    """

    def __init__(
        self, experiment: str, *, model: str = "", optimizer: int | None = None, **options: Any
    ) -> None:
        super().__init__(experiment, **options)
        self._part, self._number = model, optimizer

    @classmethod
    def bases(cls) -> Sequence[type]:
        """Return the class Callback of whichever of the two libraries are imported."""
        names = ("lightning.pytorch", "pytorch_lightning")
        used = [name for name in names if name in sys.modules]
        found = used or [name for name in names if find_spec(name.partition(".")[0])][:1]
        if not found:
            raise WatchError("LightningWatch needs Lightning: pip install lightning")
        return [import_module(name).Callback for name in found]

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Start watching, in the first process only."""
        if not trainer.is_global_zero:
            return
        optimizers = trainer.optimizers
        if self._number is None and len(optimizers) > 1:
            raise WatchError(
                f"this module has {len(optimizers)} optimizers, but a watch follows only one: use "
                "one LightningWatch for each, such as LightningWatch('my_net_d', optimizer=1, "
                "model='discriminator')"
            )
        self._optimizer = optimizers[self._number or 0]
        epochs = trainer.max_epochs if (trainer.max_epochs or 0) > 0 else None
        self.begin(pl_module.get_submodule(self._part), self._optimizer, epochs=epochs)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """An epoch begins."""
        if self._watch:
            self._watch.epoch_begins(steps=_steps(trainer, pl_module))

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, index: int) -> None:
        """The next batch comes."""
        if self._watch:
            self._watch.batch_comes(samples_of(batch))

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Gradients are complete, unscaled and unclipped, except perhaps in manual optimization."""
        own = getattr(optimizer, "optimizer", optimizer) is self._optimizer
        if self._watch and own and trainer.gradient_clip_val and pl_module.automatic_optimization:
            self._watch.before_clipping()

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, index: int
    ) -> None:
        """Log the loss, which was divided by the number of accumulated batches."""
        found = outputs if isinstance(outputs, Mapping) else {"loss": outputs}
        if self._watch and (loss := found.get("loss")) is not None:
            self._watch.log(loss=loss * trainer.accumulate_grad_batches)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Store what was logged on held-out data."""
        if self._watch and not trainer.sanity_checking:
            self._watch.evaluated(**loss_and_accuracy(trainer.callback_metrics, *HELD_OUT))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """The epoch is over."""
        if self._watch:
            self._watch.epoch_ends()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End the watch after training."""
        self.stop()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the watch after an exception."""
        self.stop(exception)


def _steps(trainer: Any, pl_module: Any) -> int | None:
    """Return the steps of an epoch; None if the data or a loop of the module's own do not tell."""
    batches = trainer.num_training_batches
    if not pl_module.automatic_optimization or not math.isfinite(batches):
        return None
    return math.ceil(batches / trainer.accumulate_grad_batches)

"""Hugging Face: `Trainer(..., callbacks=[HuggingFaceWatch("my_net")])`."""

from collections.abc import Mapping, Sequence
from typing import Any

from vanishing_gradients.telemetry.adapters.backward import after_backward
from vanishing_gradients.telemetry.adapters.callback import WatchCallback, loss_and_accuracy
from vanishing_gradients.telemetry.errors import WatchError


class HuggingFaceWatch(WatchCallback):
    """Watches what a Trainer of `transformers` trains.

    An epoch is a window of `logging_steps` steps, or of `steps_per_epoch`, since many trainings
    have only one epoch; if `logging_strategy` is not "steps", it is the Trainer's epoch. Rows are
    gradients before the Trainer clips them; with fp16, which unscales only then, after clipping.
    Losses are those that the Trainer logs, with `logging_nan_inf_filter` off while it is watched:
    the filter would replace losses that are not finite.
    """

    _handle: Any = None

    @classmethod
    def bases(cls) -> Sequence[type]:
        """Return the class TrainerCallback."""
        try:
            from transformers import TrainerCallback
        except ImportError:
            raise WatchError(
                "HuggingFaceWatch needs Hugging Face's Trainer: pip install transformers accelerate"
            ) from None
        return [TrainerCallback]

    def on_train_begin(
        self, args: Any, state: Any, control: Any, *, model: Any, optimizer: Any, **others: Any
    ) -> None:
        """Start watching, in the first process only."""
        if not state.is_world_process_zero:
            return
        from vanishing_gradients.telemetry.torch_optimizers import unwrapped

        windows = max(1, state.logging_steps) if args.logging_strategy == "steps" else None
        own = self.begin(model, unwrapped(optimizer), seed=args.seed, steps_per_epoch=windows)
        self._filter = args.logging_nan_inf_filter
        args.logging_nan_inf_filter = False
        self._samples = args.train_batch_size * args.gradient_accumulation_steps
        loader: Any = others.get("train_dataloader")
        batches = len(loader) if hasattr(loader, "__len__") else 0
        self._steps = -(-batches // args.gradient_accumulation_steps)
        scaled = getattr(optimizer, "scaler", None) is not None
        state_of = getattr(optimizer, "gradient_state", None)
        if args.max_grad_norm > 0 and not scaled and state_of is not None:
            self._handle = after_backward(
                model, own.before_clipping, lambda: bool(state_of.sync_gradients)
            )

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """An epoch begins."""
        if self._watch:
            self._watch.epoch_begins(steps=self._steps or None)

    def on_step_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Announce the next batch; all but the last of an epoch have the same size."""
        if self._watch:
            last = self._steps and (state.global_step + 1) % self._steps == 0
            self._watch.batch_comes(None if last else self._samples)

    def on_log(
        self, args: Any, state: Any, control: Any, *, logs: Mapping[str, Any], **others: Any
    ) -> None:
        """Log the loss, a mean over the steps since the last log."""
        if self._watch:
            self._watch.log(loss=logs.get("loss"))

    def on_evaluate(
        self, args: Any, state: Any, control: Any, *, metrics: Mapping[str, Any], **others: Any
    ) -> None:
        """Store the results on held-out data."""
        if self._watch:
            self._watch.evaluated(**loss_and_accuracy(metrics, "eval_"))

    def on_epoch_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """The epoch is over."""
        if self._watch:
            self._watch.epoch_ends()

    def on_train_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """End the watch after training."""
        if self._watch:
            args.logging_nan_inf_filter = self._filter
        self.stop()

    def stop(self, error: BaseException | None = None) -> None:
        """End the watch; `error` is the exception that ended training, if any."""
        if self._handle:
            self._handle.remove()
            self._handle = None
        super().stop(error)

"""Keras 3 on PyTorch: `model.fit(..., callbacks=[KerasWatch("my_net")])`."""

from collections.abc import Mapping, Sequence
from typing import Any

from vanishing_gradients.telemetry.adapters.callback import WatchCallback, loss_and_accuracy
from vanishing_gradients.telemetry.errors import WatchError
from vanishing_gradients.telemetry.torch_tensors import in_numpy
from vanishing_gradients.telemetry.watching import Watch

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


class KerasWatch(WatchCallback):
    """Watches the weights of a model that Keras fits, by the paths of its variables.

    Rows are gradients as the optimizer gets them, unscaled, before it clips them. Losses and
    accuracies come from Keras' logs.
    """

    @classmethod
    def bases(cls) -> Sequence[type]:
        """Return the class Callback."""
        try:
            from keras.callbacks import Callback
        except ImportError:
            raise WatchError("KerasWatch needs Keras 3 and PyTorch: pip install keras") from None
        return [Callback]

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Start watching."""
        from keras import backend

        keras: Any = self
        model = keras.model
        if backend.backend() != "torch":
            raise WatchError(
                f"KerasWatch needs Keras' PyTorch backend, and this is {backend.backend()}: in a "
                "train_step of your own, pass gradients to w.step(grads, params)"
            )
        if model.jit_compile is True:
            raise WatchError(
                "a train_step that is compiled as a whole cannot be watched: leave jit_compile out"
            )
        optimizer: Any = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        own = self.begin(None, None, epochs=keras.params.get("epochs"))
        own.trained_by(_as_torch(optimizer))
        self._apply(own, optimizer)

    def _apply(self, own: Watch, optimizer: Any) -> None:
        """Wrap the optimizer's `apply` to record its gradients."""
        clips = any(getattr(optimizer, name, None) for name in CLIPS)
        apply = optimizer.apply

        def watched(grads: Any, trainable_variables: Any = None) -> None:
            if trainable_variables is None or not own.wanted():
                apply(grads, trainable_variables)
                own.guarded(own.step_done)
                return
            known = {each.path: each for each in trainable_variables}
            given = zip(known, grads, strict=True)
            named = {path: _copy(grad) for path, grad in given if grad is not None}
            before = {path: _copy(known[path].value) for path in named}
            apply(grads, trainable_variables)
            changes = {path: _copy(known[path].value) - before[path] for path in named}
            own.guarded(lambda: own.take_tree(named, before, changes, "keras", clips))

        self._optimizer, optimizer.apply = optimizer, watched

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """An epoch begins."""
        if self._watch:
            keras: Any = self
            self._watch.epoch_begins(steps=keras.params.get("steps"))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """The epoch is over, including the evaluation on held-out data."""
        if self._watch:
            self._watch.log(**loss_and_accuracy(logs or {}, ""))
            self._watch.evaluated(**loss_and_accuracy(logs or {}, "val_"))
            self._watch.epoch_ends()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """End the watch after training."""
        self.stop()

    def stop(self, error: BaseException | None = None) -> None:
        """End the watch; `error` is the exception that ended training, if any."""
        if self._watch and "apply" in vars(self._optimizer):
            del self._optimizer.apply
        super().stop(error)


def _copy(tensor: Any) -> Any:
    return in_numpy(tensor.detach()).copy()


def _as_torch(optimizer: Any) -> Any:
    """Return a stand-in with the same class name and the learning rate as in PyTorch."""
    rate = property(lambda _: [{"lr": float(optimizer.learning_rate.value)}])
    return type(type(optimizer).__name__, (), {"param_groups": rate})()

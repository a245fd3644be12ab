"""Forward passes of a PyTorch model: the order of its modules, and gradients of their inputs.

They are observed by two hooks that PyTorch keeps for all modules. A module's own hooks are part of
it: they would be pickled, copied and compiled with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from vanishing_gradients.telemetry.torch_activations import TorchActivation, activation_of
from vanishing_gradients.telemetry.torch_tensors import first_tensor, in_numpy, neurons_last, plain
from vanishing_gradients.telemetry.watched_layers import OUTPUT, StepGradient, WatchedLayer
from vanishing_gradients.words import Say, counted

if TYPE_CHECKING:
    import torch

PROBE = "probe"
CHANNELS_FIRST = ("Conv", "BatchNorm", "InstanceNorm", "GroupNorm")
CHANNELS_LAST = ("Linear", "Embedding", "LayerNorm", "RMSNorm", "MultiheadAttention")
"""Parts of class names whose outputs have neurons in dimension 1, or in the last."""


@dataclass
class Signal:
    """An activation's input, a probe or the output, as the first forward pass saw it.

    `call` counts the calls of a module within a forward pass, from 1. `gradients`, each of shape
    (..., width), and `counts`, (width,), are from the backward passes since the last step.
    """

    name: str
    call: int
    activation: TorchActivation | None
    shape: tuple[int, ...]
    dtype: str
    channels_first: bool
    gradients: "list[torch.Tensor]" = field(default_factory=list)
    counts: "list[torch.Tensor]" = field(default_factory=list)

    @property
    def source_name(self) -> str:
        """The name of the module, and the number of the call if it is not the first."""
        return self.name if self.call == 1 else f"{self.name}#{self.call}"

    @property
    def width(self) -> int:
        """The number of neurons."""
        if len(self.shape) < 2:
            return 1
        return self.shape[1] if self.channels_first and len(self.shape) > 2 else self.shape[-1]

    def layer(self) -> WatchedLayer:
        """Return the layer to record."""
        size = 1
        for length in self.shape:
            size *= length
        known = self.activation
        kind = known.kind if known else (OUTPUT if self.name == OUTPUT else PROBE)
        return WatchedLayer(
            self.source_name,
            kind,
            kind,
            "sample",
            size // max(1, self.width),
            self.width,
            {"shape": list(self.shape), "dtype": self.dtype},
            len(self.shape),
            gain=known.gain if known else None,
            flat=known.flat if known else None,
        )

    def of_step(self, number: int, scale: float) -> StepGradient | None:
        """Return its gradient since the last step, divided by `scale`; None if there is none."""
        import torch

        if not self.gradients:
            return None
        cells = self.gradients[0]
        if len(self.gradients) > 1:  # from passes that may differ in length
            cells = torch.cat([each.reshape(-1, self.width) for each in self.gradients])
        if scale != 1.0:
            cells = cells / scale
        counts = sum(self.counts[1:], self.counts[0]) if self.counts else None
        return StepGradient(number, in_numpy(cells), None if counts is None else in_numpy(counts))

    def forget(self) -> None:
        """Drop the gradients after a step, or if there will be none."""
        self.gradients.clear()
        self.counts.clear()


@dataclass(frozen=True)
class _Module:
    """A module of the model: whether its output has neurons in dimension 1 (None: as its input),
    and whether its input is tokens to be noted."""

    module: "torch.nn.Module"
    name: str
    activation: TorchActivation | None
    channels_first: bool | None
    embeds: bool


class Signals:
    """Observes the forward passes of `model`, and keeps the gradients that come back.

    `embeddings` are modules whose tokens are wanted. `begins` decides at the start of a forward
    pass whether to record it; `note` reports what is left out. `tokens` has what embeddings were
    given since the last step.
    """

    def __init__(
        self,
        model: "torch.nn.Module",
        embeddings: "set[torch.nn.Module]",
        begins: Callable[[], bool],
        note: Say,
    ) -> None:
        self._model, self._begins, self._note = model, begins, note
        self._modules = {each.module: each for each in _modules(model, embeddings)}
        self._handles: list[Any] = []
        self._listening = self._channels_first = self._gradients = False
        self._calls: dict[str, int] = {}
        self._recalls: dict[str, int] = {}
        self._hooked: set[tuple[str, int]] = set()
        self._signals: dict[tuple[str, int], Signal] = {}
        self._met: list[torch.nn.Module | Signal] = []
        self._places: dict[int, int] = {}
        self.fixed = False
        self.tokens: dict[torch.nn.Module, list[torch.Tensor]] = {}

    def attach(self, gradients: bool) -> None:
        """Observe all forward passes from now on; for `gradients`, or only for the order."""
        from torch.nn.modules import module

        self._gradients = gradients
        self._handles.append(module.register_module_forward_pre_hook(self._enters))
        if gradients:
            self._handles.append(module.register_module_forward_hook(self._leaves))

    def detach(self) -> None:
        """Stop observing them."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._modules.clear()
        self._signals.clear()
        self._met.clear()
        self.tokens.clear()

    def begin(self) -> None:
        """Allow a forward pass to start now, with any part of the model."""
        self._calls.clear()
        self._recalls.clear()
        self._hooked.clear()
        self._listening = bool(self._handles) and self._begins()

    def all(self) -> list[Signal]:
        """Return the signals seen so far."""
        return list(self._signals.values())

    def place(self, met: "torch.nn.Module | Signal", path: str = "") -> int:
        """Return the position of a signal or a module; for a module never reached, that of the
        module that contains it; -1 if there is none."""
        while id(met) not in self._places and path:
            path = path.rpartition(".")[0]
            met = self._model.get_submodule(path)
        return self._places.get(id(met), -1)

    def fix(self, kept: list[Signal]) -> None:
        """Set which signals are recorded, as decided at the first recorded step.

        From now on only modules whose inputs are wanted are observed.
        """
        self.fixed = True
        names = {each.name for each in self._signals.values()} - {each.name for each in kept}
        for module in [module for module, each in self._modules.items() if each.name in names]:
            self._modules[module] = replace(self._modules[module], activation=None)
        wanted = {each.module: each for each in self._modules.values() if self._is_wanted(each)}
        self._modules = wanted
        if not self._gradients and not any(each.embeds for each in wanted.values()):
            for handle in self._handles:
                handle.remove()

    def _is_wanted(self, known: _Module) -> bool:
        activation = self._gradients and known.activation is not None
        return activation or known.embeds or known.module is self._model

    def forget(self) -> None:
        """Drop the gradients that have come back."""
        for signal in self._signals.values():
            signal.forget()
        self.tokens.clear()

    def probe(self, tensor: "torch.Tensor", name: str) -> None:
        """Watch the gradient with respect to a tensor of the current forward pass."""
        if self._listening and self._gradients:
            self._signal(name, tensor, None, _in_backward())

    def _enters(self, module: "torch.nn.Module", inputs: tuple[Any, ...]) -> None:
        """Handle a module of any model that is about to be called."""
        known = self._modules.get(module)
        if known is None:
            return
        anew = _in_backward()
        if module is self._model and not anew:
            self.begin()
        if not self._listening:
            return
        if not self.fixed:
            self._meet(module)
            if known.channels_first is not None:
                self._channels_first = known.channels_first
            if not self._is_wanted(known):
                return
        tensor = first_tensor(inputs)
        if tensor is None:
            return
        if known.embeds and not anew and _is_training():
            self.tokens.setdefault(module, []).append(tensor.detach())
        if known.activation and self._gradients:
            self._signal(known.name, tensor, known, anew)

    def _leaves(self, module: "torch.nn.Module", inputs: Any, outputs: Any) -> None:
        """Handle a module of any model that has returned."""
        if self._listening and module is self._model:
            tensor = first_tensor(outputs, with_gradient=True)
            if tensor is not None:
                self._signal(OUTPUT, tensor, None, _in_backward())

    def _meet(self, met: "torch.nn.Module | Signal") -> None:
        if not self.fixed and id(met) not in self._places:
            self._places[id(met)] = len(self._met)
            self._met.append(met)  # keeps it alive, and its id

    def _signal(
        self, name: str, tensor: "torch.Tensor", known: _Module | None, anew: bool = False
    ) -> None:
        import torch

        # Checkpointing reruns a part of the forward pass within the backward pass. The rerun counts
        # if the first run had no gradients; otherwise a hook would see the same values twice.
        calls = self._recalls if anew else self._calls
        calls[name] = calls.get(name, 0) + 1
        own = not tensor.is_leaf or anew  # do not hook the user's own tensors
        if not (torch.is_grad_enabled() and tensor.requires_grad and own):
            return
        if anew and (name, calls[name]) in self._hooked:
            return
        self._hooked.add((name, calls[name]))
        activation = known.activation if known else None
        signal = self._known_signal(name, calls[name], activation, tensor)
        if signal is None:
            return
        counts = None
        if known and activation and activation.mask:
            with torch.no_grad():
                mask = activation.mask(known.module, tensor.detach())
                flat = neurons_last(mask, signal.channels_first)
                counts = flat.sum(tuple(range(flat.ndim - 1)))
        tensor.register_hook(partial(self._arrives, signal, counts))

    def _known_signal(
        self, name: str, call: int, activation: TorchActivation | None, tensor: "torch.Tensor"
    ) -> Signal | None:
        signal = self._signals.get((name, call))
        if signal is None and self.fixed:
            if not _in_backward():
                self._note(
                    f"{name} was not part of the first step, and is not watched: the first "
                    "step determines the layers."
                )
            return None
        if signal is None:
            kind = str(tensor.dtype).removeprefix("torch.")
            shape = tuple(tensor.shape)
            signal = Signal(name, call, activation, shape, kind, self._channels_first)
            self._signals[name, call] = signal
            self._meet(signal)
        return signal

    def _arrives(
        self, signal: Signal, counts: "torch.Tensor | None", gradient: "torch.Tensor"
    ) -> None:
        """Store a tensor's gradient, with its counts, since not all tensors get a gradient."""
        rows = neurons_last(gradient.detach(), signal.channels_first)
        if rows.shape[-1] != signal.width:
            self._note(
                f"{signal.source_name} had {counted(signal.width, 'neuron')} in the first step, "
                f"and has {rows.shape[-1]} in another: such steps are left out for it."
            )
            return
        signal.gradients.append(rows)
        if counts is not None:
            signal.counts.append(counts)


def _modules(model: "torch.nn.Module", embeddings: "set[torch.nn.Module]") -> Iterator[_Module]:
    for path, module in model.named_modules():
        kind = type(module).__name__
        last = any(part in kind for part in CHANNELS_LAST) or kind == "Conv1D"
        first = not last and any(part in kind for part in CHANNELS_FIRST)
        order = first if first or last else None
        if kind == "Conv1D":  # Hugging Face's; PyTorch's is Conv1d
            order = False
        yield _Module(module, plain(path), activation_of(module), order, module in embeddings)


def _is_training() -> bool:
    import torch

    return bool(torch.is_grad_enabled())


def _in_backward() -> bool:
    import torch

    return bool(torch._C._current_graph_task_id() != -1)

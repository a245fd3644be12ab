"""One contender of the watch benchmark, in its own process: trains, and prints its cost as a line
of JSON.

python -m bench.watched NETWORK CONTENDER STEPS, with DATABASE_URL.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from vanishing_gradients.console import show
from vanishing_gradients.trainer.datasets import load

EXAMPLES = Path(__file__).parents[1] / "examples"
BATCHES = {"mlp": 128, "resnet": 64, "transformer": 32}
WARM_UP = 20
"""Steps before the clock starts: memory and code are warm, the run is registered."""
WINDOW = 500
"""Steps per epoch of a long training."""

OURS: dict[str, dict[str, Any]] = {
    "ours, weights": {"activations": False, "updates": False},
    "ours, all": {},
    "ours, weights, every 10th": {"activations": False, "updates": False, "every": 10},
    "ours, all, every 10th": {"every": 10},
    "ours, every row": {"telemetry": "full"},
}
"""Options of `watch`."""
WANDB = {"wandb.watch, gradients": "gradients", "wandb.watch, all": "all"}
TENSORBOARD = "TensorBoard, gradients"
NOTHING = ("nothing", "nothing again")

Log = Callable[[Any, int], None]
"""Called with the loss after each step, and the step's number."""


def main() -> None:
    """Train according to the arguments."""
    network, contender, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    timed = contender.endswith(", timed")
    training = Training(network)
    with followed(training, contender.removesuffix(", timed"), timed) as (log, spent):
        for step in range(WARM_UP):
            training.step(step, log)
        before, others = own_cpu(), children_now()
        spent.clear()
        memory = 0
        for step in range(WARM_UP, WARM_UP + steps):
            training.step(step, log)
            if step == WARM_UP + 1_000:
                memory = resident()
        within = sum(spent)
        growth = resident() - memory if memory else None
    cpu = own_cpu() - before + waited_for() - others
    found = {"cpu": round(cpu / steps, 7), "within": round(within / steps, 7), "growth": growth}
    show(json.dumps(found))


class Training:
    """A network, its optimizer, and some batches that are used repeatedly."""

    def __init__(self, network: str) -> None:
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(1)
        sys.path.insert(0, str(EXAMPLES))
        size = BATCHES[network]
        sample = load("sample")
        images = torch.tensor(sample.train_images, dtype=torch.float32).reshape(-1, 28, 28) / 255
        labels = torch.tensor(sample.train_labels)
        self.batches = list(zip(images.split(size), labels.split(size), strict=True))[:20]
        self.loss = torch.nn.functional.cross_entropy
        self.model, self.optimizer = _network(torch, network)
        self.watch: Any = None

    def step(self, number: int, log: Log) -> None:
        """Train on one batch."""
        if self.watch:
            if number % WINDOW == WARM_UP:
                self.watch.epoch_begins()
            self.watch.batch_comes(len(self.batches[0][0]))
        images, labels = self.batches[number % len(self.batches)]
        self.optimizer.zero_grad()
        loss = self.loss(self.model(images), labels)
        loss.backward()
        self.optimizer.step()
        log(loss, number)


def _network(torch: Any, name: str) -> tuple[Any, Any]:
    example = import_module(name)
    if name == "mlp":
        model = example.network()
        return model, torch.optim.SGD(model.parameters(), lr=0.1)
    model = example.ResNet() if name == "resnet" else example.Transformer()
    return model, torch.optim.AdamW(model.parameters(), lr=3e-4)


@contextmanager
def followed(training: Training, contender: str, timed: bool) -> Iterator[tuple[Log, list[float]]]:
    """Attach a contender to the training.

    Yields the function that logs losses, and a list to which, if `timed`, each call of watch adds
    its seconds of CPU on the training thread.
    """
    spent: list[float] = []
    if contender in OURS:
        with timing(spent) if timed else nullcontext(), _watching(training, contender) as w:
            training.watch = w
            yield (lambda loss, _: w.log(loss=loss)), spent
    elif contender in WANDB:
        with _wandb(training.model, WANDB[contender]) as log:
            yield log, spent
    elif contender == TENSORBOARD:
        with _tensorboard(training.model) as log:
            yield log, spent
    else:
        yield (lambda loss, _: None), spent


def _watching(training: Training, contender: str) -> Any:
    from vanishing_gradients.telemetry.watch import watch

    return watch(
        training.model, training.optimizer, experiment="bench", on_error="raise", **OURS[contender]
    )


@contextmanager
def _wandb(model: Any, what: str) -> Iterator[Log]:
    import wandb

    os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
    with tempfile.TemporaryDirectory() as folder:
        run = wandb.init(project="bench", dir=folder, mode="offline")
        run.watch(model, log=what, log_freq=1)
        yield lambda loss, _: run.log({"loss": loss})
        run.finish()
        wandb.teardown()


@contextmanager
def _tensorboard(model: Any) -> Iterator[Log]:
    from torch.utils.tensorboard import SummaryWriter

    def log(loss: Any, step: int) -> None:
        writer.add_scalar("loss", loss, step)
        for name, parameter in model.named_parameters():
            writer.add_histogram(name, parameter.grad, step)

    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        yield log
        writer.close()


@contextmanager
def timing(spent: list[float]) -> Iterator[None]:
    """Add the time of each outermost call of watch, by hooks or the loop, to `spent`."""
    from vanishing_gradients.telemetry.torch_model import TorchModel
    from vanishing_gradients.telemetry.torch_signals import Signals
    from vanishing_gradients.telemetry.watching import Watch

    places = [
        (TorchModel, ("_before_step", "_after_step")),
        (Signals, ("_enters", "_leaves", "_arrives")),
        (Watch, ("batch_comes", "epoch_begins", "log")),
    ]
    kept = [(owner, name, getattr(owner, name)) for owner, names in places for name in names]
    for owner, name, method in kept:
        setattr(owner, name, _timed(method, spent))
    yield
    for owner, name, method in kept:
        setattr(owner, name, method)


def _timed(method: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        start = time.thread_time()
        try:
            return method(*arguments, **named)
        finally:
            spent.append(time.thread_time() - start)

    return timed


def own_cpu() -> float:
    """Return the CPU seconds of this process, all its threads."""
    return time.process_time()


def waited_for() -> float:
    """Return the CPU seconds of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def children_now() -> float:
    """Return the CPU seconds that children, ended or not, have used so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return waited_for() + ticks / os.sysconf("SC_CLK_TCK")


def resident() -> int:
    """Return this process's resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()

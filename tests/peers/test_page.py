"""The code of docs/watch.md and of the README runs unchanged."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click import Context

os.environ.setdefault("KERAS_BACKEND", "torch")

from tests.peers.conftest import library
from vanishing_gradients.cli import main

torch = library("torch")
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "watch.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOOP, LIGHTNING, HUGGING_FACE, KERAS, JAX = re.findall(r"```python\n(.*?)```", PAGE, re.S)
OWN_MODEL = re.search(r"## Your own model.*?```python\n(.*?)```", README, re.S)[1]


def torch_names() -> dict[str, Any]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    pairs = torch.utils.data.TensorDataset(torch.randn(24, 4), torch.arange(24) % 3)
    return {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "loss_fn": torch.nn.CrossEntropyLoss(),
        "train_loader": torch.utils.data.DataLoader(pairs, batch_size=8),
    }


def lightning_names() -> dict[str, Any]:
    pl = library("lightning.pytorch")
    names = torch_names()

    class Module(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = names["model"]

        def training_step(self, batch, index):
            return names["loss_fn"](self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return names | {"module": Module()}


def hugging_face_names() -> dict[str, Any]:
    transformers = library("transformers")

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 3)

        def forward(self, x, labels=None):
            logits = self.layer(x)
            return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}

    rows = [{"x": torch.randn(4), "labels": 1} for _ in range(16)]
    arguments = transformers.TrainingArguments(
        "trained", max_steps=2, report_to=[], use_cpu=True, save_strategy="no", disable_tqdm=True
    )
    return {"model": Net(), "arguments": arguments, "rows": rows}


def keras_names() -> dict[str, Any]:
    keras = library("keras")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    images, labels = np.ones((16, 4), np.float32), np.ones((16, 3), np.float32)
    return {"keras_model": model, "images": images, "labels": labels}


def jax_names() -> dict[str, Any]:
    jax = library("jax")

    def loss(params, x, y):
        return ((x @ params["w"] - y) ** 2).mean()

    batches = [(np.ones((8, 4), np.float32), np.ones((8, 2), np.float32))] * 3
    return {
        "jax": jax,
        "jnp": jax.numpy,
        "value_and_grad": jax.value_and_grad(loss),
        "params": {"w": jax.numpy.ones((4, 2))},
        "batches": batches,
    }


BLOCKS = {
    "loop": (LOOP, torch_names),
    "readme": (OWN_MODEL, torch_names),
    "lightning": (LIGHTNING, lightning_names),
    "hugging_face": (HUGGING_FACE, hugging_face_names),
    "keras": (KERAS, keras_names),
    "jax": (JAX, jax_names),
}


@pytest.mark.parametrize(("block", "names"), BLOCKS.values(), ids=BLOCKS)
def test_the_code_on_the_page_leaves_a_finished_run(
    block: str, names: Callable[[], dict], migrated, stored, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", migrated.render_as_string(hide_password=False))
    found = names()
    exec(compile(block, "page", "exec"), found)
    assert stored.run["experiment"].startswith("my_net")  # my_net_2 is one of another shape
    assert stored.run["status"] == "finished"
    assert stored.names


def test_every_command_on_the_page_is_one_that_there_is():
    named = re.findall(r"^vanishing-gradients ([a-z]+)", PAGE, re.M)
    assert {"up", "diagnose", "figures", "runs", "compare"} == set(named)
    assert set(named) <= set(main.list_commands(Context(main)))


def test_every_option_of_watch_is_on_the_page():
    from inspect import signature

    from vanishing_gradients import watch

    table = PAGE[PAGE.index("| option |") : PAGE.index("Two optimizers")]
    named = set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (.*?) \|", table, re.M))))
    assert named == set(signature(watch).parameters) - {"model", "optimizer"}

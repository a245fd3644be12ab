"""A model that several processes train together: the first of them records."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

SCRIPT = """
import sys
import torch
from torch import distributed, nn
from vanishing_gradients import watch

rank, folder, wrapped, url = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "wrapped", sys.argv[4]
distributed.init_process_group(
    "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2
)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2)).double()
together = nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
optimizer = torch.optim.SGD(together.parameters(), lr=0.1)
x, y = torch.load(f"{folder}/data.pt")
own = slice(4 * rank, 4 * rank + 4)
seen = together if wrapped else model
kept = {"telemetry": "full", "on_error": "raise"}
with watch(seen, optimizer, experiment=sys.argv[3], url=url, **kept) as w:
    for batch, labels in w.epoch([(x[own], y[own])] * 2):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(together(batch), labels)
        loss.backward()
        optimizer.step()
        w.log(loss=loss)
    w.evaluated(loss=1.0)
distributed.destroy_process_group()
"""


@pytest.fixture
def trained(migrated, tmp_path: Path):
    """Return a function that has two processes train together; returns all images and labels."""

    def train(wrapped: str) -> tuple[torch.Tensor, torch.Tensor]:
        data = torch.randn(8, 4, dtype=torch.float64), torch.arange(8) % 2
        torch.save(data, tmp_path / "data.pt")
        url = migrated.render_as_string(hide_password=False)
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(rank), str(tmp_path), wrapped, url],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for rank in range(2)
        ]  # fmt: skip
        for process in processes:
            said, _ = process.communicate(timeout=120)
            assert process.returncode == 0, said
        return data

    return train


SHARDED = """
import sys
import torch
from torch import distributed, nn
from torch.distributed.fsdp import fully_shard
from vanishing_gradients import watch

folder, url = sys.argv[1:]
distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=0, world_size=1)
model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2))
mesh = distributed.device_mesh.init_device_mesh("cpu", (1,))
fully_shard(model, mesh=mesh)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
try:
    with watch(model, optimizer, experiment="sharded", url=url):
        pass
except Exception as error:
    print(type(error).__name__, error)
distributed.destroy_process_group()
"""


@pytest.mark.parametrize("wrapped", ["wrapped", "inner"])
def test_one_run_is_recorded_with_the_gradients_of_all_processes(trained, stored, wrapped):
    images, labels = trained(wrapped)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2)).double()
    nn.functional.cross_entropy(model(images), labels).backward()
    runs = stored.ask("SELECT status FROM runs WHERE experiment = :wrapped", wrapped=wrapped)
    assert runs == [{"status": "finished"}]
    assert list(stored.layers) == ["0.weight", "1", "2.weight", "output"]
    for place in (0, 2):
        expected = model[place].weight.grad.numpy().T
        found = stored.cells(f"{place}.weight")
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_a_model_that_is_sharded_is_refused(migrated, tmp_path: Path):
    url = migrated.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", SHARDED, str(tmp_path), url],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert said, done.stderr
    assert said[-1].startswith("WatchError the model is sharded (its parameters are DTensors)")

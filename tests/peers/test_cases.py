"""Public cases of networks that do not train, in PyTorch: watched, they have the same cause."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL

from bench.torch_cases import trained
from tests.peers.conftest import library
from vanishing_gradients.analysis.diagnosis import examined
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import Dataset, load

library("torch")
CASES = Path(__file__).parents[2] / "bench" / "cases"
CAUSES = tomllib.loads((CASES / "causes.toml").read_text(encoding="utf-8"))["judged"]
SEED = 1


@dataclass(frozen=True)
class Few:
    """How few of the sample's images, and of a case's epochs, show its cause."""

    images: int
    epochs: int


FEW = {
    "adagrad_rate_one": Few(1000, 2),
    "batch_of_one_rate": Few(60, 2),
    "deep_relu_rate": Few(50, 10),
    "dropout_08": Few(1000, 2),
    "narrow_relu": Few(500, 2),
    "overfitted": Few(200, 10),
    "rate_one_kept": Few(1000, 3),
    "saturated_softmax_mse": Few(500, 3),
    "seven_sigmoid_layers": Few(6400, 2),
    "squared_error_on_softmax": Few(200, 2),
    "weight_decay_half": Few(1000, 3),
    "weights_too_small": Few(300, 2),
    "zero_weights": Few(300, 2),
}


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load("sample", announce=lambda _: None)


def first_cause(url: URL, run_id: int) -> str:
    """Return what the first line of the diagnosis of a run names."""
    reader = engine(url, read_only=True)
    faults = examined(reader, run_id)[1].faults
    reader.dispose()
    return faults[0].in_words if faults else "nothing"


@pytest.mark.parametrize("case", FEW)
def test_the_watched_twin_of_a_case_has_the_cause_of_the_case(case, sample, migrated):
    few = FEW[case]
    experiment = experiments.load(CASES / "judged" / f"{case}.toml")
    experiment = experiments.with_epochs(experiment, few.epochs)
    run_id = trained(experiment, sample.limited(few.images), migrated, SEED)
    assert re.search(CAUSES[case]["cause"], first_cause(migrated, run_id))


def test_pytorch_refuses_to_normalise_over_batches_of_one(sample, migrated):
    experiment = experiments.load(CASES / "judged" / "batch_norm_of_one.toml")
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        trained(experiment, sample.limited(10), migrated)

"""Whatever is in the file, the answer is an experiment or one sentence, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, load

KEYS = [
    *Experiment.model_fields,
    "optimizer.kind",
    "optimizer.learning_rate",
    "optimizer.schedule",
    "unknown",
    '"a\\nb"',
]
VALUES = [
    "0",
    "1",
    "128",
    "-3",
    "0.5",
    "1e-3",
    "1e400",
    "nan",
    "-inf",
    "0x" + "f" * 300,
    "true",
    '"relu"',
    '"sgd"',
    '"adam"',
    '"mine"',
    "'''a\nb'''",
    '"\\u0000\\u2028"',
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    "[]",
    "[1, 2]",
    "[[1], {a = 1}]",
    "{}",
    '{ kind = "adam", beta_1 = 0.5 }',
    '{ kind = "sgd", momentum = 2 }',
    '{ kind = "he" }',
    '{ kind = "norm", limit = 0.5 }',
    '{ kind = "cosine", warm_up = 10 }',
    "[[1, 2], [3, 5]]",
    '"layer"',
    '"sample"',
    '["relu", "tanh"]',
    "{ weight_l1 = 0.1 }",
    "= =",
    "",
]
LINES = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=8)
START = 'name = "mine"\nactivation = "relu"\n'


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("experiments") / "any.toml"


def answer(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        experiment = load(path)
    except ExperimentError as error:
        sentence = str(error)
        assert sentence.startswith(str(path))
        assert sentence.isprintable()
        assert len(sentence) < len(str(path)) + 500
    else:
        assert Experiment.model_validate(experiment.model_dump(mode="json")) == experiment
        assert experiment.layer_specs()[-1].kind == "softmax"


@given(lines=LINES, start=st.sampled_from(["", START, START + 'optimizer.kind = "sgd"\n']))
def test_keys_and_values_in_any_combination(path, lines, start):
    answer(path, (start + "".join(f"{key} = {value}\n" for key, value in lines)).encode())


@given(content=st.text(max_size=60))
def test_any_text(path, content):
    answer(path, content.encode("utf-8", "surrogatepass"))


@given(content=st.binary(max_size=60))
def test_any_bytes(path, content):
    answer(path, content)

"""Valid TOML with values of every kind and size: refused by the key's name, or fit to be built.

HYPOTHESIS_PROFILE=thorough tries many more of them.
"""

import datetime
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.assembly import build_network, build_optimizer
from trainer.errors import ExperimentError
from trainer.experiments import Experiment, load

NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, -1, 128, 800, 801, 60_000, 60_001, 10_000, 2**31, 2**63, 2**64, 10**400]
    ),
    st.integers(),
    st.sampled_from([0.0, -0.0, 1e-320, 5e-324, 1e6, 1e308, math.inf, -math.inf, math.nan]),
    st.floats(),
)
SCALARS = st.one_of(
    NUMBERS,
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(["relu", "sigmoid", "sgd", "adam", "mine", "x; DROP TABLE runs", "a" * 2_000]),
    st.datetimes(timezones=st.none() | st.just(datetime.UTC)),
    st.dates(),
    st.times(),
)
VALUES = st.recursive(
    SCALARS | st.lists(st.integers(-1, 900), max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
FRACTION = st.sampled_from([0.0, 5e-324, 0.5, 0.999, 1 - 2**-53]) | st.floats(
    0, 1, exclude_max=True
)
STRENGTH = st.sampled_from([0, 0.0, 5e-324, 1_000_000]) | st.floats(0, 1e6)
RATE = st.sampled_from([5e-324, 1, 1e6]) | st.floats(0, 1e6, exclude_min=True)
SGD = st.fixed_dictionaries(
    {"kind": st.just("sgd")},
    optional={"learning_rate": RATE, "decay": STRENGTH, "momentum": FRACTION},
)
ADAM = st.fixed_dictionaries(
    {"kind": st.just("adam")},
    optional={"learning_rate": RATE, "decay": STRENGTH, "epsilon": st.floats(1e-16, 1),
              "beta_1": FRACTION, "beta_2": FRACTION},
)  # fmt: skip
GOOD = {
    "name": st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True),
    "activation": st.sampled_from(["relu", "sigmoid"]),
    "optimizer": SGD | ADAM,
}
GOOD_OPTIONAL = {
    "description": st.text(st.characters(exclude_categories=["Cs"]), max_size=1_000),
    "hidden_widths": st.lists(st.integers(1, 6), max_size=50),
    "penalties": st.dictionaries(
        st.sampled_from(["weight_l1", "weight_l2", "bias_l1", "bias_l2"]), STRENGTH
    ),
    "dropout": FRACTION,
    "batch_normalization": st.booleans(),
    "initial_weight_scale": st.floats(0, 1000, exclude_min=True),
    "batch_size": st.integers(1, 60_000),
    "epochs": st.integers(1, 10_000),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("experiments") / "values.toml"


def toml(value: object) -> str:
    """A value as TOML writes it, in one line."""
    match value:
        case bool():
            return str(value).lower()
        case float() if not math.isfinite(value):
            return str(value)
        case str():
            # JSON's escapes are TOML's, but for characters beyond the basic plane.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return (
                "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
            )
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return repr(value)


def written(path: Path, table: dict[str, object]) -> Path:
    lines = [f"{toml(key)} = {toml(value)}\n" for key, value in table.items()]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return path


def built(experiment: Experiment, dtype: type) -> None:
    """Build the network and take a step with it: whatever the numbers become, it has gradients."""
    generator = np.random.default_rng(0)
    network = build_network(experiment, 3, 2, np.dtype(dtype), generator)
    network.forward(np.ones((4, 3), dtype), training=True)
    network.backward(np.zeros(4, int))
    build_optimizer(experiment).step(network)
    shapes = [(layer.name, layer.gradient.shape) for layer in network.layers]
    specs = experiment.layer_specs(features=3, classes=2)
    assert shapes == [(spec.name, (spec.rows or 4, spec.width)) for spec in specs]


@settings(deadline=None)
@given(table=st.fixed_dictionaries(GOOD, optional=GOOD_OPTIONAL))
def test_every_experiment_within_the_limits_is_read_as_written_and_can_be_built(path, table):
    experiment = load(written(path, table))
    given_back = experiment.model_dump(mode="json", exclude_unset=True)
    assert given_back == table
    for dtype in (np.float32, np.float64):
        built(experiment, dtype)


@settings(deadline=None)
@given(
    table=st.fixed_dictionaries(GOOD, optional=GOOD_OPTIONAL),
    key=st.sampled_from([*Experiment.model_fields, "unknown"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=7),
    value=VALUES,
)
def test_any_value_under_any_key_is_refused_by_name_or_can_be_built(path, table, key, value):
    try:
        experiment = load(written(path, table | {key: value}))
    except ExperimentError as error:
        sentence = str(error)
        assert re.match(re.escape(str(path)) + r"(, line \d+)?: ", sentence)
        assert sentence.isprintable()
        assert repr(key)[1:-1] in sentence
    else:
        assert key in Experiment.model_fields
        if math.prod(experiment.hidden_widths) < 10**6:
            built(experiment, np.float64)


@settings(deadline=None)
@given(
    kind=st.sampled_from(["sgd", "adam"]),
    key=st.sampled_from(["kind", "learning_rate", "decay", "momentum", "beta_1", "beta_2",
                         "epsilon", "Kind", ""]),
    value=VALUES,
)  # fmt: skip
def test_any_value_within_the_optimizer_is_refused_by_name_or_can_be_built(path, kind, key, value):
    table = {
        "name": "mine",
        "activation": "relu",
        "hidden_widths": [2],
        "optimizer": {"kind": kind},
    }
    table["optimizer"] |= {key: value}
    try:
        experiment = load(written(path, table))
    except ExperimentError as error:
        assert "'optimizer" in str(error)  # noqa: PT017 (either outcome is right)
    else:
        built(experiment, np.float64)


@settings(deadline=None)
@given(key=st.sampled_from([*GOOD, *GOOD_OPTIONAL]), value=SCALARS)
def test_a_key_given_twice_is_refused_with_its_line(path, key, value):
    path.write_text(f"{key} = 1\n{key} = {toml(value)}\n", encoding="utf-8")
    with pytest.raises(ExperimentError, match=r"is not valid TOML: .*\(at line 2, "):
        load(path)

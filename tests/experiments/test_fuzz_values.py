"""Valid TOML with values of every kind and size: refused by the key's name, or fit to be built.

HYPOTHESIS_PROFILE=thorough tries many more of them.
"""

import datetime
import json
import math
import re
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanishing_gradients.trainer.assembly import build_clipping, build_network, build_optimizer
from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, load
from vanishing_gradients.trainer.experiments.records import (
    CLIPPING,
    INITIALIZATION,
    OPTIMIZER,
    SCHEDULE,
    setting_of,
)
from vanishing_gradients.trainer.network.activations import ACTIVATIONS as BY_KIND

ACTIVATIONS = sorted(BY_KIND)
NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, -1, 128, 4096, 4097, 60_000, 60_001, 10_000, 2**31, 2**63, 2**64, 10**400]
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


def setting(made: type, name: str) -> st.SearchStrategy:
    """All that a setting of a kind may be; its limits are tested in test_refusals."""
    annotation = get_type_hints(made.__init__, include_extras=True)[name]
    found = setting_of(made, name)
    if found.low is None:
        choices = get_args(get_args(annotation)[0]) or (False,)  # nesterov needs a momentum
        return st.sampled_from(choices)
    if get_args(annotation)[0] is int:
        return st.integers(found.low, found.high)
    # Weights of a size below 1e-30 are none in single precision.
    low = 1e-30 if name in ("scale", "value") else found.low
    numbers = st.floats(low, found.high, exclude_min=found.open_low, exclude_max=found.open_high)
    return numbers | st.just(int(found.high)) if not found.open_high else numbers


def choice(of: dict, others: dict, *left_out: str) -> st.SearchStrategy:
    """A table of any of several kinds, with any of its settings and of `others`."""
    return st.one_of(
        st.fixed_dictionaries(
            {"kind": st.just(kind)},
            optional=others
            | {
                name: setting(record.made, name) for name in record.settings if name not in left_out
            },
        )
        for kind, record in of.items()
    )


# A floor is not above the rate.
SCHEDULES = choice(SCHEDULE, {"warm_up": st.integers(0, 1)}, "floor")
OPTIMIZERS = choice(OPTIMIZER, {}) | choice(OPTIMIZER, {"schedule": SCHEDULES}, "decay")
INITIALIZATIONS = choice(INITIALIZATION, {})
GOOD = {
    "name": st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True),
    "activation": st.sampled_from(ACTIVATIONS),
    "optimizer": OPTIMIZERS,
}
GOOD_OPTIONAL = {
    "description": st.text(st.characters(exclude_categories=["Cs"]), max_size=1_000),
    "penalties": st.dictionaries(
        st.sampled_from(["weight_l1", "weight_l2", "bias_l1", "bias_l2"]), STRENGTH
    ),
    "dropout": FRACTION,
    "input_dropout": FRACTION,
    "clipping": choice(CLIPPING, {}),
    "output": st.sampled_from(["softmax", "sigmoid"]),
    "loss": st.sampled_from(["cross_entropy", "mean_squared_error"]),
    "dataset": st.sampled_from(["auto", "mnist", "fashion-mnist", "sample"]),
    "initial_bias": st.floats(-1000, 1000),
    "inputs": st.sampled_from(["-1..1", "0..1", "0..255", "standardised"]),
    "labels": st.sampled_from(["true", "shuffled", "constant"]),
    "batch_size": st.integers(1, 60_000),
    "epochs": st.integers(1, 10_000),
}
SCALE = st.floats(0, 1000, exclude_min=True)
WIDTHS = st.lists(st.integers(1, 6), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, object]:
    """All that a file may say, values that do not go together left out."""
    table = draw(st.fixed_dictionaries(GOOD, optional=GOOD_OPTIONAL))
    if draw(st.booleans()):
        table |= draw(st.fixed_dictionaries({"depth": st.integers(1, 12), "width": st.just(3)}))
        layers = table["depth"]
    else:
        table["hidden_widths"] = draw(WIDTHS)
        layers = len(table["hidden_widths"])
    if draw(st.booleans()):
        each = st.sampled_from(ACTIVATIONS)
        table["activation"] = draw(st.lists(each, min_size=layers, max_size=layers))
    if draw(st.booleans()):
        table["dropout"] = draw(st.lists(FRACTION, min_size=layers, max_size=layers))
    kinds = ["batch_normalization", "batch", "layer", "weight", "none", ""]
    normalization = draw(st.sampled_from(kinds))
    if normalization == "batch_normalization":
        table[normalization] = draw(st.booleans())
    elif normalization:
        table["normalization"] = normalization
    if draw(st.booleans()):
        table["initialization"] = draw(INITIALIZATIONS)
        if table["initialization"] == {"kind": "constant"} and normalization == "weight":
            table["initialization"]["value"] = 1.0
    elif normalization != "weight" and draw(st.booleans()):
        each, number = INITIALIZATIONS, layers + 1
        table["initialization"] = draw(st.lists(each, min_size=number, max_size=number))
    elif normalization != "weight":
        table["initial_weight_scale"] = draw(SCALE)
    ends = draw(st.lists(st.integers(1, max(layers, 1)), unique=True).map(sorted))
    if layers and draw(st.booleans()):
        starts = [1, *(end + 1 for end in ends)]
        blocks = [[start, end] for start, end in zip(starts, ends, strict=False)]
        table["residual"] = draw(st.integers(1, layers) | st.just(blocks))
    return table


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
                "{"
                + ", ".join(
                    f"{toml(key)} = {toml(each)}" for key, each in value.items() if each is not None
                )
                + "}"
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
    clipping = build_clipping(experiment)
    if clipping:
        clipping.clip(network)
    build_optimizer(experiment).step(network)
    shapes = [(layer.name, layer.gradient.shape) for layer in network.layers]
    specs = experiment.layer_specs(features=3, classes=2)
    assert shapes == [(spec.name, (spec.rows or 4, spec.width)) for spec in specs]


@settings(deadline=None)
@given(table=tables())
def test_every_experiment_within_the_limits_is_read_as_written_and_can_be_built(path, table):
    experiment = load(written(path, table))
    given_back = experiment.model_dump(mode="json")
    for key in table.keys() & given_back.keys() - {"optimizer", "clipping", "initialization"}:
        said = table[key]
        found = given_back[key]
        assert ({name: found[name] for name in said} if key == "penalties" else found) == said
    assert load(written(path, given_back)) == experiment
    assert Experiment.model_validate(given_back) == experiment
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
        if sum(experiment.hidden_widths) < 200:
            built(experiment, np.float64)


@settings(deadline=None)
@given(
    kind=st.sampled_from(list(OPTIMIZER)),
    key=st.sampled_from(["kind", "learning_rate", "decay", "schedule", "momentum", "nesterov",
                         "beta_1", "beta_2", "epsilon", "rho", "weight_decay", "Kind", ""]),
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


@settings(deadline=None)
@given(
    table=st.sampled_from(["optimizer.schedule", "initialization", "clipping", "penalties"]),
    kind=st.sampled_from(["step", "cosine", "constant", "he", "normal", "orthogonal", "norm", ""]),
    key=st.sampled_from(["kind", "factor", "every", "floor", "warm_up", "decay", "distribution",
                         "scale", "gain", "value", "limit", "weight_l2", "Kind", ""]),
    value=VALUES,
)  # fmt: skip
def test_any_value_within_an_inner_table_is_refused_by_name_or_can_be_built(
    path, table, kind, key, value
):
    outer, _, inner = table.partition(".")
    content = {"kind": kind} if kind else {}
    content |= {key: value}
    whole = {"name": "mine", "activation": "relu", "hidden_widths": [2], "optimizer": {}}
    whole[outer] = {inner: content} if inner else content
    whole["optimizer"] |= {"kind": "sgd"}
    try:
        experiment = load(written(path, whole))
    except ExperimentError as error:
        assert re.match(re.escape(str(path)) + rf", line \d: .*'{table}", str(error))  # noqa: PT017
    else:
        built(experiment, np.float64)


@settings(deadline=None)
@given(value=st.integers(-2, 9) | st.lists(st.lists(st.integers(-1, 8), max_size=3), max_size=4))
def test_any_residual_is_refused_with_its_line_or_can_be_built(path, value):
    table = {"name": "mine", "activation": "relu", "optimizer": {"kind": "sgd"}}
    try:
        experiment = load(written(path, table | {"hidden_widths": [2, 2, 3], "residual": value}))
    except ExperimentError as error:
        assert re.match(re.escape(str(path)) + r", line 5: .*'residual", str(error))  # noqa: PT017
    else:
        ends = [0]
        for first, last in experiment.blocks:
            assert ends[-1] < first <= last <= 3
            ends.append(last)
        built(experiment, np.float64)

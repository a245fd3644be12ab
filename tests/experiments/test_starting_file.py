"""The starting file loads as it is, names every key, and tells each default as it is."""

import re
import tomllib
from pathlib import Path

import pytest

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, load, write_starting_file
from vanishing_gradients.trainer.experiments.records import (
    CLIPPING,
    INITIALIZATION,
    OPTIMIZER,
    SCHEDULE,
)
from vanishing_gradients.trainer.experiments.starting_file import starting_text
from vanishing_gradients.trainer.network.activations import ACTIVATIONS

CHOICES = [CLIPPING, INITIALIZATION, OPTIMIZER, SCHEDULE]
BEHIND_A_HASH = re.findall(r"^#([a-z_0-9]+) = (.*)$", starting_text("my_net"), re.MULTILINE)
INSTEAD_OF = {
    "activation": ["activation"],
    "dropout": ["dropout"],
    "depth": ["hidden_widths"],
    "width": ["hidden_widths"],
    "initialization": ["initial_weight_scale"],
    "batch_normalization": ["normalization"],
    "schedule": ["decay"],
}
ADAM = OPTIMIZER["adam"].settings
KINDS = {
    setting: kind
    for kind, record in reversed(OPTIMIZER.items())
    for setting in record.settings
    if setting not in ADAM
}
INSTEAD_OF |= {
    setting: [other for other in ADAM if other not in OPTIMIZER[kind].settings]
    for setting, kind in KINDS.items()
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_starting_file("my_net", tmp_path)


@pytest.fixture
def text(path) -> str:
    return path.read_text(encoding="utf-8")


def said(text: str, key: str, value: str) -> str:
    """The text with a line behind a # said, and without what that line is in place of."""
    for other in INSTEAD_OF.get(key, ()):
        text = re.sub(rf"^{other} = .*\n", "", text, flags=re.MULTILINE)
    text = text.replace('kind = "adam"\n', f'kind = "{KINDS.get(key, "adam")}"\n')
    if key == "width":
        text = text.replace("#depth", "depth")
    return text.replace(f"#{key} = {value}\n", f"{key} = {value}\n")


def test_it_loads_as_it_is_and_bears_its_name(path):
    assert path.name == "my_net.toml"
    assert load(path).name == "my_net"


def test_what_is_written_out_is_at_its_default(path):
    short = {"name": "my_net", "activation": "relu", "optimizer": {"kind": "adam"}}
    default = Experiment.model_validate(short | {"description": load(path).description})
    assert load(path) == default


def test_every_key_is_in_it(text):
    known = set(re.findall(r"\b[a-z_0-9]+(?= = )", text)) | set(re.findall(r"\[(\w+)\]", text))
    records = [Experiment, *(record for choice in CHOICES for record in choice.values())]
    wanted = {name for record in records for name in record.model_fields}
    assert wanted - known == set()


def test_every_kind_is_in_it(text):
    for kind in [*ACTIVATIONS, *(kind for choice in CHOICES for kind in choice)]:
        assert f'"{kind}"' in text


def test_no_line_of_it_is_too_long_and_no_place_is_left_open(text):
    assert max(map(len, text.splitlines())) <= 101
    assert "@" not in text


@pytest.mark.parametrize(("key", "value"), BEHIND_A_HASH)
def test_every_line_behind_a_hash_can_be_said(path, text, key, value):
    changed = said(text, key, value)
    assert changed.count(f"\n{key} = {value}\n") == 1
    path.write_text(changed, encoding="utf-8")
    assert load(path).name == "my_net"


@pytest.mark.parametrize("key", KINDS)
def test_the_default_of_a_key_of_another_optimizer_is_told_as_it_is(path, text, key):
    value = dict(BEHIND_A_HASH)[key]
    path.write_text(said(text, key, value), encoding="utf-8")
    settings = load(path).optimizer
    assert getattr(settings, key) == type(settings).model_fields[key].default


@pytest.mark.parametrize(
    "value", [v for k, v in BEHIND_A_HASH if k == "initialization" and v[0] == "{"]
)
def test_the_defaults_of_an_initialisation_are_told_as_they_are(value):
    table = tomllib.loads(f"x = {value}")["x"]
    record = INITIALIZATION[table["kind"]]
    short = record(kind=table["kind"]).model_dump() | {"gain": table.get("gain")}
    assert {key: short[key] for key in table} == table


def test_a_file_that_is_there_is_never_overwritten(path, tmp_path):
    path.write_text("mine")
    with pytest.raises(ExperimentError, match="already, and it stays as it is: choose another"):
        write_starting_file("my_net", tmp_path)
    assert path.read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "net.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExperimentError, match="already"):
        write_starting_file("net", tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "name", ["", "My", "1a", "a-b", "../a", "a.toml", "a b", "a" * 33, "a\n", "ä", "x" * 10_000]
)
def test_a_bad_name_is_refused_in_a_short_sentence(tmp_path, name):
    with pytest.raises(ExperimentError, match="cannot name an experiment: use a lower") as caught:
        write_starting_file(name, tmp_path)
    assert len(str(caught.value)) < 300
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_built_in_experiment_is_refused(tmp_path):
    with pytest.raises(ExperimentError, match="there is a built-in experiment relu_sgd already"):
        write_starting_file("relu_sgd", tmp_path)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ExperimentError, match=r"cannot be written \(No such file"):
        write_starting_file("net", tmp_path / "absent")

"""A file that extends another experiment says what differs, and the record says all of it."""

from pathlib import Path

import pytest

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import built_in, load
from vanishing_gradients.trainer.experiments.catalogue import merged


@pytest.fixture
def write(tmp_path: Path):
    """Return a function that writes a file into a folder and returns its path."""

    def to(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


def refusal(path: Path) -> str:
    with pytest.raises(ExperimentError) as caught:
        load(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence.removeprefix(str(path))


def test_what_is_not_said_is_the_built_in_experiments(write):
    found = load(write('name = "mine"\nextends = "sigmoid_sgd"\nactivation = "tanh"'))
    base = load("sigmoid_sgd").model_dump(mode="json")
    assert found.model_dump(mode="json") == base | {
        "name": "mine", "description": "", "activation": "tanh",
    }  # fmt: skip


def test_the_record_is_the_same_as_of_a_file_that_says_everything(write):
    short = write('name = "a"\nextends = "relu_adam"\noptimizer.beta_1 = 0.5', "short.toml")
    whole = write(
        'name = "a"\nhidden_widths = [128, 128, 64, 32, 16]\nactivation = "relu"\n'
        '[optimizer]\nkind = "adam"\ndecay = 1e-3\nbeta_1 = 0.5',
        "whole.toml",
    )
    assert load(short).model_dump_json() == load(whole).model_dump_json()


def test_the_path_of_data_is_relative_to_the_file_that_says_it(write, tmp_path):
    write('name = "base"\nextends = "relu_sgd"\ndataset = "data/iris.csv"', "sub/base.toml")
    found = load(write('name = "mine"\nextends = "sub/base.toml"'))
    assert found.dataset == str(tmp_path / "sub/data/iris.csv")


def test_a_path_is_relative_to_the_file_that_says_it_and_bases_may_extend_others(write):
    write('name = "a"\nextends = "sigmoid_sgd"\nepochs = 3\nbatch_size = 7', "inner/a.toml")
    write('name = "b"\nextends = "inner/a.toml"\nepochs = 4', "b.toml")
    found = load(write('name = "c"\nextends = "b.toml"\ndropout = 0.5'))
    assert (found.epochs, found.batch_size, found.dropout) == (4, 7, 0.5)


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"name": "a", "description": "b"}, {}, {}),
        ({"t": {"x": 1, "y": 2}}, {"t": {"y": 3}}, {"t": {"x": 1, "y": 3}}),
        ({"t": {"kind": "a", "x": 1}}, {"t": {"kind": "b"}}, {"t": {"kind": "b"}}),
        ({"t": {"kind": "a", "x": 1}}, {"t": {"kind": "a"}}, {"t": {"kind": "a", "x": 1}}),
        ({"t": {"kind": "a", "x": 1}}, {"t": {"x": 2}}, {"t": {"kind": "a", "x": 2}}),
        ({"t": {"x": {"y": 1, "z": 2}}}, {"t": {"x": {"y": 3}}}, {"t": {"x": {"y": 3, "z": 2}}}),
        ({"t": {"x": 1}}, {"t": 2}, {"t": 2}),
        ({"t": 2}, {"t": {"x": 1}}, {"t": {"x": 1}}),
        ({"hidden_widths": [1]}, {"depth": 3}, {"depth": 3}),
        ({"depth": 2, "width": 3}, {"hidden_widths": [1]}, {"hidden_widths": [1]}),
        ({"depth": 2, "width": 3}, {"width": 4}, {"depth": 2, "width": 4}),
        ({"batch_normalization": False}, {"normalization": "weight"}, {"normalization": "weight"}),
        ({"initial_weight_scale": 1}, {"initialization": {}}, {"initialization": {}}),
        ({"t": {"decay": 1, "x": 2}}, {"t": {"schedule": {}}}, {"t": {"schedule": {}, "x": 2}}),
        ({"t": {"schedule": {}}}, {"t": {"decay": 1}}, {"t": {"decay": 1}}),
    ],
    ids=str,
)
def test_tables_merge_by_key_unless_their_kind_differs_or_a_key_is_said_otherwise(
    base, changes, expected
):
    assert merged(base, changes | {"extends": "x"}) == expected


def test_a_name_is_never_inherited(write):
    assert refusal(write('extends = "sigmoid_sgd"')).startswith(": key 'name' is missing; ")


def test_a_base_that_is_not_known_is_refused_with_its_line_and_a_guess(write):
    sentence = refusal(write('name = "mine"\nextends = "sigmoid_sdg"'))
    assert sentence.startswith(
        ", line 2: there is no experiment 'sigmoid_sdg': did you mean sigmoid_sgd"
    )
    assert sentence.endswith("; your own is given by the path of its TOML file")


def test_a_base_that_is_not_there_or_no_toml_is_refused_with_the_line_that_names_it(write):
    path = write('name = "mine"\nextends = "absent.toml"')
    assert refusal(path).startswith(f", line 2: there is no file '{path.parent}/absent.toml'; ")
    broken = write("name = ", "broken.toml")
    path = write('name = "mine"\n\nextends = "broken.toml"')
    assert refusal(path).startswith(f", line 3: {broken} is not valid TOML: ")


@pytest.mark.parametrize("value", ["3", "true", '["sigmoid_sgd"]', "{ kind = 1 }"])
def test_a_base_that_is_no_text_is_refused(write, value):
    assert refusal(write(f'name = "mine"\nextends = {value}')) == (
        ", line 2: 'extends' is not a text; allowed is the name of a built-in experiment, or the "
        "path of a TOML file"
    )


def test_files_that_extend_each_other_are_refused(write):
    one = write('name = "one"\nextends = "two.toml"', "one.toml")
    two = write('name = "two"\nextends = "./one.toml"', "two.toml")
    with pytest.raises(ExperimentError) as caught:
        load(one)
    assert str(caught.value) == (
        f"{two}, line 2: 'extends' leads in a circle, back to {one}; take it out of one of them"
    )
    itself = write('name = "itself"\nextends = "itself.toml"', "itself.toml")
    assert ", line 2: 'extends' leads in a circle" in refusal(itself)


def test_a_mistake_in_a_base_is_told_of_the_base(write):
    base = write('name = "a"\nextends = "relu_sgd"\nepochs = 0', "base.toml")
    path = write('name = "mine"\nextends = "base.toml"\ndropout = 2')
    with pytest.raises(ExperimentError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{base}, line 3: 'epochs' is 0; ")


def test_values_that_do_not_go_with_the_bases_are_refused_with_their_line(write):
    path = write('name = "mine"\nextends = "sigmoid_sgd"\nactivation = ["relu", "tanh"]')
    assert refusal(path).startswith(", line 3: 'activation' is ['relu', 'tanh']; as a list it ")


@pytest.mark.parametrize("name", built_in())
def test_every_built_in_experiment_can_be_extended(write, name):
    found = load(write(f'name = "mine"\nextends = "{name}"\nepochs = 9999'))
    expected = load(name).model_dump(mode="json")
    assert found.model_dump(mode="json") == expected | {
        "name": "mine", "description": "", "epochs": 9999,
    }  # fmt: skip

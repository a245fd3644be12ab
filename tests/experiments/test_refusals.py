"""Each mistake in an experiment is answered with one sentence that says what would be right."""

import os
import re
from pathlib import Path

import pytest

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import built_in, load

GOOD = {
    "name": '"mine"',
    "activation": '"relu"',
    "optimizer": '{ kind = "sgd" }',
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def refusal(name_or_path: str | Path) -> str:
    with pytest.raises(ExperimentError) as caught:
        load(name_or_path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert caught.value.__cause__ is None
    return sentence


def refusal_of(path: Path, **changes: str | None) -> str:
    """Return the sentence about a good file with some of its keys changed, less the file's name."""
    table = {key: value for key, value in (GOOD | changes).items() if value is not None}
    path.write_text("".join(f"{key} = {value}\n" for key, value in table.items()))
    sentence = refusal(path)
    assert sentence.startswith(str(path))
    where, rest = sentence.removeprefix(str(path)).split(": ", 1)
    assert re.fullmatch(r"(, line \d)?", where)
    return rest


def test_an_unknown_name_is_answered_with_those_there_are():
    assert refusal("mnist") == (
        "there is no experiment 'mnist': built in are relu_adam, relu_sgd, sigmoid_adam, "
        f"sigmoid_sgd, and {len(built_in()) - 4} more that `make experiments` lists; "
        "your own is given by the path of its TOML file"
    )


@pytest.mark.parametrize("name", ["relu_sdg", "RELU_SGD", "relu-sgd"])
def test_a_misspelt_name_is_answered_with_a_guess(name):
    assert "did you mean relu_sgd" in refusal(name)


@pytest.mark.parametrize("name", ["", "x'; DROP TABLE runs; --", "relu_sgd\0", "a" * 5000])
def test_a_name_that_is_none_is_refused_in_a_short_sentence(name):
    assert len(refusal(name)) < 400


def test_a_path_to_nowhere(path):
    assert refusal(path) == (
        f"there is no file '{path}'; built-in experiments go by name alone: "
        "built in are relu_adam, relu_sgd, sigmoid_adam, sigmoid_sgd, "
        f"and {len(built_in()) - 4} more that `make experiments` lists"
    )


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path} is not a file; an experiment is one TOML file"


def test_a_named_pipe_is_not_waited_for(path):
    os.mkfifo(path)
    assert "is not a file" in refusal(path)


def test_an_endless_device():
    assert "is not a file" in refusal("/dev/zero")


def test_a_path_with_a_zero_byte():
    assert "cannot be read" in refusal("a\0b.toml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(path):
    path.write_text("")
    path.chmod(0)
    assert refusal(path) == f"'{path}' cannot be read: Permission denied"


def test_a_name_too_long_for_the_file_system(tmp_path):
    assert "cannot be read: File name too long" in refusal(tmp_path / ("a" * 300 + ".toml"))


def test_a_binary_file(path):
    path.write_bytes(b"name = \xff\xfe")
    assert refusal(path) == (f"{path} is not a text file in UTF-8 (byte 8); an experiment is TOML")


def test_a_huge_file(path):
    path.write_text("# " + "x" * 70_000)
    assert refusal(path) == f"{path} is larger than 65,536 bytes; is it an experiment?"


def test_a_syntax_error_names_the_line(path):
    path.write_text('name = "mine"\nactivation = relu\n')
    assert refusal(path) == f"{path} is not valid TOML: Invalid value (at line 2, column 14)"


def test_a_syntax_error_at_the_end_names_the_line(path):
    path.write_text('name = "mine"\nactivation')
    assert "(at line 2, the end of the file)" in refusal(path)


def test_a_key_given_twice_names_the_line(path):
    path.write_text('name = "mine"\nname = "yours"\n')
    assert "(at line 2" in refusal(path)


def test_values_nested_too_deeply(path):
    path.write_text("a = " + "[" * 20_000)
    assert refusal(path) == f"{path} nests its values too deeply to be read"


def test_a_number_of_thousands_of_digits(path):
    path.write_text("epochs = " + "9" * 5000)
    assert "is not valid TOML" in refusal(path)


def test_a_hexadecimal_number_of_thousands_of_digits(path):
    assert "'epochs' is a number of thousands of digits" in refusal_of(
        path, epochs="0x" + "f" * 20_000
    )


def test_an_unknown_key_is_answered_with_a_guess_and_all_that_are_allowed(path):
    assert refusal_of(path, epoch="3") == (
        "key 'epoch' is unknown; did you mean 'epochs'? allowed are name, description, "
        "hidden_widths, depth, width, activation, optimizer, penalties, dropout, input_dropout, "
        "batch_normalization, normalization, initial_weight_scale, initialization, initial_bias, "
        "residual, clipping, output, loss, dataset, inputs, labels, batch_size, epochs, extends"
    )


def test_an_unknown_key_of_a_table_is_named_with_its_table(path):
    assert refusal_of(path, optimizer='{ kind = "sgd", beta_1 = 0.9 }') == (
        "key 'optimizer.beta_1' is not for kind 'sgd' but for 'adam', 'adam_in_root', 'adamw', "
        "'amsgrad' and 'adamax'; allowed are kind, learning_rate, decay, schedule, momentum, "
        "nesterov"
    )


def test_a_missing_key(path):
    sentence = refusal_of(path, activation=None)
    assert sentence.startswith(
        "key 'activation' is missing; it must be one of 'sigmoid', 'relu', 'tanh', 'leaky_relu', "
        "'prelu', 'elu', 'selu', 'gelu', 'swish', "
    )
    assert sentence.endswith("'softplus', 'identity', or a list with one for each hidden layer")


def test_several_mistakes_are_counted(path):
    sentence = refusal_of(path, epochs="0", dropout="1", batch_size='"many"')
    assert sentence.endswith("(and 2 more)")


def test_a_layer_that_is_too_wide(path):
    assert refusal_of(path, hidden_widths="[128, 5000]") == (
        "'hidden_widths[1]' is 5000; allowed is a list of at most 100 whole numbers from 1 to 4,096"
    )


def test_a_name_with_sql_in_it(path):
    assert refusal_of(path, name='"x; DROP TABLE runs"') == (
        "'name' is 'x; DROP TABLE runs'; allowed is a lower-case letter, then at most 31 "
        "lower-case letters, digits and underscores, since tables are named after it"
    )


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("name", '"mine\\n"', "'name' is 'mine\\n'; allowed is a lower-case letter"),
        ("name", f'"{"a" * 33}"', "allowed is a lower-case letter"),
        ("name", "3", "'name' is 3; allowed is a lower-case letter"),
        ("description", "1", "'description' is 1; allowed is a text of at most 1,000 characters"),
        (
            "activation",
            '"tan"',
            "'activation' is 'tan'; allowed is one of 'sigmoid', 'relu', 'tanh', ",
        ),
        ("optimizer", '"sgd"', "'optimizer' is 'sgd'; allowed is a table whose kind is 'sgd'"),
        (
            "optimizer",
            '{ kind = "rmsprp" }',
            "'optimizer.kind' is 'rmsprp'; did you mean 'rmsprop'?",
        ),
        ("optimizer", "{}", "'optimizer' is {}; allowed is a table whose kind is 'sgd', 'adag"),
        ("optimizer.learning_rate", "0", "'optimizer.learning_rate' is 0; allowed is a number "),
        ("optimizer.learning_rate", "nan", "'optimizer.learning_rate' is nan; allowed is a num"),
        ("optimizer.learning_rate", '"1"', "'optimizer.learning_rate' is '1'; allowed is a num"),
        ("optimizer.decay", "-1e-3", "'optimizer.decay' is -0.001; allowed is a number from 0 "),
        ("optimizer.momentum", "1", "'optimizer.momentum' is 1; allowed is a number from 0 to b"),
        ("penalties", "0.1", "'penalties' is 0.1; allowed is a table"),
        ("penalties", "{ weight_l2 = -1 }", "'penalties.weight_l2' is -1; allowed is a number"),
        ("hidden_widths", "[128, 0]", "'hidden_widths[1]' is 0; allowed is a list of at most 100"),
        ("hidden_widths", "[1.5]", "'hidden_widths[0]' is 1.5; allowed is a list of at most 100"),
        ("hidden_widths", "128", "'hidden_widths' is 128; allowed is a list of at most 100"),
        ("hidden_widths", f"{[1] * 101}", "allowed is a list of at most 100 whole numbers"),
        ("dropout", "1.0", "'dropout' is 1.0; allowed is a number from 0 to below 1"),
        ("dropout", "true", "'dropout' is True; allowed is a number from 0 to below 1"),
        ("batch_normalization", "1", "'batch_normalization' is 1; allowed is true or false"),
        ("dropout", "[0.5, 1.0]", "'dropout[1]' is 1.0; allowed is a number from 0 to below 1"),
        ("input_dropout", "[0.1]", "'input_dropout' is [0.1]; allowed is a number from 0 to be"),
        ("output", "'tanh'", "'output' is 'tanh'; allowed is 'softmax' or 'sigmoid'"),
        ("inputs", "'standard'", "'inputs' is 'standard'; allowed is '-1..1', '0..1', '0..255', "),
        ("labels", "'random'", "'labels' is 'random'; allowed is 'true', 'shuffled' or 'constant'"),
        (
            "initialization",
            "[{ kind = 'he', scale = 3 }]",
            "key 'initialization[0].scale' is not for kind 'he' but for 'normal'; allowed are ",
        ),
        (
            "initialization",
            "[{ kind = 'he' }, { kind = 'hex' }]",
            "'initialization[1].kind' is 'hex'; did you mean 'he'? allowed is one of 'normal', ",
        ),
        (
            "initialization",
            "'he'",
            "'initialization' is 'he'; allowed is a table whose kind is 'normal', 'uniform', ",
        ),
        (
            "initial_bias",
            "true",
            "'initial_bias' is True; allowed is a number from -1,000 to 1,000",
        ),
        ("initial_weight_scale", "0", "'initial_weight_scale' is 0; allowed is a number above 0"),
        ("batch_size", "0", "'batch_size' is 0; allowed is a whole number from 1 to 60,000"),
        ("batch_size", "128.0", "'batch_size' is 128.0; allowed is a whole number from 1 to 60"),
        ("epochs", "-1", "'epochs' is -1; allowed is a whole number from 1 to 10,000"),
        ("epochs", "inf", "'epochs' is inf; allowed is a whole number from 1 to 10,000"),
        ("epochs", "true", "'epochs' is True; allowed is a whole number from 1 to 10,000"),
    ],
)
def test_a_value_that_is_not_allowed_is_answered_with_what_is(path, key, value, sentence):
    changes = {key: value}
    if key.startswith("optimizer."):
        changes |= {"optimizer": None, "optimizer.kind": '"sgd"'}
    assert sentence in refusal_of(path, **changes)


def test_a_long_value_is_not_repeated_in_full(path):
    assert len(refusal_of(path, activation=f'"{"x" * 10_000}"')) < 300

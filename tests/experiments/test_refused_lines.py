"""A mistake is answered with its line, however the file writes the key."""

from pathlib import Path

import pytest

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import load

GOOD = 'name = "mine"\nactivation = "relu"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "optimizer.kind = 'sgd'\noptimizer.decay = -1", "line 4: 'optimizer.decay' is -1;"),
        (GOOD + "\n[optimizer]\n\nkind = 'sgd'\nmomentum = 1", "line 7: 'optimizer.momentum' is 1"),
        (GOOD + "optimizer = { kind = 'sgd',  decay = -1 }", "line 3: 'optimizer.decay' is -1;"),
        (GOOD + "hidden_widths = [\n8,\n0,\n]\noptimizer.kind='sgd'", "line 3: 'hidden_widths[1]'"),
        (
            GOOD + "optimizer.kind = 'sgd'\nepoch = 3",
            "line 4: key 'epoch' is unknown; did you mean",
        ),
        (GOOD + "[optimizer]\nkind = 'sgd'\nrate = 3", "line 5: key 'optimizer.rate' is unknown;"),
        (
            GOOD + "[optimizer]\nkind = 'sdg'",
            "line 4: 'optimizer.kind' is 'sdg'; did you mean 'sgd",
        ),
        (GOOD + "\n[optimizer]\n", "line 4: 'optimizer' is {}; allowed is a table whose kind is "),
        (
            GOOD + "[optimizer]\nkind = 'sgd'\n[optimizer.schedule]\nkind = 'step'\nfactor = 2",
            "line 7: 'optimizer.schedule.factor' is 2; allowed is a number above 0, at most 1",
        ),
        (
            GOOD + "[optimizer]\nkind = 'sgd'\n[optimizer.schedule]\nkind = 'steps'",
            "line 6: 'optimizer.schedule.kind' is 'steps'; did you mean 'step'? allowed is one of ",
        ),
        (
            GOOD + "[optimizer]\nkind = 'sgd'\n[optimizer.schedule]\nkind = 'cosine'\nevery = 2",
            "line 7: key 'optimizer.schedule.every' is not for kind 'cosine' but for 'step'; ",
        ),
        (
            GOOD + "optimizer.kind = 'sgd'\n[clipping]\nlimit = 1",
            "line 4: 'clipping' is {'limit': 1}; allowed is a table whose kind is 'value', ",
        ),
        (
            GOOD + "optimizer.kind = 'sgd'\nresidual = [[1, 2], [3]]",
            "line 4: key 'residual[1][1]' is missing; it must be a whole number of hidden layers",
        ),
        (
            GOOD + "optimizer.kind = 'sgd'\nresidual = [[1, 2],\n[3, 'x']]",
            "line 4: 'residual[1][1]' is 'x'; allowed is a whole number of hidden layers that",
        ),
        (GOOD + "optimizer.kind = 'sgd'\nresidual = true", "line 4: 'residual' is True; allowed"),
        (
            GOOD + "optimizer.kind = 'sgd'\nclipping = 1",
            "line 4: 'clipping' is 1; allowed is a tab",
        ),
        (
            'name = "mine"\noptimizer.kind = "sgd"\nhidden_widths = [8, 8]\n'
            'activation = ["relu",\n"rely"]',
            "line 4: 'activation[1]' is 'rely'; allowed is one of 'sigmoid', 'relu', ",
        ),
        (
            GOOD + "initialization = { kind = 'he', scale = 1 }\noptimizer.kind = 'sgd'",
            "line 3: key 'initialization.scale' is not for kind 'he' but for 'normal'; allowed are",
        ),
        (
            GOOD + "optimizer.kind = 'sgd'\ndataset = 'cifar'",
            "line 4: 'dataset' is 'cifar'; allowe",
        ),
        (
            GOOD + 'description = """\nepochs = 0\n[optimizer]\n"""\noptimizer.kind = "sgd"\n'
            "epochs = 0",
            "line 8: 'epochs' is 0;",
        ),
        (
            GOOD + "optimizer . 'kind' = 'sgd'\n[ optimizer.\"schedule\" ] # of the rate\n"
            "kind = 'step'\r\nevery = 0",
            "line 6: 'optimizer.schedule.every' is 0;",
        ),
        (
            GOOD + "residual = [\n[1, 2],\n[3]\n]\noptimizer.kind = 'sgd'\nepochs = 0",
            "line 3: key 'residual[1][1]' is missing;",
        ),
        (
            GOOD + "optimizer.kind = 'sgd'\n'<one>' = 1",
            "line 4: key '<one>' is unknown; allowed are",
        ),
    ],
    ids=lambda text: text[-40:],
)
def test_the_line_of_a_mistake(tmp_path: Path, text, sentence):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ExperimentError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}, {sentence}")


def test_of_several_mistakes_the_first_in_the_file_is_told(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text("optimizer.kind = 'sgd'\nactivaton = 'relu'\nepochs = 0\nname = 'mine'\n")
    with pytest.raises(ExperimentError) as caught:
        load(path)
    assert str(caught.value).startswith(
        f"{path}, line 2: key 'activaton' is unknown; did you mean 'activation'?"
    )
    assert str(caught.value).endswith("(and 2 more)")


def test_a_key_that_is_missing_in_the_whole_file_has_no_line(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\noptimizer.kind = "sgd"\n')
    with pytest.raises(ExperimentError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: key 'activation' is missing; it must be one of ")

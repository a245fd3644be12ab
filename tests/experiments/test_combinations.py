"""Values that do not go together are refused, with the line of the one to change."""

from pathlib import Path

import pytest

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import load, with_epochs

GOOD = 'name = "mine"\nactivation = "relu"\n'
SGD = 'optimizer = { kind = "sgd" }\n'


@pytest.fixture
def refusal(tmp_path: Path):
    """Return a function that gives the sentence about a file, from its line on."""

    def about(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ExperimentError) as caught:
            load(path)
        sentence = str(caught.value)
        assert sentence.startswith(f"{path}, line ")
        return sentence.removeprefix(f"{path}, ")

    return about


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            SGD + "hidden_widths = [8]\n\ndepth = 3",
            "line 6: 'depth' is 3; hidden_widths says how many layers there are: leave one of "
            "them out",
        ),
        (
            SGD + "loss = 'binary_cross_entropy'\noutput = 'softmax'",
            "line 5: 'output' is 'softmax'; the loss 'binary_cross_entropy' is of one sigmoid: "
            "leave output out",
        ),
        (
            SGD + "width = 9",
            "line 4: 'width' is 9; it is the width of so many equal layers as depth says: give "
            "depth too",
        ),
        (
            SGD + "batch_normalization = true\nnormalization = 'layer'",
            "line 4: 'batch_normalization' is True; it is the older spelling of normalization, "
            "which is 'layer': leave one of them out",
        ),
        (
            SGD + "normalization = 'batch'\nbatch_normalization = false",
            "line 5: 'batch_normalization' is False; it is the older spelling of normalization, "
            "which is 'batch': leave one of them out",
        ),
        (
            SGD + "hidden_widths = [8, 8]\ndropout = [0.5]",
            "line 5: 'dropout' is [0.5]; as a list it must have one for each hidden layer, and "
            "there are 2, not 1",
        ),
        (
            SGD + "hidden_widths = [8]\ninitialization = [{ kind = 'he' }]",
            "line 5: 'initialization' is [{'kind': 'he'}]; as a list it must have one for each "
            "hidden layer and one for the last, 2 in all, not 1",
        ),
        (
            SGD + "depth = 1\nnormalization = 'weight'\ninitialization = "
            "[{ kind = 'constant', value = 0.0 }, { kind = 'he' }]",
            "line 6: 'initialization[0].value' is 0.0; weight normalisation needs weights whose "
            "size is at least 1e-30",
        ),
        (
            SGD
            + "hidden_widths = []\ninitialization = [{ kind = 'he' }]\ninitial_weight_scale = 0.1",
            "line 6: 'initial_weight_scale' is 0.1; it is what initialization of kind 'normal' "
            "calls scale: leave one of them out",
        ),
        (
            SGD + "initial_weight_scale = 0.01\ninitialization = { kind = 'he' }",
            "line 4: 'initial_weight_scale' is 0.01; it is what initialization of kind 'normal' "
            "calls scale: leave one of them out",
        ),
        (
            SGD + "hidden_widths = [8, 8]\nresidual = 3",
            "line 5: 'residual' is 3; the network has only 2 hidden layers",
        ),
        (
            SGD + "hidden_widths = [8]\nresidual = [\n  [1, 1],\n  [2, 2],\n]",
            "line 5: 'residual[1]' is [2, 2]; the network has only 1 hidden layer",
        ),
        (
            SGD + "depth = 6\nresidual = [[1, 2],\n[3, 2]]",
            "line 5: 'residual[1]' is [3, 2]; a block goes from its first hidden layer to its last",
        ),
        (
            SGD + "depth = 6\nresidual = [[1, 3], [3, 4]]",
            "line 5: 'residual[1]' is [3, 4]; it must begin after the block before it, which ends "
            "with hidden layer 3",
        ),
        (
            "optimizer.kind = 'adam'\noptimizer.decay = 0.1\n"
            "optimizer.schedule = { kind = 'cosine' }",
            "line 4: 'optimizer.decay' is 0.1; with a schedule it must be 0, since the "
            "schedule sets the rate",
        ),
        (
            "[optimizer]\nkind = 'sgd'\nnesterov = true",
            "line 5: 'optimizer.nesterov' is True; it changes momentum, so also give a "
            "momentum above 0",
        ),
        (
            "epochs = 2\nbatch_size = 100\n[optimizer]\nkind = 'adam'\n[optimizer.schedule]\n"
            "kind = 'constant'\nwarm_up = 1201",
            "line 9: 'optimizer.schedule.warm_up' is 1201; a run of 2 epochs with batches of 100 "
            "has no more than 1,200 steps",
        ),
        (
            "[optimizer]\nkind = 'adam'\nlearning_rate = 0.01\n"
            "schedule = { kind = 'cosine', floor = 0.1 }",
            "line 6: 'optimizer.schedule.floor' is 0.1; it must not be above the learning rate, "
            "which is 0.01",
        ),
        (
            SGD + "normalization = 'weight'\ninitialization = { kind = 'constant' , value = 0.0 }",
            "line 5: 'initialization.value' is 0.0; weight normalisation needs weights whose size "
            "is at least 1e-30",
        ),
        (
            SGD + "normalization = 'weight'\ninitialization = { kind = 'constant' }",
            "line 5: 'initialization.value' is left out; weight normalisation needs weights whose "
            "size is at least 1e-30",
        ),
        (
            SGD + "normalization = 'weight'\ninitial_weight_scale = 1e-40",
            "line 5: 'initial_weight_scale' is 1e-40; weight normalisation needs weights whose "
            "size is at least 1e-30",
        ),
    ],
    ids=lambda text: text.splitlines()[-1][:40],
)
def test_two_values_that_do_not_go_together(refusal, text, sentence):
    assert refusal(GOOD + text) == sentence


def test_a_list_of_activations_is_as_long_as_the_network_is_deep(refusal):
    text = f'name = "mine"\n{SGD}depth = 3\nactivation = ["relu", "tanh"]\n'
    assert refusal(text) == (
        "line 4: 'activation' is ['relu', 'tanh']; as a list it must have one for each hidden "
        "layer, and there are 3, not 2"
    )


def test_a_key_of_another_optimizer_is_said_to_be_its(refusal):
    sentence = refusal(GOOD + "[optimizer]\nkind = 'adam'\nmomentum = 0.9\n")
    assert sentence == (
        "line 5: key 'optimizer.momentum' is not for kind 'adam' but for 'sgd'; allowed are kind, "
        "learning_rate, decay, schedule, epsilon, beta_1, beta_2"
    )


def test_a_warm_up_as_long_as_the_run_is_allowed_and_one_step_more_is_not_by_epochs(tmp_path):
    path = tmp_path / "mine.toml"
    schedule = "{ kind = 'constant', warm_up = 938 }"
    path.write_text(f"{GOOD}epochs = 2\noptimizer = {{ kind = 'sgd', schedule = {schedule} }}\n")
    experiment = load(path)
    assert with_epochs(experiment, 3).epochs == 3
    with pytest.raises(ExperimentError) as caught:
        with_epochs(experiment, 1)
    assert str(caught.value) == (
        "mine: 'optimizer.schedule.warm_up' is 938; a run of 1 epoch with batches of 128 has no "
        "more than 469 steps"
    )

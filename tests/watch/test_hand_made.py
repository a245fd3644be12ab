"""Steps passed without hooks: of torch.func, and of other libraries' trees of arrays."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from vanishing_gradients.telemetry.errors import WatchError  # noqa: E402


def test_a_tree_of_arrays_is_named_by_its_paths(watching, stored):
    grads = {
        "dense": {"kernel": np.arange(6.0).reshape(2, 3), "bias": np.ones(3)},
        "heads": [np.ones((3, 1))],
    }
    with watching() as w:
        w.step(grads)
    assert list(stored.layers) == ["dense.kernel", "heads.0"]
    np.testing.assert_array_equal(stored.cells("dense.kernel"), grads["dense"]["kernel"])
    assert stored.run["source"] == "jax"


def test_of_torch_func_neurons_are_the_first_dimension(watching, stored):
    model = torch.nn.Linear(4, 3)
    params = dict(model.named_parameters())
    x = torch.randn(5, 4)

    def loss(params):
        return (torch.func.functional_call(model, params, (x,)) ** 2).sum()

    grads = torch.func.grad(loss)(params)
    with watching() as w:
        w.step(grads, params)
    np.testing.assert_array_equal(stored.cells("weight"), grads["weight"].detach().t())
    assert stored.run["source"] == "torch"
    assert stored.steps("weight")[0]["weight_norm"] == pytest.approx(
        model.weight.double().norm().item()
    )


def test_weights_and_their_updates_are_measured_where_they_are_given(watching, stored):
    weights = {"w": np.full((2, 2), 3.0)}
    with watching() as w:
        w.step({"w": np.ones((2, 2))}, weights, {"w": np.full((2, 2), -1e-200)})
    (step,) = stored.steps("w")
    assert (step["weight_norm"], step["update_norm"]) == (6.0, pytest.approx(2e-200))


def test_steps_by_hand_have_epochs_and_losses_too(watching, stored):
    with watching() as w:
        for _ in range(2):
            for _x in w.epoch([np.ones((4, 1))] * 3):
                w.step({"w": np.ones((2, 2))})
                w.log(loss=2.0)
    assert stored.run["completed_epoch"] == 2
    rows = stored.ask(
        "SELECT loss FROM epoch_metrics WHERE run_id = :run", run=stored.run["run_id"]
    )
    assert [row["loss"] for row in rows] == [2.0, 2.0]


@pytest.mark.parametrize(("grads", "said"), [({}, "no gradients"), ({"w": "x"}, "a str at w")])
def test_what_is_no_tree_of_arrays_is_refused(watching, grads, said):
    with pytest.raises(WatchError, match=said), watching() as w:
        w.step(grads)

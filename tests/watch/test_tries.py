"""Experiments with PyTorch from before watch was written: each way to miss a gradient."""

import copy
import io
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402


def mlp(activation=nn.ReLU, **options):
    return nn.Sequential(nn.Linear(4, 3), activation(**options), nn.Linear(3, 2))


def sgd(model, **options):
    return torch.optim.SGD(model.parameters(), lr=0.1, **options)


def data(samples=5, features=4):
    return torch.randn(samples, features), torch.randint(0, 2, (samples,))


def loss_of(model, x, y):
    return nn.functional.cross_entropy(model(x), y)


def one_step(model, optimizer, x, y, scaler=None):
    optimizer.zero_grad()
    loss = loss_of(model, x, y)
    loss.backward()
    optimizer.step()
    return loss


def test_the_gradient_by_an_inplace_activation_is_that_of_one_that_is_not(watching, stored):
    plain, inplace = mlp(), mlp(inplace=True)
    inplace.load_state_dict(plain.state_dict())
    x, y = data()
    found = []
    for number, model in enumerate((plain, inplace)):
        optimizer = sgd(model)
        with watching(model, optimizer, experiment=f"inplace_{number}"):
            one_step(model, optimizer, x, y)
        found.append(stored.cells("1"))
    assert found[0].any()
    np.testing.assert_array_equal(*found)


def test_a_watched_model_is_pickled_copied_and_saved_as_any_other(watching):
    model = mlp()
    optimizer = sgd(model, momentum=0.9)
    x, y = data()
    with watching(model, optimizer):
        one_step(model, optimizer, x, y)
        torch.save(model, io.BytesIO())
        torch.save(optimizer.state_dict(), io.BytesIO())
        pickle.dumps(model)
        pickle.dumps(optimizer)
        copied = copy.deepcopy(model)
        copy.deepcopy(optimizer)
    assert not any(each._forward_pre_hooks or each._backward_hooks for each in model.modules())
    assert list(copied.state_dict()) == list(model.state_dict())


def test_a_copy_of_a_watched_model_is_not_watched(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    x, y = data()
    with watching(model, optimizer):
        one_step(model, optimizer, x, y)
        average = copy.deepcopy(model)
        loss_of(average, x, y).backward()
        one_step(model, optimizer, x, y)
    assert [row["row_count"] for row in stored.steps("1")] == [5, 5]


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("unscaled", [False, True])
def test_gradients_are_recorded_unscaled(watching, stored, fused, unscaled):
    model = mlp()
    bare = copy.deepcopy(model)
    x, y = data()
    loss_of(bare, x, y).backward()
    optimizer = sgd(model, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    with watching(model, optimizer):
        scaler.scale(loss_of(model, x, y)).backward()
        if unscaled:
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    np.testing.assert_allclose(stored.cells("0.weight"), bare[0].weight.grad.t(), rtol=1e-6)
    hidden = bare[0](x).detach().requires_grad_()
    nn.functional.cross_entropy(bare[2](bare[1](hidden)), y).backward()
    np.testing.assert_allclose(stored.cells("1"), hidden.grad, rtol=1e-6)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("skipped", [0, 1, 2])
def test_a_step_that_a_scaler_leaves_out_is_recorded_with_its_cells_counted(
    watching, stored, fused, skipped
):
    model = mlp()
    optimizer = sgd(model, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    x, y = data()
    with watching(model, optimizer) as w:
        for number, batch in enumerate(w.epoch([x, x, x])):
            optimizer.zero_grad()
            loss = loss_of(model, batch, y) * (float("inf") if number == skipped else 1.0)
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
    steps = stored.steps("0.weight")
    assert [row["step"] for row in steps] == [1, 2, 3]
    left_out = [number == skipped for number in range(3)]
    assert [row["non_finite"] > 0 for row in steps] == left_out
    assert [row["update_norm"] is None for row in steps] == left_out


def test_micro_batches_before_the_first_step_are_not_taken_for_steps_left_out(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    x, y = data()
    with watching(model, optimizer) as w:
        for number, batch in enumerate(w.epoch([x, x, x, x])):
            scaler.scale(loss_of(model, batch, y)).backward()
            if number % 2:
                scaler.step(optimizer)
                scaler.update()
                optimizer.zero_grad()
    assert [row["step"] for row in stored.steps("0.weight")] == [1, 2]


def test_a_closure_is_recorded_at_its_first_evaluation(watching, stored):
    model = mlp()
    x, y = data()
    bare = copy.deepcopy(model)
    loss_of(bare, x, y).backward()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)

    def closure():
        optimizer.zero_grad()
        loss = loss_of(model, x, y)
        loss.backward()
        return loss

    with watching(model, optimizer):
        optimizer.step(closure)
        optimizer.step(closure=closure)
    assert [row["step"] for row in stored.steps("0.weight")] == [1, 2]
    np.testing.assert_allclose(stored.cells("0.weight"), bare[0].weight.grad.t(), rtol=1e-6)
    assert stored.steps("0.weight")[0]["update_norm"] > 0


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(6, 3)
        self.head = nn.Linear(3, 6, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens):
        return self.head(self.embedding(tokens))


def test_tied_weights_are_recorded_once_with_their_other_names(watching, stored):
    model = Tied()
    optimizer = sgd(model)
    with watching(model, optimizer):
        loss = nn.functional.cross_entropy(model(torch.tensor([1, 2])), torch.tensor([2, 3]))
        loss.backward()
        optimizer.step()
    weights = [name for name, layer in stored.layers.items() if layer["parameters"]]
    assert weights == ["embedding.weight"]
    assert '"names": ["head.weight"]' in str(stored.layers["embedding.weight"]["tensor"]).replace(
        "'", '"'
    )
    np.testing.assert_array_equal(stored.cells("embedding.weight"), model.head.weight.grad)


@pytest.mark.parametrize("sparse", [False, True])
def test_of_an_embedding_those_rows_are_recorded_whose_tokens_came(watching, stored, sparse):
    model = nn.Sequential(nn.Embedding(10, 3, sparse=sparse), nn.Flatten(), nn.Linear(6, 2))
    optimizer = sgd(model)
    tokens = torch.tensor([[7, 2], [2, 4]])
    with watching(model, optimizer):
        nn.functional.cross_entropy(model(tokens), torch.tensor([0, 1])).backward()
        optimizer.step()
    table = f"net_{stored.layers['0.weight']['layer_name']}"
    if stored.run["experiment"] != "net":
        table = table.replace("net", stored.run["experiment"], 1)
    rows = stored.ask(f"SELECT RowIndex FROM {table} WHERE run_id = {stored.run['run_id']}")
    assert [row["RowIndex"] for row in rows] == [2, 4, 7]
    gradient = model[0].weight.grad
    gradient = gradient.to_dense() if sparse else gradient
    np.testing.assert_array_equal(stored.cells("0.weight"), gradient[[2, 4, 7]])


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointed_activations_are_met_once(watching, stored, reentrant):
    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.middle, self.last = (
                nn.Linear(4, 3),
                nn.Sequential(nn.Tanh()),
                nn.Linear(3, 2),
            )

        def forward(self, x):
            return self.last(checkpoint(self.middle, self.first(x), use_reentrant=reentrant))

    model = Checkpointed()
    bare = copy.deepcopy(model)
    x, y = data()
    hidden = bare.first(x).detach().requires_grad_()
    nn.functional.cross_entropy(bare.last(bare.middle(hidden)), y).backward()
    optimizer = sgd(model)
    with watching(model, optimizer):
        one_step(model, optimizer, x, y)
    assert [name for name in stored.layers if "middle" in name] == ["middle.0"]
    np.testing.assert_allclose(stored.cells("middle.0"), hidden.grad, rtol=1e-6)


def test_a_frozen_layer_has_a_place_and_no_rows(watching, stored):
    model = mlp()
    model[0].weight.requires_grad_(False)
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.1)
    x, y = data()
    with watching(model, optimizer):
        one_step(model, optimizer, x, y)
    weights = {name: each for name, each in stored.layers.items() if each["parameters"]}
    assert {name: each["frozen"] for name, each in weights.items()} == {
        "0.weight": 1,
        "2.weight": 0,
    }
    assert stored.steps("0.weight") == []


def test_a_layer_that_is_unfrozen_later_has_rows_from_then_on(watching, stored):
    model = mlp()
    model[0].weight.requires_grad_(False)
    optimizer = sgd(model)
    x, y = data()
    with watching(model, optimizer) as w:
        for epoch in range(2):
            model[0].weight.requires_grad_(epoch == 1)
            for batch in w.epoch([x, x]):
                one_step(model, optimizer, batch, y)
    assert [(row["epoch"], row["step"]) for row in stored.steps("0.weight")] == [(2, 1), (2, 2)]


def test_a_compiled_model_keeps_its_one_graph(watching, stored):
    model = mlp()
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(model, backend=backend)
    optimizer = sgd(compiled)
    x, y = data()
    with watching(compiled, optimizer):
        for _ in range(3):
            one_step(compiled, optimizer, x, y)
    assert len(graphs) == 1
    assert list(stored.layers) == ["0.weight", "2.weight"]
    assert len(stored.steps("0.weight")) == 3


def test_wrappers_leave_nothing_in_the_names(watching, stored):
    model = nn.DataParallel(mlp())
    optimizer = sgd(model)
    x, y = data()
    with watching(model, optimizer):
        one_step(model, optimizer, x, y)
    assert list(stored.layers) == ["0.weight", "1", "2.weight", "output"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_each_value_of_half_precision_is_stored_exactly(watching, stored, dtype):
    model = mlp().to(dtype)
    optimizer = sgd(model)
    x, y = data()
    with watching(model, optimizer):
        one_step(model, optimizer, x.to(dtype), y)
    assert stored.run["float_type"] == "single"
    assert str(dtype).removeprefix("torch.") in str(stored.layers["0.weight"]["tensor"])
    np.testing.assert_array_equal(stored.cells("0.weight"), model[0].weight.grad.t().double())


def test_accumulated_gradients_are_one_step(watching, stored):
    model = mlp()
    optimizer = sgd(model)
    x, y = data(6)
    with watching(model, optimizer) as w:
        for part, labels in w.epoch([(x[:4], y[:4]), (x[4:], y[4:])]):
            loss_of(model, part, labels).backward()
            gradient = model[0].weight.grad
            if len(part) == 2:
                optimizer.step()
    np.testing.assert_array_equal(stored.cells("0.weight"), gradient.t())
    assert [row["row_count"] for row in stored.steps("1")] == [6]
    recorded = stored.ask(
        "SELECT * FROM recorded_steps WHERE run_id = :run", run=stored.run["run_id"]
    )
    assert [(row["step"], row["samples"]) for row in recorded] == [(1, 6)]


def test_zeros_that_zero_grad_has_left_are_no_gradient(watching, stored):
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(4, 2), nn.Linear(4, 2)

        def forward(self, x, left):
            return self.left(x) if left else self.right(x)

    model = Branches()
    optimizer = sgd(model)
    x, y = data()
    with watching(model, optimizer):
        for left in (True, False, True):
            optimizer.zero_grad(set_to_none=False)
            nn.functional.cross_entropy(model(x, left), y).backward()
            optimizer.step()
    assert [row["step"] for row in stored.steps("left.weight")] == [1, 3]
    assert [row["step"] for row in stored.steps("right.weight")] == [2]


def test_a_gradient_of_zeros_is_one(watching, stored):
    model = mlp()
    with torch.no_grad():
        model[0].bias.fill_(-100.0)  # the whole ReLU is off
    optimizer = sgd(model)
    x, y = data()
    with watching(model, optimizer):
        for _ in range(2):
            optimizer.zero_grad(set_to_none=False)
            loss_of(model, x, y).backward()
            optimizer.step()
    assert [row["zeros"] for row in stored.steps("0.weight")] == [1.0, 1.0]
    assert stored.steps("1")[0]["saturated"] == 1.0


def test_clipped_gradients_are_recorded_before_and_after_as_told(watching, stored):
    x, y = data()
    for number, before in enumerate((False, True)):
        torch.manual_seed(1)
        model = mlp()
        optimizer = sgd(model)
        with watching(model, optimizer, experiment=f"clipped_{number}") as w:
            loss_of(model, x, y).backward()
            whole = model[0].weight.grad.norm().item()
            if before:
                w.before_clipping()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
            clipped = model[0].weight.grad.norm().item()
            optimizer.step()
        (step,) = stored.steps("0.weight")
        assert step["gradient_norm"] == pytest.approx(whole if before else clipped, rel=1e-5)
        assert (step["clipped_norm"] is None) != before
        if before:
            assert step["clipped_norm"] == pytest.approx(clipped, rel=1e-5)
        assert stored.run["recorded_at"] == ("before_clipping" if before else "as_stepped")


def test_training_is_the_same_to_the_bit(watching):
    def trained(watched):
        torch.manual_seed(3)
        model = nn.Sequential(
            nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Dropout(0.2), nn.Linear(8, 8), nn.Tanh(),
            nn.BatchNorm1d(8), nn.Linear(8, 2),
        )  # fmt: skip
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01)
        x, y = data(16)

        def train():
            for _ in range(100):
                one_step(model, optimizer, x, y)

        if watched:
            with watching(model, optimizer, experiment="bits", biases=True):
                train()
        else:
            train()
        return model.state_dict()

    bare, watched = trained(False), trained(True)
    assert all(torch.equal(bare[name], watched[name]) for name in bare)

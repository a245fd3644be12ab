"""Every kind of tensor as rows and columns, against its plain gradient."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

CONVOLVED = {"stride": 1, "padding": 1}


def trained(watching, model, *inputs, **options):
    """Take one step of a watched model, and return the gradients of its parameters by name."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watching(model, optimizer, biases=True, **options):
        output = model(*inputs)
        output = output[0] if isinstance(output, tuple) else output
        (output**2).sum().backward()
        optimizer.step()
    return {
        name: each.grad.numpy() for name, each in model.named_parameters() if each.grad is not None
    }


def test_rows_of_linear_weights_are_inputs(watching, stored):
    gradients = trained(watching, nn.Sequential(nn.Linear(4, 3)), torch.randn(5, 4))
    np.testing.assert_array_equal(stored.cells("0.weight"), gradients["0.weight"].T)
    np.testing.assert_array_equal(stored.cells("0.bias"), gradients["0.bias"][np.newaxis])
    assert stored.layers["0.weight"]["layer_name"] == "layer_1_input"


@pytest.mark.parametrize("groups", [1, 2])
def test_a_neuron_of_a_convolution_is_a_filter(watching, stored, groups):
    model = nn.Sequential(nn.Conv2d(4, 6, 3, groups=groups), nn.ReLU())
    gradient = trained(watching, model, torch.randn(2, 4, 5, 5))["0.weight"]
    for neuron in range(6):
        np.testing.assert_array_equal(stored.cells("0.weight")[:, neuron], gradient[neuron].ravel())


@pytest.mark.parametrize("groups", [1, 2])
def test_a_neuron_of_a_transposed_convolution_is_a_filter_too(watching, stored, groups):
    model = nn.Sequential(nn.ConvTranspose2d(4, 6, 3, groups=groups))
    gradient = trained(watching, model, torch.randn(2, 4, 5, 5))["0.weight"]
    cells = stored.cells("0.weight")
    inputs, outputs = 4 // groups, 6 // groups
    for neuron in range(6):
        group, place = divmod(neuron, outputs)
        own = gradient[group * inputs : (group + 1) * inputs, place]
        np.testing.assert_array_equal(cells[:, neuron], own.ravel())


@pytest.mark.parametrize(
    ("kind", "gates"), [(nn.LSTM, "ifgo"), (nn.GRU, "rzn"), (nn.RNN, ""), (nn.LSTMCell, "ifgo")]
)
def test_a_gate_of_a_recurrent_layer_is_a_layer(watching, stored, kind, gates):
    sequence = torch.randn(5, 4) if kind is nn.LSTMCell else torch.randn(5, 2, 4)
    gradients = trained(watching, kind(4, 3), sequence)
    suffix = "" if kind is nn.LSTMCell else "_l0"
    for which in ("ih", "hh"):
        whole = gradients.get(f"weight_{which}{suffix}")
        if which == "hh" and kind is nn.LSTMCell:
            continue  # a single step from zeros
        for place, gate in enumerate(gates):
            own = whole[3 * place : 3 * (place + 1)].T
            name = f"weight_{which}{suffix}[{gate}]"
            np.testing.assert_array_equal(stored.cells(name), own)
            assert stored.layers[name]["layer_name"].endswith(f"_{which}_{gate}")
        if not gates:
            np.testing.assert_array_equal(stored.cells(f"weight_{which}{suffix}"), whole.T)


def test_query_key_and_value_of_an_attention_are_layers(watching, stored):
    x = torch.randn(3, 2, 4)
    gradients = trained(watching, nn.MultiheadAttention(4, 2), x, x, x)
    whole = gradients["in_proj_weight"]
    for place, name in enumerate(("query", "key", "value")):
        cells = stored.cells(f"in_proj_weight[{name}]")
        np.testing.assert_array_equal(cells, whole[4 * place : 4 * place + 4].T)
    np.testing.assert_array_equal(stored.cells("out_proj.weight"), gradients["out_proj.weight"].T)


def test_vectors_are_single_rows_and_others_have_a_column_for_each_first_place(watching, stored):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(3)
            self.temperature = nn.Parameter(torch.tensor(2.0))
            self.cube = nn.Parameter(torch.randn(2, 3, 4))

        def forward(self, x):
            return torch.einsum("nd,kdc->nkc", self.norm(x) * self.temperature, self.cube)

    gradients = trained(watching, Odd(), torch.randn(5, 3))
    np.testing.assert_array_equal(stored.cells("norm.weight"), gradients["norm.weight"][np.newaxis])
    np.testing.assert_array_equal(stored.cells("temperature"), [[gradients["temperature"]]])
    np.testing.assert_array_equal(stored.cells("cube"), gradients["cube"].reshape(2, -1).T)
    kinds = {name: layer["kind"] for name, layer in stored.layers.items()}
    assert kinds["norm.weight"] == "normalization"
    assert kinds["cube"] == kinds["temperature"] == "parameter"


def test_real_and_imaginary_parts_stand_side_by_side(watching, stored):
    class Complex(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 4, dtype=torch.complex64))

        def forward(self, x):
            return (self.weight @ x.to(torch.complex64)).abs()

    gradient = trained(watching, Complex(), torch.randn(4))["weight"]
    cells = stored.cells("weight")
    np.testing.assert_array_equal(cells[:, 0::2], gradient.real.T)
    np.testing.assert_array_equal(cells[:, 1::2], gradient.imag.T)


def test_activations_of_images_have_a_row_a_pixel_and_a_column_a_channel(watching, stored):
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(12, 2))
    bare = copy.deepcopy(model)
    x = torch.randn(2, 1, 4, 4)
    trained(watching, model, x, telemetry={"1": "full"})
    hidden = bare[0](x).detach().requires_grad_()
    (bare[1:](hidden) ** 2).sum().backward()
    expected = hidden.grad.movedim(1, -1).reshape(-1, 3)
    np.testing.assert_allclose(stored.cells("1"), expected, rtol=1e-6)
    assert [layer["kept"] for layer in stored.layers.values()].count("full") == 1


def test_activations_of_sequences_have_a_row_a_position(watching, stored):
    model = nn.Sequential(nn.Linear(4, 3), nn.GELU(), nn.Linear(3, 2))
    trained(watching, model, torch.randn(2, 5, 4))
    assert stored.layers["1"]["row_count"] == 10
    assert stored.layers["1"]["width"] == 3
    assert stored.layers["1"]["kept"] == "statistics"  # of samples at many positions


def test_a_module_that_is_called_twice_is_two_layers_in_order_of_execution(watching, stored):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.relu = nn.Linear(3, 3), nn.ReLU()
            self.first = nn.Linear(3, 3)

        def forward(self, x):
            return self.relu(self.last(self.relu(self.first(x))))

    trained(watching, Block(), torch.randn(5, 3), skip=["*.bias"])
    assert list(stored.layers) == ["first.weight", "relu", "last.weight", "relu#2", "output"]


def test_a_layer_that_is_wider_than_a_table_keeps_statistics_and_that_is_said(
    watching, stored, capfd
):
    trained(watching, nn.Sequential(nn.Linear(3, 801), nn.Linear(801, 2)), torch.randn(2, 3))
    assert stored.layers["0.weight"]["kept"] == "statistics"
    assert stored.steps("0.weight")[0]["gradient_norm"] > 0
    assert "0.weight has 801 neurons, more than a table can hold" in capfd.readouterr().err


def test_layers_are_chosen_by_globs(watching, stored):
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    trained(watching, model, torch.randn(5, 4), layers=["*.weight"], skip=["0.*"])
    assert list(stored.layers) == ["2.weight"]


def test_activations_updates_and_biases_can_be_left_out(watching, stored):
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watching(model, optimizer, activations=False, updates=False):
        model(torch.randn(5, 4)).sum().backward()
        optimizer.step()
    assert list(stored.layers) == ["0.weight", "2.weight"]
    assert stored.steps("0.weight")[0]["update_norm"] is None


def test_norms_of_weights_and_updates_are_those_that_were(watching, stored):
    model = nn.Sequential(nn.Linear(4, 3))
    before = model[0].weight.detach().clone()
    gradient = trained(watching, model, torch.randn(5, 4))["0.weight"]
    (step,) = stored.steps("0.weight")
    assert step["weight_norm"] == pytest.approx(before.double().norm().item(), rel=1e-12)
    change = (model[0].weight.detach() - before).double().norm().item()
    assert step["update_norm"] == pytest.approx(change, rel=1e-6)
    norm = np.linalg.norm(gradient.astype(np.float64))
    assert step["gradient_norm"] == pytest.approx(norm, rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e-30, 1e-200])
def test_the_norm_of_a_small_change_is_not_zero(watching, stored, dtype, size):
    if dtype is torch.float32 and size < 1e-40:
        pytest.skip("no number of single precision")
    model = nn.Sequential(nn.Linear(2, 2, bias=False)).to(dtype)
    with torch.no_grad():
        model[0].weight.zero_()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    with watching(model, optimizer):
        (model(torch.full((1, 2), size, dtype=dtype))).sum().backward()
        optimizer.step()
    (step,) = stored.steps("0.weight")
    assert step["update_norm"] == pytest.approx(2 * size, rel=1e-6)

"""The paper's network in PyTorch, from the NumPy trainer's weights and batches, is the same run."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from vanishing_gradients.analysis.verification import verify_run  # noqa: E402
from vanishing_gradients.sql.connection import engine  # noqa: E402
from vanishing_gradients.trainer import experiments  # noqa: E402
from vanishing_gradients.trainer.assembly import build_network  # noqa: E402
from vanishing_gradients.trainer.datasets import batches, load  # noqa: E402
from vanishing_gradients.trainer.datasets.dataset import CLASSES  # noqa: E402
from vanishing_gradients.trainer.run import Settings, run_experiment  # noqa: E402

IMAGES = 256


def the_same_in_torch(experiment, dataset):
    """Return the model with the trainer's initial weights, and the trainer's batches."""
    generator = np.random.default_rng(1)
    data = dataset.limited(IMAGES).shuffled(generator)
    features = data.train_images.shape[1]
    network = build_network(experiment, features, CLASSES, np.dtype(np.float64), generator)
    modules = []
    for layer in network.layers[:-1]:
        if layer.weights is None:
            modules.append({"sigmoid": nn.Sigmoid, "relu": nn.ReLU}[layer.kind]())
            continue
        linear = nn.Linear(*layer.weights.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.weights.T))
            linear.bias.copy_(torch.from_numpy(layer.parameters["biases"].ravel()))
        modules.append(linear)
    size = experiment.batch_size
    made = batches(data.train_images, data.train_labels, size, np.float64)
    return nn.Sequential(*modules), [(x.copy(), y.copy()) for _, x, y in made]


@pytest.mark.parametrize("name", ["sigmoid_sgd", "relu_sgd", "sigmoid_adam", "relu_adam"])
def test_every_cell_is_that_of_the_numpy_trainer_and_verify_agrees(
    watching, migrated, stored, name
):
    experiment = experiments.with_epochs(experiments.load(name), 1)
    dataset = load("sample", announce=lambda line: None)
    run_experiment(experiment, dataset, Settings(seed=1, limit=IMAGES), migrated)
    own = [cells(stored, number) for number in range(1, 13)]
    model, made = the_same_in_torch(experiment, dataset)
    given = experiment.optimizer
    if given.kind == "sgd":
        optimizer = torch.optim.SGD(model.parameters(), lr=given.learning_rate)
    else:
        optimizer = torch.optim.Adam(model.parameters(), given.learning_rate, eps=given.epsilon)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: 1 / (1 + given.decay * n))
    with watching(model, optimizer, experiment=f"{name}_torch") as w:
        for x, y in w.epoch(made):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(
                model(torch.from_numpy(x)), torch.from_numpy(y).long()
            )
            loss.backward()
            optimizer.step()
            decay.step()
            w.log(loss=loss)
    assert stored.run["float_type"] == "double"
    for number, expected in enumerate(own, 1):
        largest = np.abs(expected).max()
        found = cells(stored, number)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * largest)
    database = engine(migrated)
    watched = verify_run(database, stored.run["run_id"], lambda _: None, lambda _: None)
    trained = verify_run(database, stored.run["run_id"] - 1, lambda _: None, lambda _: None)
    database.dispose()
    assert watched.disagreements == trained.disagreements == ()
    assert (watched.rows, watched.values) == (trained.rows, trained.values)


def cells(stored, number):
    """Return all rows of a layer in the epoch, by step and row."""
    place = {"run": stored.run["run_id"], "layer": number}
    (layer,) = stored.ask(
        "SELECT layer_name, width FROM layers WHERE run_id = :run AND layer = :layer", **place
    )
    columns = ", ".join(f"Gradient{n}" for n in range(1, layer["width"] + 1))
    rows = stored.ask(
        f"SELECT {columns} FROM `{stored.run['experiment']}_{layer['layer_name']}` "
        "WHERE run_id = :run ORDER BY Step, RowIndex",
        run=place["run"],
    )
    return np.array([list(row.values()) for row in rows])

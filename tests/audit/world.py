"""The paper's experiments as a few hand-made rows: what the paper printed, one step per epoch.

The controls have one run each, as their base has it, but for what they change.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import sqrt

from sqlalchemy import Connection, column, insert, select, table, update

from tests.summed import sum_up
from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.eligibility import CONTROLS
from vanishing_gradients.sql.catalogue import (
    epoch_metrics,
    layers,
    neuron_statistics,
    runs,
    step_statistics,
)
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, gradient_columns
from vanishing_gradients.sql.registry import (
    add_partitions,
    apply_views,
    create_gradient_tables,
)

SEEDS = {"mnist": (1, 2, 3), "fashion-mnist": tuple(range(1, 10))}
FULL = ("sigmoid_sgd", "relu_sgd")  # seed 1 on FULL_DATASET has rows in the gradient tables
FULL_DATASET = "fashion-mnist"
KEYS = ("run_id", "Epoch", "Step", "RowIndex")
EPOCHS = range(1, paper.EPOCHS + 1)
BATCHES = 469
INPUTS = (paper.INPUTS, 128, 128, 64, 32, 16)  # of the dense layers
OFF_ON_MNIST = 1.2e-6  # of the last layer's norms
OPTIMIZERS = {
    "sgd": {"kind": "sgd", "learning_rate": 1.0, "decay": 1e-3, "momentum": 0.0},
    "adam": {
        "kind": "adam", "learning_rate": 1e-3, "decay": 1e-3, "epsilon": 1e-7, "beta_1": 0.9,
        "beta_2": 0.999,
    },
}  # fmt: skip
# Ratios of the norms of layer + 1 over layer, where the paper printed none that is possible.
RATIOS = {
    "relu_adam": (0.9, 1.1, 0.9, 1.1, 0.9, 1.1, 0.9, 5e3, 8e-4, 8e3, 0.9),
    "relu_sgd": (1.2, 0.8, 1.2, 0.8, 7.31, 0.2, 1.0, 7.86e-4, 32368.85, 0.127616, 13472.95),
    "sigmoid_adam": (0.03, 20.0, 0.2, 10.0, 0.1, 30.0, 0.2, 90.0, 0.05, 200.0, 0.1),
    "sigmoid_sgd": (5.0, 1.5, 5.0, 20.0, 0.2, 100.0, 0.3, 50.0, 0.4, 300.0, 3e-3),
}
NEAR_ZERO = {"relu_adam": 0.75, "sigmoid_adam": 0.92, "relu_sgd": 0.99}  # below 1e-3
CHANGED = {  # what controls change, as a configuration has it
    "control_equation_10": {"optimizer": {"kind": "adam_in_root"}},
    "control_relu_sgd_slow": {"optimizer": {"learning_rate": 0.1}},
    "control_relu_sgd_he_clipped": {"clipping": {"kind": "norm", "limit": 0.1}},
}
OF_CONTROLS = {  # what is not as usual in their curves
    "control_relu_sgd_he": {"loss": None},
    "control_relu_sgd_he_slow": {"test_accuracy": 0.8},
    "sigmoid_sgd_orthogonal": {"test_accuracy": 0.8},
}
HELPING = 100.0  # times what a remedy multiplies the norm of layer 1 by
FIRST_NORMS = {"relu_adam": 0.02, "sigmoid_adam": 1e-4, "sigmoid_sgd": 1e-9}


def spread(seed: int) -> float:
    """Return a factor near 1 that differs by seed."""
    return 10 ** (0.02 * (seed - 3))


def norms(experiment: str, dataset: str, seed: int, epoch: int) -> list[float]:
    """Return the mean row norms of layers 1 to 12."""
    factor = spread(seed)
    if experiment == "relu_sgd":
        last = float(paper.printed_norms().loc[epoch, "layer_12_norm"]) + seed * 1e-9
        last += OFF_ON_MNIST * (dataset == "mnist")
        if epoch > 1:
            return [0.0] * 11 + [last]
        found = [last]
        for ratio in reversed(RATIOS[experiment]):
            found.insert(0, found[0] / ratio / (factor if ratio > 1e4 else 1.0))
        return found
    found = [FIRST_NORMS[experiment] * factor]
    for layer, ratio in enumerate(RATIOS[experiment], start=1):
        if (experiment, layer, epoch) == ("relu_adam", 9, 1):
            ratio = 2e-3
        if experiment == "sigmoid_adam" and layer <= 3:
            ratio = float(paper.printed_ratios(10).loc[epoch, layer])
        found.append(found[-1] * ratio * spread(seed + layer % 2))
    return found


def sizes() -> Iterator[tuple[int, str, int, int]]:
    """Yield number, kind, rows at a step and rows in an epoch of every layer."""
    for index in range(paper.LAYERS):
        dense = index % 2 == 0
        kind = "dense" if dense else "softmax" if index == 11 else "activation"
        rows = INPUTS[index // 2] if dense else 128
        yield index + 1, kind, rows, rows * BATCHES if dense else paper.TRAINING_IMAGES


def fill(connection: Connection) -> None:
    """Insert all runs, and create the gradient tables of FULL."""
    rows = {each: [] for each in (runs, layers, epoch_metrics, step_statistics, neuron_statistics)}
    run_id = 0
    for dataset, seeds in SEEDS.items():
        for experiment in paper.EXPERIMENTS:
            for seed in seeds:
                run_id += 1
                rows[runs].append(run(run_id, experiment, dataset, seed))
                rows[layers] += layers_of(run_id, experiment)
                rows[epoch_metrics] += curves(run_id, experiment, dataset, seed)
                rows[step_statistics] += statistics(run_id, experiment, dataset, seed)
                rows[neuron_statistics] += neurons(run_id, experiment)
    for experiment, (base, _) in CONTROLS.items():
        run_id += 1
        shuffled = experiment.startswith("control_shuffled")
        dataset = paper.CONTROL_DATASET if shuffled else FULL_DATASET
        rows[runs].append(run(run_id, base, dataset, 1) | control(experiment, base))
        rows[layers] += layers_of(run_id, base)
        rows[epoch_metrics] += [
            each | (OF_CONTROLS.get(experiment) or {"loss": 2.303})
            for each in curves(run_id, base, dataset, 1)
        ]
        rows[step_statistics] += [
            each | helped(each, experiment) for each in statistics(run_id, base, dataset, 1)
        ]
    for each, values in rows.items():
        connection.execute(insert(each), values)
    sum_up(connection)
    for shape in SHAPES:
        keep_gradients(connection, shape)


def run(run_id: int, experiment: str, dataset: str, seed: int) -> dict:
    activation, _, optimizer = experiment.partition("_")
    config = {
        "activation": activation, "hidden_widths": [128, 128, 64, 32, 16], "batch_size": 128,
        "dropout": 0.0, "batch_normalization": False, "initial_weight_scale": 0.01,
        "optimizer": OPTIMIZERS[optimizer], "penalties": {"weight_l1": 0.0},
    }  # fmt: skip
    return {
        "run_id": run_id, "experiment": experiment, "seed": seed, "dataset": dataset,
        "dataset_sha256": "0" * 64, "float_type": "double",
        "telemetry": "statistics", "record_every": 1,
        "training_images": paper.TRAINING_IMAGES, "epochs": paper.EPOCHS, "config": config,
        "package_versions": {}, "status": "finished", "completed_epoch": paper.EPOCHS,
        "started_at": datetime(2025, 11, 25, tzinfo=UTC),
        "finished_at": datetime(2025, 11, 25, 1, tzinfo=UTC),
    }  # fmt: skip


def control(experiment: str, base: str) -> dict:
    """Return what the run of a control has in place of its base's."""
    config = run(0, base, "", 1)["config"]
    changed = CHANGED.get(experiment, {})
    optimizer = config["optimizer"] | changed.get("optimizer", {})
    return {"experiment": experiment, "config": config | changed | {"optimizer": optimizer}}


def helped(row: dict, experiment: str) -> dict:
    """Return what a remedy changes of a row of step_statistics."""
    changed = {}
    if row["layer"] == 1 and experiment.startswith("sigmoid_sgd"):
        changed["row_norm_sum"] = row["row_norm_sum"] * HELPING
        if experiment.endswith("rmsprop"):
            changed["update_norm"] = 1e-2
    return changed


def steps_of(experiment: str, number: int) -> dict:
    """Return the norms of the weights of a layer and of their change by a step."""
    if number % 2 == 0:
        return {"weight_norm": None, "update_norm": None}
    small = 1e-8 if number < 5 else 1e-2
    return {"weight_norm": 1.0, "update_norm": small if experiment.endswith("sgd") else 1e-2}


def neurons(run_id: int, experiment: str) -> list[dict]:
    """Return one neuron of each layer, dead from epoch 2 on with ReLU and SGD."""
    found = []
    for number, kind, _, rows in sizes():
        for epoch in EPOCHS:
            dead = experiment == "relu_sgd" and epoch > 1
            saturated = 0 if experiment == "sigmoid_sgd" else rows // 2
            if not (kind == "activation" and experiment.startswith("sigmoid")):
                saturated = None
            found.append(
                {"run_id": run_id, "layer": number, "epoch": epoch, "neuron": 1, "cells": rows,
                 "zeros": rows if dead else 0, "non_finite": 0, "magnitude_sum": 1.0,
                 "saturated": saturated}
            )  # fmt: skip
    return found


def names(experiment: str) -> list[str]:
    activation = experiment.split("_")[0]
    kinds = ["input"] + [activation, "hidden"] * 5 + ["softmax"]
    return [f"layer_{number}_{kind}" for number, kind in enumerate(kinds, start=1)]


def layers_of(run_id: int, experiment: str) -> list[dict]:
    return [
        {"run_id": run_id, "layer": number, "layer_name": name, "kind": kind, "row_count": rows,
         "width": width, "row_meaning": "input" if kind == "dense" else "sample"}
        for (number, kind, rows, _), name, width in zip(
            sizes(), names(experiment), paper.WIDTHS, strict=True
        )
    ]  # fmt: skip


def curves(run_id: int, experiment: str, dataset: str, seed: int) -> list[dict]:
    printed = paper.printed_curves().loc[experiment]
    found = []
    for epoch in EPOCHS:
        part = (epoch - 1) / (paper.EPOCHS - 1)
        accuracy = printed["accuracy_first"] * (1 - part) + printed["accuracy_last"] * part
        loss = printed["loss_first"] * (1 - part) + printed["loss_last"] * part
        learns = experiment.endswith("adam")
        tested = accuracy if learns else 0.1135 if dataset == "mnist" else 0.1
        shift = 1e-3 * (seed - 2) * learns
        found.append(
            {"run_id": run_id, "epoch": epoch, "loss": loss + shift, "accuracy": accuracy + shift,
             "test_loss": loss, "test_accuracy": tested + shift,
             "learning_rate": 1 / (1 + 1e-3 * BATCHES * epoch), "seconds": 1.0}
        )  # fmt: skip
    return found


def statistics(run_id: int, experiment: str, dataset: str, seed: int) -> list[dict]:
    found = []
    for epoch in EPOCHS:
        for (number, kind, _, rows), norm in zip(
            sizes(), norms(experiment, dataset, seed, epoch), strict=True
        ):
            found.append(
                {"run_id": run_id, "layer": number, "epoch": epoch, "step": 1, "row_count": rows,
                 "finite_rows": rows, "row_norm_sum": norm * rows, "mean": 2e-3 / epoch,
                 "median": 0.0, "mean_abs": 1e-3, "gradient_norm": norm * 11, "zeros": 0.0,
                 "below_1em3": NEAR_ZERO.get(experiment, 0.9), "non_finite": 0, "min": -1.0,
                 "below_1em5": 0.3 if experiment == "relu_adam" else 0.95, "max": 1.0,
                 "clipped_norm": None, **steps_of(experiment, number),
                 "saturated": 0 if kind == "activation" and "sigmoid" in experiment else None}
            )  # fmt: skip
    return found


def keep_gradients(connection: Connection, shape: ExperimentSchema) -> None:
    """Create the tables and views of an experiment, with one row per epoch of equal cells."""
    one = (runs.c.experiment == shape.experiment, runs.c.dataset == FULL_DATASET, runs.c.seed == 1)
    connection.execute(update(runs).where(*one).values(telemetry="full"))
    run_id = connection.execute(select(runs.c.run_id).where(*one)).scalar_one()
    create_gradient_tables(connection, shape, "DOUBLE")
    add_partitions(connection, shape, run_id)
    apply_views(connection, shape)
    found = {epoch: norms(shape.experiment, FULL_DATASET, 1, epoch) for epoch in EPOCHS}
    for layer in shape.layers:
        cells = gradient_columns(layer.width)
        own = table(shape.table(layer), *map(column, (*KEYS, *cells)))
        rows = [
            dict(zip(KEYS, (run_id, epoch, 1, 0), strict=True))
            | dict.fromkeys(cells, found[epoch][layer.number - 1] / sqrt(layer.width))
            for epoch in EPOCHS
        ]
        connection.execute(insert(own), rows)


SHAPES = [
    ExperimentSchema(
        experiment,
        tuple(
            Layer(number, name, width, "input" if number % 2 else "sample")
            for number, (name, width) in enumerate(
                zip(names(experiment), paper.WIDTHS, strict=True), start=1
            )
        ),
    )
    for experiment in FULL
]

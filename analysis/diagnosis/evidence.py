"""Which run is diagnosed, and all that a diagnosis looks at: read from the views once."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.diagnosis.thresholds import LEARNED
from vanishing_gradients.analysis.diagnosis.wording import epochs, number
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import (
    EVERY_EXPERIMENT,
    finished_runs,
    known_run,
    latest_of_each_experiment,
)
from vanishing_gradients.analysis.views import ask, rows


def chosen_run(summary: pd.DataFrame, run_id: int | None, experiment: str | None) -> pd.Series:
    """Return a row of `summary`, which has the rows of experiment_summary.

    It is the run of that number, the experiment's newest finished one, or the newest. A run that is
    asked for by number, and the newest, may be in any state: what does not learn is often stopped.
    Raises NoRowsError where there is no such run, or no complete epoch of it; ObjectError for an
    `experiment` that cannot be a name.
    """
    if experiment is not None and run_id is None and experiment != EVERY_EXPERIMENT:
        run_id = latest_of_each_experiment(finished_runs(summary, experiment=experiment))[0].run_id
    run = known_run(summary, summary["run_id"].max() if run_id is None else run_id, experiment)
    if pd.isna(run["test_accuracy"]):
        raise NoRowsError(
            f"Run {run['run_id']} of {run['experiment']} is {run['status']} and has no complete "
            "epoch to judge by: wait for one, or name another run (`make runs` lists all)."
        )
    return run


class RunEvidence:
    """What the views say about one run, of which at least one epoch is complete.

    Attributes:
        run: its row of experiment_summary.
        config: what it was asked to do.
        layers: rows of layer_sizes, by layer: `gain` is not NULL for activations alone; `flat` is
            where an activation's slope is 0 or next to it: 'below', 'both', or NULL.
        names: of the layers.
        activations, dense: numbers of the layers of that kind, first to last.
        softmax: the number of the last layer.
        curves: loss and accuracy, by epoch.
        epochs: how many epochs there are to judge.
        steps: of these epochs, recorded or not.
        guessing: the loss of guessing.
        learned: of the loss that guessing costs, the part that is gone at the end; may be below 0.
            By training or test images, whichever is better: dropout makes training look worse
            than it is. -inf where neither loss is finite.
        learns: whether that counts as learning.
        flow: mean norm of the loss's gradient by the inputs of activations and softmax, (layer,
            epoch), from first layer to last.
        first_flow: the same in the first step, by layer: of the initial weights.
        initial_sizes: root mean square of the weights before the first step, by dense layer; NaN
            where they were not recorded.
        variation: deviation over mean of the norms of all layers' gradients over the steps, (layer,
            epoch).
        non_finite: cells of gradients that were not finite, by epoch.
        updates: rows of update_ratios; None where they were not recorded.
        neurons: rows of neuron_ranges, of activations alone; None where they were not recorded.
        noise_scale: of the last dense layer in the last epoch, in images; NaN where it is beyond
            measure, None where it was not summed up.

    Raises:
        NoRowsError: nothing of the run is kept.
    """

    def __init__(self, connection: Connection, run: pd.Series) -> None:
        run_id = int(run["run_id"])
        self.run = run
        self.config = RunConfig(ask(connection, "run_provenance", run_id=run_id)["config"].item())
        self.layers = ask(connection, "layer_sizes", run_id=run_id).set_index("layer")
        self.names = self.layers["layer_name"].to_dict()
        self.activations = self.layers.index[self.layers["gain"].notna()].to_list()
        self.dense = self.layers.index[self.layers["kind"] == "dense"].to_list()
        self.softmax = int(self.layers.index.max())
        self.curves = ask(connection, "training_curves", run_id=run_id).set_index("epoch")
        self.epochs = len(self.curves)
        self.steps = self.epochs * -(-int(run["training_images"]) // self.config.batch_size)
        self.guessing = self.config.guessing(self.layers["width"][self.softmax])
        last = self.curves.iloc[-1][["loss", "test_loss"]].astype(float).min()
        self.learned = -np.inf if np.isnan(last) else 1.0 - last / self.guessing
        self.learns = self.learned >= LEARNED
        norms = ask(connection, "gradient_norms", run_id=run_id)
        self.non_finite = norms.groupby("epoch")["non_finite"].sum()
        places = [*self.activations, self.softmax]
        flow = norms.pivot(index="layer", columns="epoch", values="gradient_norm")
        self.flow = flow.loc[[layer for layer in places if layer in flow.index]]
        first = _first_step(connection, run_id, [*places, *self.dense])
        self.first_flow = first.loc[first.index.isin(places), "gradient_norm"]
        self.initial_sizes = self._sizes(first["weight_norm"])
        steps = ask(connection, "step_norms", run_id=run_id)
        variation = steps["std"] / steps["mean_norm"].replace(0.0, np.nan)
        self.variation = steps.assign(variation=variation).pivot(
            index="layer", columns="epoch", values="variation"
        )
        updates, neurons = (
            rows(connection, view, run_id=run_id) for view in ("update_ratios", "neuron_ranges")
        )
        self.updates = None if updates.empty else updates
        of_activations = neurons["layer"].isin(self.activations)
        self.neurons = None if neurons.empty else neurons[of_activations]
        self.noise_scale = self._noise(connection, run_id)

    @property
    def losses(self) -> str:
        """The training loss by epoch beside that of guessing, in a sentence."""
        guessing = number(self.guessing)
        return f"The loss by epoch is {epochs(self.curves['loss'])}; guessing costs {guessing}."

    def of_epoch(self, frame: pd.DataFrame, place: int) -> pd.DataFrame:
        """Return the rows of the first (0) or last (-1) epoch that `frame` has, by layer."""
        epochs = sorted(frame["epoch"].unique())
        rows = frame[frame["epoch"] == epochs[place]] if epochs else frame
        return rows.set_index("layer")

    def flat(self, side: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows, by layer, of activations that are flat on a side: 'below' or 'both'."""
        return frame[self.layers["flat"].reindex(frame.index) == side]

    def flat_kinds(self, side: str) -> list[str]:
        """Return the kinds of activation that are flat on a side, 'below' or 'both', by name."""
        return sorted(set(self.layers.loc[self.layers["flat"] == side, "kind"]))

    def sizes(self, place: int) -> pd.Series:
        """Return the weights' root mean square in the first (0) or last (-1) epoch, by layer."""
        return self._sizes(self.of_epoch(self.updates, place)["weight_norm"])

    def relative_sizes(self, place: int) -> pd.Series:
        """Return the same over the weights' root mean square before the first step."""
        return self.sizes(place) / self.initial_sizes.replace(0.0, np.nan)

    def _sizes(self, norms: pd.Series) -> pd.Series:
        """Return the root mean square of the weights of dense layers that have such norms."""
        dense = self.layers.loc[self.dense]
        return norms.reindex(self.dense) / np.sqrt(dense["rows_per_step"] * dense["width"])

    def _noise(self, connection: Connection, run_id: int) -> float | None:
        """Ask of the last dense layer alone: its noise is the loss's."""
        last = int(self.curves.index[-1])
        place = {"layer": self.dense[-1], "epoch": last}
        frame = rows(connection, "noise_scales", run_id=run_id, **place)
        return None if frame.empty else float(frame["noise_scale"].iloc[-1])


def _first_step(connection: Connection, run_id: int, layers: list[int]) -> pd.DataFrame:
    """Return by layer the norms of the gradient and of the weights in the first step."""
    frames = {
        layer: rows(connection, "recorded_statistics", run_id=run_id, layer=layer, epoch=1).head(1)
        for layer in sorted(layers)
    }
    first = pd.concat(frames, names=["layer"]).droplevel(1)
    return first[["gradient_norm", "weight_norm"]]


class RunConfig:
    """The configuration of a run; keys that it leaves out are at their defaults.

    Attributes:
        given: as in `runs.config`.
        activations: the kinds of activation.
        batch_size: images in a batch.
        optimizer: its kind, rate and constants.
        learning_rate: the rate at the start.
        adaptive: whether steps are divided by the size of gradients.
        weight_pulls: what pulls weights to zero, by dotted key: penalties, and AdamW's decay.
        dropout: the rate; 0 is none.
        clipping: kind and limit; None where nothing is clipped.
        initialization: kind and constants.
    """

    def __init__(self, config: str) -> None:
        given: dict[str, Any] = json.loads(config)
        kinds = given.get("activation", ())
        self.given = given
        self.activations = {kinds} if isinstance(kinds, str) else set(kinds)
        self.batch_size = int(given.get("batch_size", 128))
        self.optimizer: dict[str, Any] = given.get("optimizer", {})
        self.learning_rate = float(self.optimizer.get("learning_rate", 0.001))
        self.adaptive = self.optimizer.get("kind") != "sgd"
        self.weight_pulls = {
            f"penalties.{key}": value
            for key, value in given.get("penalties", {}).items()
            if value and key.startswith("weight")
        }
        if decay := float(self.optimizer.get("weight_decay", 0.0)):
            self.weight_pulls["optimizer.weight_decay"] = decay
        self.dropout = float(given.get("dropout", 0.0))
        self.clipping: dict[str, Any] | None = given.get("clipping")
        self.initialization: dict[str, Any] = given.get("initialization") or {
            "kind": "normal",
            "scale": given.get("initial_weight_scale", 0.01),
        }

    def guessing(self, classes: int) -> float:
        """Return the loss of a network that gives every class the same probability."""
        if self.given.get("loss") == "mean_squared_error":
            return (1.0 - 1.0 / classes) / classes
        return math.log(classes)

    def has(self, key: str, value: Any) -> bool:
        """Return whether a dotted key already is what a remedy would set it to."""
        given = self.given.get(key)
        kinds = {
            "initialization": self.initialization,
            "optimizer": self.optimizer,
            "optimizer.schedule": self.optimizer.get("schedule") or {},
        }
        if key in kinds:
            return kinds[key].get("kind") == value["kind"]
        if key == "normalization" and self.given.get("batch_normalization"):
            return value == "batch"
        return bool(given) if key in ("residual", "clipping") else given == value

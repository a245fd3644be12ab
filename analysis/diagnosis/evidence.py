"""Which run is diagnosed, and all that a diagnosis looks at: read from the views once."""

from functools import cached_property

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.diagnosis.configuration import RunConfig, WatchedConfig
from vanishing_gradients.analysis.diagnosis.thresholds import (
    AT_REST,
    CHANCE,
    GROWN,
    HALVED,
    HIGH,
    LEARNED,
    VANISHING,
)
from vanishing_gradients.analysis.diagnosis.wording import epochs, layers, number
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import (
    EVERY_EXPERIMENT,
    TRAINER,
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
    if pd.isna(run["seconds"]):
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
        watched: whether it is of a model that somebody else's loop trained.
        names: of the layers; those of a watched model are its own.
        activations, dense: numbers of the layers of that kind, first to last; of a watched model
            all layers count as dense that have weights whose rows are inputs.
        loss_layer: the number of the last layer, whose gradient is the loss's own; of a watched
            model that of its output, None where that was not recorded.
        loss_function: what is known of it; None of a watched model.
        curves: loss and accuracy, by epoch.
        epochs: how many epochs there are to judge.
        steps: of these epochs, recorded or not.
        guessing: the loss of guessing; None where that is not known.
        learned: of the loss that guessing costs, the part that is gone at the end; may be below 0.
            By training or test images, whichever is better: dropout makes training look worse
            than it is. -inf where neither loss is finite. Where guessing is not known, of the first
            epoch's loss; NaN where that says nothing.
        learns: whether that counts as learning; None where it cannot be told.
        flow: mean norm of the loss's gradient by the inputs of activations and softmax, (layer,
            epoch), from first layer to last.
        first_flow: the same in the first step, by layer: of the initial weights.
        initial_sizes: root mean square of the weights before the first step, by dense layer; NaN
            where they were not recorded.
        first_updates: length of the first step over that of the weights before it, by dense layer;
            NaN where one was not recorded, inf for weights of 0.
        stalled: norm of the loss's gradient, median of the last epoch's steps over that of the
            first step; NaN where it was not recorded.
        variation: deviation over mean of the norms of all layers' gradients over the steps, (layer,
            epoch).
        non_finite: cells of gradients that were not finite, by epoch.
        updates: rows of update_ratios, of a watched model those of its dense layers if it has any;
            None where they were not recorded.
        neurons: rows of neuron_ranges, of activations alone; None where they were not recorded.
        noise_scale: of the last dense layer in the last epoch, in images; NaN where it is beyond
            measure, None where it was not summed up.

    Raises:
        NoRowsError: nothing of the run is kept.
    """

    def __init__(self, connection: Connection, run: pd.Series) -> None:
        run_id = int(run["run_id"])
        self.run = run
        self.watched = bool(run["source"] != TRAINER)
        self.layers = ask(connection, "layer_sizes", run_id=run_id).set_index("layer")
        provenance = ask(connection, "run_provenance", run_id=run_id)
        self.recorded_at: str = provenance["recorded_at"].item()
        config = provenance["config"].item()
        self.config = WatchedConfig(config, self.layers) if self.watched else RunConfig(config)
        names = self.layers["source_name"].fillna(self.layers["layer_name"])
        self.names: dict[int, str] = names.to_dict()
        self.activations = self.layers.index[self.layers["gain"].notna()].to_list()
        self.curves = ask(connection, "training_curves", run_id=run_id).set_index("epoch")
        self.epochs = len(self.curves)
        norms = ask(connection, "gradient_norms", run_id=run_id)
        there = set(norms["layer"])
        kind, meaning = self.layers["kind"], self.layers["row_meaning"]
        dense = self.layers.index[meaning == "input" if self.watched else kind == "dense"]
        self.dense = [layer for layer in dense if layer in there or not self.watched]
        self.loss_layer = self._loss_layer(there)
        self.loss_function = None if self.watched else self.config.given.get("loss", "known")
        self.missing = 0
        self.steps = self._steps(connection, run_id)
        self.guessing = self.config.guessing(self.layers["width"].iloc[-1])
        self.learned = self._learned()
        self.learns = self._learns()
        self.non_finite = norms.groupby("epoch")["non_finite"].sum()
        places = [*self.activations, *([self.loss_layer] if self.loss_layer else [])]
        flow = norms.pivot(index="layer", columns="epoch", values="gradient_norm")
        self.flow = flow.loc[[layer for layer in places if layer in flow.index]]
        first = _first_step(
            connection, run_id, [*places, *self.dense], int(norms["epoch"].min()), self.watched
        )
        self.first_flow = first.loc[first.index.isin(places), "gradient_norm"]
        self.initial_sizes = self._sizes(first["weight_norm"])
        weights = first.reindex(self.dense)
        self.first_updates = weights["update_norm"] / weights["weight_norm"]
        self.stalled = self._stalled(connection, run_id)
        if self.watched and self.non_finite.any():
            self.non_finite = self._in_steps(connection, run_id, norms)
        steps = ask(connection, "step_norms", run_id=run_id)
        variation = steps["std"] / steps["mean_norm"].replace(0.0, np.nan)
        self.variation = steps.assign(variation=variation).pivot(
            index="layer", columns="epoch", values="variation"
        )
        updates, neurons = (
            rows(connection, view, run_id=run_id) for view in ("update_ratios", "neuron_ranges")
        )
        if self.watched and self.dense:  # a bias that starts at 0 changes by a multiple of itself
            updates = updates[updates["layer"].isin(self.dense)]
        self.updates = None if updates.empty else updates
        of_activations = neurons[neurons["layer"].isin(self.activations)]
        unknown = of_activations if self.watched else neurons
        self.neurons = None if unknown.empty else of_activations
        self.noise_scale = self._noise(connection, run_id)

    @property
    def dropout(self) -> float | None:
        """The rate of dropout; None where it is not known."""
        return self.config.dropout

    @property
    def sample(self) -> str:
        """What one sample is called: an image, unless nobody knows."""
        return "sample" if self.watched else "image"

    @property
    def samples(self) -> str:
        """What samples are called."""
        return f"{self.sample}s"

    @property
    def is_told(self) -> bool:
        """Whether any epoch's loss is known."""
        return bool(self.curves["loss"].notna().any())

    def named(self, layer: int) -> str:
        """Return 'layer 2', and of a watched model what it is called there, too."""
        return layers([layer], self.names) if self.watched else f"layer {layer}"

    @property
    def losses(self) -> str:
        """The training loss by epoch beside that of guessing, in a sentence."""
        if self.guessing is None:
            told = self.curves["loss"].dropna()
            return f"The loss by epoch is {epochs(told)}." if len(told) else "No loss was told."
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

    @property
    def still_falls(self) -> bool:
        """Whether more epochs promise more: a loss far above guessing falls without learning."""
        loss = self.curves["loss"].astype(float)
        falls = len(loss) > 1 and bool(loss.iloc[-1] < (1.0 - AT_REST) * loss.iloc[-2])
        return falls and (self.guessing is None or bool(loss.iloc[-1] < HIGH * self.guessing))

    @property
    def vanishes_at_first(self) -> bool:
        """Whether next to nothing of the gradient passes the weights as they start."""
        flow = self.first_flow.dropna()
        return len(flow) > 1 and bool(flow.iloc[0] <= VANISHING * flow.iloc[-1])

    @property
    def lecun_sizes(self) -> pd.Series:
        """LeCun's size of the weights, which keeps signals at theirs, by dense layer."""
        return self.layers.loc[self.dense, "rows_per_step"].astype(float) ** -0.5

    @cached_property
    def growth(self) -> pd.Series:
        """Weights in the mean of the first epoch over their due size, by dense layer.

        Due is what they started with, but LeCun's where that is larger: small weights have to grow.
        Empty where steps were not recorded.
        """
        if self.updates is None:
            return pd.Series(dtype="float64")
        due = np.maximum(self.initial_sizes.fillna(0.0), self.lecun_sizes)
        return (self.sizes(0) / due).dropna()

    @property
    def overgrown(self) -> int | None:
        """The dense layer that grew most in the first epoch, if far beyond its due size."""
        grown = self.growth[self.growth >= GROWN]
        return None if grown.empty else int(grown.idxmax())

    @property
    def grew(self) -> str:
        """What the weights of the overgrown layer have become, as a sentence without full stop."""
        layer = self.overgrown
        assert layer is not None, "there is one"
        return (
            f"In epoch 1 the weights of {self.named(layer)} are, in the mean, "
            f"{number(self.growth[layer])} times as large as they should be"
        )

    def _loss_layer(self, there: set[int]) -> int | None:
        """Return the last layer; of a watched model its output, or the softmax that it ends with.

        What comes back to a softmax's input is what the trainer keeps of its own: it fades where
        outputs are surely wrong, and the gradient by the softmax's output does not.
        """
        kinds = self.layers["kind"]
        last = int(self.layers.index[-1])
        if self.watched:
            outputs = self.layers.index[kinds == "output"]
            if outputs.empty:
                return None
            last = int(outputs.max())
            if last - 1 in there and kinds[last - 1] in ("softmax", "log_softmax"):
                last -= 1
        return last if last in there else None

    def _stalled(self, connection: Connection, run_id: int) -> float:
        first = self.first_flow.get(self.loss_layer, np.nan)
        if not first > 0.0:
            return np.nan
        place = {"layer": self.loss_layer, "epoch": int(self.curves.index[-1])}
        last = rows(connection, "recorded_statistics", run_id=run_id, **place)
        return float(last["gradient_norm"].median() / first)

    def _sizes(self, norms: pd.Series) -> pd.Series:
        """Return the root mean square of the weights of dense layers that have such norms."""
        dense = self.layers.loc[self.dense]
        return norms.reindex(self.dense) / np.sqrt(dense["rows_per_step"] * dense["width"])

    def _noise(self, connection: Connection, run_id: int) -> float | None:
        """Ask of the last dense layer alone: its noise is the loss's."""
        last = int(self.curves.index[-1])
        if not self.dense:
            return None
        place = {"layer": self.dense[-1], "epoch": last}
        frame = rows(connection, "noise_scales", run_id=run_id, **place)
        if frame.empty or (self.watched and frame["noise_scale"].isna().all()):
            return None
        return float(frame["noise_scale"].iloc[-1])

    def _steps(self, connection: Connection, run_id: int) -> int:
        """Return how many steps there were, as far as the recorded ones tell; note missing ones."""
        if not self.watched:
            batch = self.config.batch_size
            assert batch is not None, "that of the trainer's has a default"
            return self.epochs * -(-int(self.run["training_images"]) // batch)
        recorded = rows(connection, "recorded_steps", run_id=run_id)
        last = recorded.groupby("epoch")["step"].max()
        every = int(self.run["record_every"])
        self.missing = int((-(-last // every)).sum()) - len(recorded)
        return int(last.sum())

    def _learned(self) -> float:
        last = self.curves.iloc[-1][["loss", "test_loss"]].astype(float).min()
        if self.guessing is not None:
            return -np.inf if np.isnan(last) else 1.0 - last / self.guessing
        told = self.curves["loss"].dropna()
        if len(told) < 2 or not told.iloc[0] > 0.0:
            return np.nan
        return float(1.0 - told.iloc[-1] / told.iloc[0])

    def _learns(self) -> bool | None:
        if self.guessing is not None:
            return bool(self.learned >= LEARNED)
        if self._guesses():
            return False
        if self.learned >= HALVED:
            return True
        return False if self.learned < AT_REST else None

    def _guesses(self) -> bool:
        """Whether accuracies were told, and none is far above that of guessing."""
        told = self.curves[["accuracy", "test_accuracy"]].astype(float).iloc[-1].dropna()
        classes = self.layers["width"].iloc[-1]
        return bool(len(told) and classes > 2 and told.max() < CHANCE / classes)

    def _in_steps(self, connection: Connection, run_id: int, norms: pd.DataFrame) -> pd.Series:
        """Count values that are not finite in steps that were taken, by epoch.

        Where a loss is scaled, steps whose gradients are not finite are skipped as a matter of
        course: they have no update, and others have.
        """
        found = self.non_finite.copy()
        for epoch in found.index[found > 0]:
            own = norms[(norms["epoch"] == epoch) & (norms["non_finite"] > 0)]
            found[epoch] = 0
            for layer in own["layer"]:
                place = {"run_id": run_id, "layer": layer, "epoch": epoch}
                steps = rows(connection, "recorded_statistics", **place)
                if steps["update_norm"].isna().all() and layer not in self.dense:
                    continue  # an activation's step is that of the weights
                taken = steps["update_norm"].notna() | steps["update_norm"].isna().all()
                found[epoch] += int(steps.loc[taken, "non_finite"].sum())
        return found


def _first_step(
    connection: Connection, run_id: int, layers: list[int], epoch: int, watched: bool
) -> pd.DataFrame:
    """Return by layer the norms of the gradient, the weights and the update in the first step.

    Of a watched model that is the first recorded step whose gradient was finite, if any was: those
    before it were skipped.
    """
    place = {"run_id": run_id, "epoch": epoch, "finite": int(watched)}
    found = rows(connection, "first_steps", **place).set_index("layer")
    return found.loc[found.index.isin(layers)]

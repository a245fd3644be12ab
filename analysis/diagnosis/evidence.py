"""Evidence is all that a diagnosis looks at, read from the views once."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import queries
from vanishing_gradients.analysis.diagnosis.settings import Settings
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.queries.neuron_ranges import neuron_ranges

NO_ACTIVATION = (
    "dense", "projection", "residual", "dropout", "batch_normalization", "layer_normalization",
    "softmax",
)  # fmt: skip


class Evidence:
    """What the views say about one run, of which at least one epoch is complete.

    Attributes:
        run: its row of experiment_summary.
        settings: what it was told to do.
        kinds, names, widths: by layer.
        inputs: of dense layers, by layer.
        curves: loss and accuracy, by epoch.
        flow: mean norm of the loss's gradient by the inputs of activations and softmax, (layer,
            epoch), from first layer to last.
        first_flow: the same in the first recorded step, by layer: of the initial weights.
        variation: deviation over mean of the norms of all layers' gradients over the steps, (layer,
            epoch).
        non_finite: cells of gradients that were not finite, by epoch.
        updates: rows of update_ratios; None where they were not recorded.
        neurons: rows of neuron_ranges, of activations alone; None where they were not recorded.
        noise_scale: of the last dense layer in the last epoch, in images; NaN where it is beyond
            measure, None where no cells were kept.

    Raises:
        NoRowsError: nothing of the run is kept.
    """

    def __init__(self, connection: Connection, run: pd.Series) -> None:
        run_id = int(run["run_id"])
        self.run = run
        self.settings = Settings(queries.run_provenance(connection, run_id)["config"].item())
        sizes = queries.layer_sizes(connection, run_id).set_index("layer")
        self.kinds, self.names = sizes["kind"].to_dict(), sizes["layer_name"].to_dict()
        self.widths, self.inputs = sizes["width"].to_dict(), sizes["rows_per_step"].to_dict()
        self.curves = queries.training_curves(connection, run_id).set_index("epoch")
        norms = queries.gradient_norms(connection, run_id)
        self.non_finite = norms.groupby("epoch")["non_finite"].sum()
        places = [*self.activations, self.softmax]
        flow = norms.pivot(index="layer", columns="epoch", values="gradient_norm")
        self.flow = flow.loc[[layer for layer in places if layer in flow.index]]
        self.first_flow = _first_steps(connection, run_id, places)
        steps = queries.step_norms(connection, run_id)
        variation = steps["std"] / steps["mean_norm"].replace(0.0, np.nan)
        self.variation = steps.assign(variation=variation).pivot(
            index="layer", columns="epoch", values="variation"
        )
        self.updates = _if_any(queries.update_ratios, connection, run_id)
        neurons = _if_any(neuron_ranges, connection, run_id)
        self.neurons = None if neurons is None else neurons[neurons["layer"].isin(self.activations)]
        self.noise_scale = self._noise(connection, run_id)

    @property
    def activations(self) -> list[int]:
        """The numbers of the activation layers, first to last."""
        return [layer for layer, kind in self.kinds.items() if kind not in NO_ACTIVATION]

    @property
    def dense(self) -> list[int]:
        """The numbers of the dense layers, first to last."""
        return [layer for layer, kind in self.kinds.items() if kind == "dense"]

    @property
    def softmax(self) -> int:
        """The number of the last layer."""
        return max(self.kinds)

    @property
    def epochs(self) -> int:
        """How many epochs there are to judge."""
        return len(self.curves)

    @property
    def steps(self) -> int:
        """Steps of the complete epochs, recorded or not."""
        return self.epochs * -(-int(self.run["training_images"]) // self.settings.batch_size)

    @property
    def guessing(self) -> float:
        """The loss of guessing."""
        return self.settings.guessing(self.widths[self.softmax])

    @property
    def learned(self) -> float:
        """Of the loss that guessing costs, the part that is gone at the end; may be below 0.

        By training or validation images, whichever is better: dropout makes training look worse
        than it is. -inf where neither loss is finite.
        """
        last = self.curves.iloc[-1][["loss", "test_loss"]].astype(float)
        return 1.0 - float(last.min()) / self.guessing if last.notna().any() else -np.inf

    def of_epoch(self, frame: pd.DataFrame, place: int) -> pd.DataFrame:
        """Return the rows of the first (0) or last (-1) epoch that `frame` has, by layer."""
        epochs = sorted(frame["epoch"].unique())
        rows = frame[frame["epoch"] == epochs[place]] if epochs else frame
        return rows.set_index("layer")

    def sizes(self, place: int) -> pd.Series:
        """Return the weights' root mean square in the first (0) or last (-1) epoch, by layer."""
        norms = self.of_epoch(self.updates, place)["weight_norm"].reindex(self.dense)
        cells = pd.Series({each: self.inputs[each] * self.widths[each] for each in self.dense})
        return norms / np.sqrt(cells)

    def relative_sizes(self, place: int) -> pd.Series:
        """Return the same over the size that the settings gave the weights at first."""
        initial = {
            each: self.settings.initial_size(self.inputs[each], self.widths[each])
            for each in self.dense
        }
        return self.sizes(place) / pd.Series(initial).replace(0.0, np.nan)

    def _noise(self, connection: Connection, run_id: int) -> float | None:
        """Ask of the last dense layer alone: its cells are few, and its noise is the loss's."""
        if self.run["telemetry"] != "full":
            return None
        layer, experiment = self.dense[-1], str(self.run["experiment"])
        last = int(self.curves.index[-1])
        try:
            frame = queries.noise_scale(connection, experiment, layer, run_id, last)
        except NoRowsError:
            return None
        return float(frame["noise_scale"].iloc[-1])


def _if_any(
    query: Callable[[Connection, int], pd.DataFrame], connection: Connection, run_id: int
) -> pd.DataFrame | None:
    """Return what a query gives, and None for a run that an older version recorded."""
    try:
        return query(connection, run_id)
    except NoRowsError:
        return None


def _first_steps(connection: Connection, run_id: int, layers: list[int]) -> pd.Series:
    found = {}
    for layer in layers:
        steps = queries.recorded_statistics(connection, run_id, layer, 1)
        if len(steps):
            found[layer] = float(steps.sort_values("step")["gradient_norm"].iloc[0])
    return pd.Series(found, dtype="float64")

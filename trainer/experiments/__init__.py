"""Experiments: what to train and how, as frozen records that TOML files are read into."""

from vanishing_gradients.trainer.experiments.catalogue import (
    GROUPS,
    built_in,
    load,
    names,
    topics,
    with_epochs,
)
from vanishing_gradients.trainer.experiments.experiment import Experiment, Penalties
from vanishing_gradients.trainer.experiments.layers import LayerSpec
from vanishing_gradients.trainer.experiments.starting_file import write_starting_file

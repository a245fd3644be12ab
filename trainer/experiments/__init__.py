"""Experiments: what to train and how, as frozen records that TOML files are read into.

records        what all records share; those of kinds, derived from the network's classes
kinds          optimizers, schedules, initialisations and clippings
layer_spec     a layer: its place, class and size
experiment     the record of an experiment, its layers, and which values do not go together
complaint      the sentence about a mistake in one
catalogue      the built-in experiments, and anybody's file
starting_file  the file that one's own experiment begins with
"""

from vanishing_gradients.trainer.experiments.catalogue import (
    built_in,
    load,
    names,
    topics,
    with_epochs,
)
from vanishing_gradients.trainer.experiments.experiment import Experiment, Penalties
from vanishing_gradients.trainer.experiments.layer_spec import LayerSpec
from vanishing_gradients.trainer.experiments.starting_file import write_starting_file

__all__ = [
    "Experiment",
    "LayerSpec",
    "Penalties",
    "built_in",
    "load",
    "names",
    "topics",
    "with_epochs",
    "write_starting_file",
]

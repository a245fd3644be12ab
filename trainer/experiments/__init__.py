"""Experiments: what to train and how, as frozen records that TOML files are read into.

record           what all records share: frozen, strict, nothing unknown
experiment       the record of an experiment
initializations  what weights are at first
optimizers       how they change
schedules        how the learning rate does
combinations     values that do not go together
architecture     the layers in order
layer_spec       one of them
catalogue        the built-in experiments, and anybody's file
lines            where in a file each key is written
complaint        the sentence about a mistake in one
starting_file    the file that one's own experiment begins with
"""

from vanishing_gradients.trainer.experiments.catalogue import (
    built_in,
    load,
    names,
    topics,
    with_epochs,
)
from vanishing_gradients.trainer.experiments.experiment import Clipping, Experiment, Penalties
from vanishing_gradients.trainer.experiments.layer_spec import LayerSpec
from vanishing_gradients.trainer.experiments.optimizers import (
    AdagradSettings,
    AdamSettings,
    AdamWSettings,
    AMSGradSettings,
    RMSPropSettings,
    SGDSettings,
)
from vanishing_gradients.trainer.experiments.starting_file import write_starting_file

__all__ = [
    "AMSGradSettings",
    "AdagradSettings",
    "AdamSettings",
    "AdamWSettings",
    "Clipping",
    "Experiment",
    "LayerSpec",
    "Penalties",
    "RMSPropSettings",
    "SGDSettings",
    "built_in",
    "load",
    "names",
    "topics",
    "with_epochs",
    "write_starting_file",
]

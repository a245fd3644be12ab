"""Experiments: what to train and how, as frozen records that TOML files are read into."""

from trainer.experiments.catalogue import load, names
from trainer.experiments.experiment import AdamSettings, Experiment, Penalties, SGDSettings
from trainer.experiments.layer_spec import LayerSpec

__all__ = [
    "AdamSettings",
    "Experiment",
    "LayerSpec",
    "Penalties",
    "SGDSettings",
    "load",
    "names",
]

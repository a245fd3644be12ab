"""Labelled images of 28 x 28 pixels: where they come from, how they are checked and batched."""

from trainer.datasets.batches import batches
from trainer.datasets.catalogue import NAMES
from trainer.datasets.dataset import Dataset
from trainer.datasets.scaling import scaled
from trainer.datasets.sources import UnavailableError, load, prepare

__all__ = ["NAMES", "Dataset", "UnavailableError", "batches", "load", "prepare", "scaled"]

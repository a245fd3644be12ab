"""Labelled images of 28 x 28 pixels: their sources, checks and batches."""

from vanishing_gradients.trainer.datasets.catalogue import NAMES
from vanishing_gradients.trainer.datasets.dataset import Dataset, batches
from vanishing_gradients.trainer.datasets.scaling import scaled
from vanishing_gradients.trainer.datasets.sources import UnavailableError, load, prepare

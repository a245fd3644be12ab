"""Labelled images, published or one's own: their sources, formats, checks and batches."""

from vanishing_gradients.trainer.datasets.catalogue import NAMES, is_path
from vanishing_gradients.trainer.datasets.dataset import Dataset, batches
from vanishing_gradients.trainer.datasets.scaling import scaled
from vanishing_gradients.trainer.datasets.sources import UnavailableError, load, prepare

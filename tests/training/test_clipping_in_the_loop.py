"""Clipping in the loop: the rows hold gradients before it, the updates its effect."""

import numpy as np
import pytest

from tests.training.conftest import Collection
from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.loop import train
from vanishing_gradients.trainer.network.clipping import ClipByGlobalNorm


@pytest.fixture
def collected(small, sample):
    """Return a function that trains one epoch of five steps, recorded by a collection."""

    def go(clipping, collection=None, rate: float = 0.5) -> Collection:
        plain = small("clipped", "relu", epochs=1)
        optimizer = plain.optimizer.model_copy(update={"learning_rate": rate})
        experiment = plain.model_copy(update={"optimizer": optimizer})
        generator = np.random.default_rng(1)
        data = sample.limited(300).shuffled(generator)
        network = build_network(experiment, 784, 10, np.dtype(np.float64), generator)
        collection = Collection() if collection is None else collection
        train(
            network, build_optimizer(experiment), data, experiment.batch_size, 1, generator,
            collection, lambda _: None, clipping=clipping,
        )  # fmt: skip
        return collection

    return go


def norms(collection: Collection, key: tuple[int, int]) -> np.ndarray:
    """Norms of the weights' recorded gradients, one per layer with weights."""
    found = zip(collection.gradients[key], collection.updates[key], strict=True)
    return np.array([np.linalg.norm(gradient) for gradient, update in found if update])


def clipped(collection: Collection, key: tuple[int, int]) -> np.ndarray:
    return np.array([update.clipped_norm for update in collection.updates[key] if update])


def test_without_clipping_the_norm_after_it_is_the_norm_before(collected):
    collection = collected(None)
    for key in collection.gradients:
        assert clipped(collection, key) == pytest.approx(norms(collection, key), rel=1e-13)


def test_the_gradients_recorded_are_those_before_clipping(collected):
    plain, short = collected(None), collected(ClipByGlobalNorm(1e-3))
    for one, other in zip(plain.gradients[1, 1], short.gradients[1, 1], strict=True):
        assert np.array_equal(one, other)


def test_the_norms_after_clipping_are_within_its_limit(collected):
    collection = collected(ClipByGlobalNorm(1e-3))
    for key in collection.gradients:
        assert np.linalg.norm(norms(collection, key)) > 1e-2
        assert 0 < np.linalg.norm(clipped(collection, key)) <= 1e-3 * (1 + 1e-12)


def test_the_step_is_taken_with_the_clipped_gradient(collected):
    collection = collected(ClipByGlobalNorm(1e-3), rate=0.5)
    for update in collection.updates[1, 1]:
        if update:
            assert update.update_norm == pytest.approx(0.5 * update.clipped_norm, rel=1e-6)


def test_a_step_that_is_not_recorded_is_not_measured(collected):
    class Selective(Collection):
        """Records every other step."""

        def record(self, epoch, step, layers) -> bool:
            return step % 2 == 1 and super().record(epoch, step, layers)

    collection = collected(None, Selective())
    assert list(collection.updates) == list(collection.gradients) == [(1, 1), (1, 3), (1, 5)]

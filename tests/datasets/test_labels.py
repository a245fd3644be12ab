"""Labels of training images as controls: shuffled, or all the same."""

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.datasets.dataset import LABELS


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load("sample", announce=lambda _: None)


def test_true_labels_are_those_of_the_files(sample):
    assert sample.with_labels("true", seed=3).train_labels is sample.train_labels


def test_shuffled_labels_keep_how_many_there_are_of_each_class(sample):
    shuffled = sample.with_labels("shuffled", seed=3)
    np.testing.assert_array_equal(
        np.bincount(shuffled.train_labels), np.bincount(sample.train_labels)
    )


def test_of_shuffled_labels_no_more_are_true_than_by_chance(sample):
    shares = np.bincount(sample.train_labels) / len(sample.train_labels)
    true = sample.with_labels("shuffled", seed=3).train_labels == sample.train_labels
    assert true.mean() == pytest.approx(np.square(shares).sum(), abs=0.02)


def test_labels_are_shuffled_by_the_seed(sample):
    one, same, other = (
        sample.with_labels("shuffled", seed=seed).train_labels for seed in (3, 3, 4)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_largest_seed_shuffles_too(sample):
    assert len(sample.with_labels("shuffled", seed=2**63 - 1).train_labels)


def test_constant_labels_are_all_the_first_class(sample):
    assert set(sample.with_labels("constant", seed=3).train_labels) == {0}


@pytest.mark.parametrize("labels", LABELS)
def test_test_labels_and_images_stay(sample, labels):
    found = sample.with_labels(labels, seed=3)
    assert found.test_labels is sample.test_labels
    assert found.train_images is sample.train_images


def test_labels_of_another_name_are_refused(sample):
    with pytest.raises(ValueError, match="labels are 'wrong', not one of true, shuffled, constant"):
        sample.with_labels("wrong", seed=3)

import subprocess

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets.dataset import assembled
from vanishing_gradients.trainer.datasets.idx import read_idx
from vanishing_gradients.trainer.errors import DatasetError


@pytest.fixture
def build(tmp_path, idx_bytes):
    """Assembles a data set from four arrays that went through files."""

    def make(train_images, train_labels, test_images, test_labels):
        arrays = (train_images, train_labels, test_images, test_labels)
        names = ("train-images", "train-labels", "test-images", "test-labels")
        files = []
        for name, array in zip(names, arrays, strict=True):
            (tmp_path / name).write_bytes(idx_bytes(array))
            files.append(read_idx(tmp_path / name, array.ndim))
        return assembled("toy", "here", files)

    return make


@pytest.fixture
def pictures():
    return np.random.default_rng(1).integers(0, 256, (30, 28, 28))


@pytest.fixture
def dataset(build, pictures):
    return build(pictures[:20], np.arange(20) % 10, pictures[20:], np.arange(10))


def test_a_picture_becomes_a_row_of_784_bytes(dataset, pictures):
    assert dataset.train_images.dtype == np.uint8
    np.testing.assert_array_equal(dataset.train_images, pictures[:20].reshape(20, 784))
    np.testing.assert_array_equal(dataset.test_images, pictures[20:].reshape(10, 784))


def test_labels_are_integers_that_do_not_overflow(dataset):
    assert (dataset.train_labels * 1000).max() == 9000


def test_the_arrays_cannot_be_changed_by_accident(dataset):
    for array in (
        dataset.train_images,
        dataset.train_labels,
        dataset.shuffled(np.random.default_rng(0)).train_images,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_data_set_s_sum_is_the_sum_of_what_sha256sum_prints(dataset, tmp_path):
    listing = subprocess.run(
        ["sha256sum", "train-images", "train-labels", "test-images", "test-labels"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    digest = subprocess.run(["sha256sum"], input=listing, capture_output=True, check=True).stdout
    assert dataset.sha256 == digest.split()[0].decode()


def test_images_that_are_not_28_by_28_are_refused(build, pictures):
    with pytest.raises(DatasetError, match="holds images of 27 x 28 pixels instead of 28 x 28"):
        build(pictures[:5, 1:], np.arange(5), pictures[:5], np.arange(5))


def test_images_and_labels_of_different_number_are_refused(build, pictures):
    with pytest.raises(DatasetError, match="holds 5 images, but test-labels next to it 4 labels"):
        build(pictures[:5], np.arange(5), pictures[:5], np.arange(4))


def test_a_label_above_nine_is_refused(build, pictures):
    with pytest.raises(DatasetError, match="train-labels holds the label 10"):
        build(pictures[:5], np.array([0, 1, 10, 2, 3]), pictures[:5], np.arange(5))


def test_limiting_keeps_the_first_training_images_and_all_test_images(dataset):
    limited = dataset.limited(3)
    np.testing.assert_array_equal(limited.train_images, dataset.train_images[:3])
    np.testing.assert_array_equal(limited.train_labels, dataset.train_labels[:3])
    assert len(limited.test_images) == 10


def test_limiting_to_all_images_keeps_them_all(dataset):
    assert len(dataset.limited(20).train_images) == 20


@pytest.mark.parametrize("limit", [0, -1, 21, 2.5, True, "7"])
def test_a_limit_that_cannot_be_is_refused_with_the_range_that_can(dataset, limit):
    with pytest.raises(DatasetError, match=f"to {limit} training images.*from 1 to 20"):
        dataset.limited(limit)


def test_shuffling_keeps_every_image_with_its_label(dataset):
    shuffled = dataset.shuffled(np.random.default_rng(3))
    pairs = {
        (image.tobytes(), label)
        for image, label in zip(dataset.train_images, dataset.train_labels, strict=True)
    }
    assert pairs == {
        (image.tobytes(), label)
        for image, label in zip(shuffled.train_images, shuffled.train_labels, strict=True)
    }
    assert not np.array_equal(shuffled.train_images, dataset.train_images)


def test_the_same_seed_gives_the_same_order(dataset):
    one, other, third = (
        dataset.shuffled(np.random.default_rng(seed)).train_images for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, third)


def test_shuffling_leaves_the_test_images_in_the_order_of_the_file(dataset):
    shuffled = dataset.shuffled(np.random.default_rng(3))
    np.testing.assert_array_equal(shuffled.test_images, dataset.test_images)

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets import batches, scaled

EVERY_BYTE = np.arange(256, dtype=np.uint8).reshape(2, 128)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_pixel_value_is_scaled_with_both_operations_in_the_wanted_precision(dtype):
    one_by_one = [(dtype(pixel) - dtype(127.5)) / dtype(127.5) for pixel in range(256)]
    result = scaled(EVERY_BYTE, dtype)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result.ravel(), np.array(one_by_one, dtype))


def test_single_and_double_precision_differ():
    assert scaled(EVERY_BYTE, np.float32).astype(np.float64).tolist() != (
        scaled(EVERY_BYTE, np.float64).tolist()
    )


def test_black_is_minus_one_and_white_is_one():
    assert scaled(np.array([0, 255], np.uint8), np.float64).tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.complex128])
def test_another_number_type_is_refused(dtype):
    with pytest.raises(ValueError, match="float32 or float64"):
        scaled(EVERY_BYTE, dtype)


def test_batches_cover_all_images_in_order_and_count_their_steps_from_one():
    images = np.arange(7 * 4, dtype=np.uint8).reshape(7, 4)
    labels = np.arange(7)
    copies = [(step, x.copy(), y) for step, x, y in batches(images, labels, 3, np.float64)]
    assert [step for step, _, _ in copies] == [1, 2, 3]
    assert [len(x) for _, x, _ in copies] == [3, 3, 1]
    np.testing.assert_array_equal(
        np.concatenate([x for _, x, _ in copies]), scaled(images, np.float64)
    )
    np.testing.assert_array_equal(np.concatenate([y for _, _, y in copies]), labels)


def test_batches_share_one_buffer():
    images = np.zeros((10, 4), np.uint8)
    first, *others = [x for _, x, _ in batches(images, np.zeros(10, int), 4, np.float32)]
    assert len(others) == 2
    assert all(np.shares_memory(first, x) for x in others)


def test_the_paper_s_data_make_469_batches_of_128():
    images, labels = np.zeros((60_000, 1), np.uint8), np.zeros(60_000, int)
    assert max(step for step, _, _ in batches(images, labels, 128, np.float32)) == 469


def test_a_batch_larger_than_the_data_holds_all_of_them():
    images = np.zeros((3, 4), np.uint8)
    [(step, x, _)] = batches(images, np.zeros(3, int), 10**9, np.float32)
    assert (step, x.shape) == (1, (3, 4))


def test_a_batch_of_no_images_is_refused_at_once():
    with pytest.raises(ValueError, match="at least 1"):
        batches(np.zeros((3, 4), np.uint8), np.zeros(3, int), 0, np.float32)


def test_images_and_labels_of_different_number_are_refused_at_once():
    with pytest.raises(ValueError, match="3 images and 2 labels"):
        batches(np.zeros((3, 4), np.uint8), np.zeros(2, int), 1, np.float32)

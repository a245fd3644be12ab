import numpy as np
import pytest

from vanishing_gradients.trainer.datasets import Dataset, batches, load, scaled
from vanishing_gradients.trainer.datasets.scaling import INPUTS, scaling_of
from vanishing_gradients.trainer.errors import DatasetError

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


def of_pixels(*pixels: int) -> Dataset:
    """A data set of one training image a pixel, and of a test image of 255."""
    images, labels = np.array(pixels, np.uint8).reshape(-1, 1), np.zeros(len(pixels), int)
    test = np.array([[255]], np.uint8)
    return Dataset("made", images, labels, test, np.zeros(1, int), sha256="", source="")


def first(data: Dataset, images: np.ndarray) -> list[float]:
    labels = np.zeros(len(images), int)
    [(_, x, _)] = batches(images, labels, len(images), np.float64, data.scaling)
    return x.ravel().tolist()


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("-1..1", [-1.0, -0.6, 1.0]),
        ("0..1", [0.0, 0.2, 1.0]),
        ("0..255", [0.0, 51.0, 255.0]),
        ("as_given", [0.0, 51.0, 255.0]),
        # The mean is 102; squares of -102, -51 and 153 are 36,414 in all, 12,138 on average.
        ("standardised", [-102 / 12_138**0.5, -51 / 12_138**0.5, 153 / 12_138**0.5]),
    ],
)
def test_inputs_are_scaled_as_their_name_says(inputs, expected):
    data = of_pixels(0, 51, 255).with_inputs(inputs)
    assert first(data, data.train_images) == pytest.approx(expected, rel=1e-15)


TABLE = np.array([[2.0, -4.0, 7.0], [3.0, 0.0, 7.0], [6.0, 4.0, 7.0]])


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("-1..1", [[-1.0, -1.0, 0.0], [-0.5, 0.0, 0.0], [1.0, 1.0, 0.0]]),
        ("0..1", [[0.0, 0.0, 0.0], [0.25, 0.5, 0.0], [1.0, 1.0, 0.0]]),
        ("0..255", [[0.0, 0.0, 0.0], [63.75, 127.5, 0.0], [255.0, 255.0, 0.0]]),
        # Mean 11 / 3, squares 26 / 3 in all; mean 0, squares 32 in all.
        (
            "standardised",
            [
                [(2 - 11 / 3) / (26 / 9) ** 0.5, -4 / (32 / 3) ** 0.5, 0.0],
                [(3 - 11 / 3) / (26 / 9) ** 0.5, 0.0, 0.0],
                [(6 - 11 / 3) / (26 / 9) ** 0.5, 4 / (32 / 3) ** 0.5, 0.0],
            ],
        ),
        ("as_given", TABLE.tolist()),
    ],
)
def test_each_column_of_a_table_is_scaled_by_its_own_range_and_one_that_never_changes_is_0(
    inputs, expected
):
    found = scaled(TABLE, np.float64, scaling=scaling_of(inputs, TABLE, alike=False))
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


def test_numbers_of_pictures_that_are_no_bytes_have_one_range_for_all():
    found = scaled(TABLE, np.float64, scaling=scaling_of("0..1", TABLE, alike=True))
    np.testing.assert_allclose(found, (TABLE + 4) / 11, rtol=1e-15)


def test_in_single_precision_large_numbers_keep_the_digits_in_which_they_differ():
    years = np.array([[1e9], [1e9 + 1], [1e9 + 2]])
    found = scaled(years, np.float32, scaling=scaling_of("0..1", years, alike=False))
    assert found.ravel().tolist() == [0.0, 0.5, 1.0]


def test_every_scale_of_inputs_is_worked_out_by_hand_here():
    assert list(INPUTS) == ["-1..1", "0..1", "0..255", "standardised", "as_given"]


def test_inputs_of_minus_one_to_one_are_those_of_a_data_set_that_says_nothing():
    assert of_pixels(0, 51).with_inputs("-1..1").scaling == of_pixels(0, 51).scaling


def test_standardised_training_images_have_mean_zero_and_variance_one():
    data = load("sample", announce=lambda _: None).with_inputs("standardised")
    x = scaled(data.train_images, np.float64, scaling=data.scaling)
    assert (x.mean(), x.var()) == (pytest.approx(0.0, abs=1e-12), pytest.approx(1.0, rel=1e-12))


def test_test_images_are_standardised_by_the_training_images():
    data = of_pixels(1, 3).with_inputs("standardised")
    assert first(data, data.test_images) == [253.0]


def test_standardising_does_not_look_at_the_order_of_the_images():
    data = load("sample", announce=lambda _: None)
    other = data.shuffled(np.random.default_rng(5)).with_inputs("standardised")
    assert other.scaling == data.with_inputs("standardised").scaling


def test_a_limited_data_set_is_standardised_by_the_images_that_are_left():
    assert of_pixels(1, 3, 99).limited(2).with_inputs("standardised").scaling.shift == 2.0


def test_shuffling_and_limiting_keep_the_scale_of_inputs():
    data = of_pixels(1, 3, 99).with_inputs("0..1")
    other = data.shuffled(np.random.default_rng(1)).limited(2)
    assert other.scaling == data.scaling


def test_equal_pixels_cannot_be_standardised():
    with pytest.raises(DatasetError, match="equal pixels cannot be standardised: take more images"):
        of_pixels(7, 7).with_inputs("standardised")

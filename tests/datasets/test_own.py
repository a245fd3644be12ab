"""Data of one's own: each format gives the same data set, and each mistake gets one sentence."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets import Dataset, is_path, load
from vanishing_gradients.trainer.datasets.cifar import RECORD
from vanishing_gradients.trainer.errors import DatasetError

GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (9, 4, 3)).astype(np.uint8)
LABELS = np.array([3, 7, 7, 3, 12, 3, 7, 12, 3], np.uint8)
KERAS = {"x_train": IMAGES[:6], "y_train": LABELS[:6], "x_test": IMAGES[6:], "y_test": LABELS[6:]}
ROWS = "0.5,2,0\n3,4,1\n5,6,1\n7,8,0\n9,10,1\n"


def loaded(path: Path) -> Dataset:
    return load(str(path), announce=lambda _: None)


def refusal(path: Path) -> str:
    with pytest.raises(DatasetError) as caught:
        loaded(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def npz(tmp_path):
    """Return a function that writes an NPZ file with other arrays in place of the usual."""

    def write(**arrays) -> Path:
        path = tmp_path / "own.npz"
        np.savez(
            path, **{key: value for key, value in (KERAS | arrays).items() if value is not None}
        )
        return path

    return write


@pytest.fixture
def idx(tmp_path, idx_bytes):
    """Return a function that writes the files of a folder under these names."""

    def write(*names: str) -> Path:
        folder = tmp_path / "pictures"
        folder.mkdir()
        for name, array in zip(names, KERAS.values(), strict=False):
            content = idx_bytes(array)
            (folder / name).write_bytes(gzip.compress(content) if ".gz" in name else content)
        return folder

    return write


@pytest.fixture
def csv(tmp_path):
    def write(text: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_name_is_a_path_where_it_has_a_slash_or_an_ending():
    named = ("mnist", "sample", "auto", "cifar", "mnist/", "iris.csv", "./iris")
    assert [is_path(each) for each in named] == [False] * 4 + [True] * 3


def test_an_npz_file_as_keras_has_it(npz):
    data = loaded(npz())
    assert (data.name, data.classes, data.class_counts) == ("own.npz", 3, (3, 2, 1))
    np.testing.assert_array_equal(data.train_images, IMAGES[:6].reshape(6, 12))
    np.testing.assert_array_equal(data.test_images, IMAGES[6:].reshape(3, 12))


def test_classes_are_numbered_in_the_order_of_their_labels(npz):
    data = loaded(npz())
    assert data.train_labels.tolist() == [0, 1, 1, 0, 2, 0]
    assert data.test_labels.tolist() == [1, 2, 0]


def test_colours_lie_as_the_array_has_them(npz):
    pictures = np.arange(6 * 2 * 2 * 3, dtype=np.uint8).reshape(6, 2, 2, 3)
    data = loaded(npz(x_train=pictures, x_test=pictures[:3]))
    assert data.train_images[0].tolist() == list(range(12))


@pytest.mark.parametrize(
    "names",
    [
        (
            "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
        ),
        (
            "emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte",
            "emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte",
        ),
        (
            "train-images.idx3-ubyte", "train-labels.idx1-ubyte",
            "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte",
        ),
    ],
)  # fmt: skip
def test_a_folder_of_idx_files_is_the_same_data_as_its_arrays(idx, npz, names):
    found = loaded(idx(*names))
    assert found.name == "pictures/"
    assert found.sha256 == loaded(npz()).sha256


def test_another_pixel_or_label_or_shape_is_other_data(npz):
    changed = IMAGES[:6].copy()
    changed[5, 3, 2] ^= 1
    flat = {"x_train": IMAGES[:6].reshape(6, 12), "x_test": IMAGES[6:].reshape(3, 12)}
    others = [{}, {"x_train": changed}, {"y_test": LABELS[6:][::-1]}, flat]
    assert len({loaded(npz(**each)).sha256 for each in others}) == 4


def test_cifar_10s_binary_version(tmp_path):
    folder = tmp_path / "cifar"
    folder.mkdir()
    for number, name in enumerate([*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]):
        records = np.full((10, RECORD), number, np.uint8)
        records[:, 0] = range(10)
        records.tofile(folder / f"{name}.bin")
    data = loaded(folder)
    assert data.train_images.shape == (50, 3072)
    assert data.train_images[:, 0].tolist() == np.repeat(range(5), 10).tolist()
    assert data.test_labels.tolist() == list(range(10))
    (folder / "data_batch_3.bin").rename(folder / "data_batch_3")
    assert "pickles, which could run any code: take the binary version" in refusal(folder)


def test_every_fifth_row_of_a_table_is_a_test_image(csv):
    data = loaded(csv("a,b,y\n" + ROWS))
    assert data.train_images.tolist() == [[0.5, 2], [3, 4], [5, 6], [7, 8]]
    assert data.train_labels.tolist() == [0, 1, 1, 0]
    assert (data.test_images.tolist(), data.test_labels.tolist()) == ([[9, 10]], [1])


@pytest.mark.parametrize(
    "text",
    [
        ROWS,
        "\n" + ROWS.replace(",", ";"),
        b"\xef\xbb\xbf" + ROWS.replace("\n", "\r\n\r\n").encode(),
    ],
)
def test_a_table_may_have_no_names_and_other_separators_and_empty_lines(csv, text):
    assert loaded(csv(text)).sha256 == loaded(csv("a,b,y\n" + ROWS, "named.csv")).sha256


def test_the_labels_are_in_the_column_of_that_name(csv):
    data = loaded(csv("Label,b,c\n" + "0,2,5\n1,3,5\n" * 3))
    assert data.train_labels.tolist() == [0, 1, 0, 1, 1]
    assert data.train_images[0].tolist() == [2, 5]


def test_a_folder_of_two_tables(csv):
    csv(ROWS, "folder/mnist_train.csv")
    data = loaded(csv(ROWS[:8], "folder/mnist_test.csv").parent)
    assert (data.name, len(data.train_images), len(data.test_images)) == ("folder/", 5, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ROWS.replace("6", "six"), "line 3, column 2, has 'six', which is no number: give a nu"),
        ("a,b,y\n" + ROWS.replace("6", ""), "line 4, column 'b', has nothing: give a number."),
        (ROWS.replace("6", "nan"), "line 3, column 2, has nan: use finite numbers of at most "),
        (ROWS.replace("6,1", "6"), "line 3, has 2 cells, where line 1 has 3."),
        (ROWS.replace("6,1", "6,1,1"), "line 3, has 4 cells, where line 1 has 3."),
        (ROWS.replace("6,1", "6,b"), "line 3, column 3, has 'b', which is no number: number the"),
        ("1.5,x,0\n" + ROWS, "line 1, column 2, has 'x', which is no number: give a number."),
        (",b,y\n" + ROWS, "line 1, leaves a column without a name: "),
    ],
)
def test_a_cell_that_is_no_number_is_named_with_its_line_and_column(csv, text, expected):
    path = csv(text)
    assert refusal(path).startswith(f"{path}, {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty: it needs a row for each image."),
        ("1\n2\n", "has one column: "),
        (ROWS[:8], "has too few rows, 1: "),
    ],
)
def test_a_table_without_rows_or_columns(csv, text, expected):
    path = csv(text)
    assert refusal(path).startswith(f"{path} {expected}")


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        (
            {"y_test": None},
            "own.npz holds 'x_test', 'x_train', 'y_train': its arrays are to be x_train, ",
        ),
        (
            {"x_train": np.array([{}, []], object)},
            "own.npz has arrays of Python objects, which coul",
        ),
        ({"x_train": IMAGES[:5]}, "own.npz holds 5 images, but y_train in "),
        ({"x_train": LABELS[:6]}, "own.npz has the shape (6,): one image after the other"),
        ({"x_train": IMAGES[:0]}, "own.npz is empty, of shape (0, 4, 3): it needs an image."),
        ({"x_train": IMAGES[:6].astype(str)}, "own.npz is of type <U3: images are numbers."),
        ({"x_train": np.full((6, 2), np.inf)}, "own.npz holds inf at [0, 0]: use finite numbers"),
        ({"x_test": IMAGES[6:, 1:]}, "own.npz holds images of shape (3, 3), but x_train in "),
        ({"y_train": np.eye(6, 10)}, "own.npz has the shape (6, 10): give one whole number an "),
        ({"y_train": LABELS[:6] / 2}, "own.npz holds the label 1.5 at [0]: labels are whole num"),
        ({"y_train": LABELS[:6] - 4.0}, "own.npz holds the label -1.0 at [0]: labels are whole "),
        ({"y_train": np.full(6, np.nan)}, "own.npz holds the label nan at [0]: labels are whole"),
        ({"y_train": LABELS[:6] * 0}, "own.npz holds one label only: a network here tells from 2"),
        ({"y_test": LABELS[6:] + 1}, "own.npz holds the label 8, which no training image has: "),
    ],
)
def test_arrays_that_are_no_data_set(npz, arrays, expected):
    assert expected in refusal(npz(**arrays))


def test_more_classes_than_a_layer_has_neurons(npz):
    images = np.zeros((4097, 1))
    path = npz(x_train=images, y_train=np.arange(4097), x_test=images, y_test=np.arange(4097))
    assert "4,097 different labels: a network here tells from 2 to 4,096 classes" in refusal(path)


def test_a_file_that_is_no_npz_file(csv):
    assert "own.npz is not an NPZ file, or damaged (" in refusal(csv("x", "own.npz"))


def test_a_damaged_npz_file(npz):
    path = npz()
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path} is not an NPZ file, or damaged (Bad CRC-32 for file ")


def test_a_folder_with_a_part_missing(idx):
    folder = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte")
    assert refusal(folder).startswith(f"{folder} has no t10k labels: name their file t10k-labels")


def test_a_folder_of_two_data_sets(idx):
    folder = idx("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "a-train-images-idx3-ubyte")
    assert "has several files of train images, a-train-images-idx3-ubyte and " in refusal(folder)


def test_another_ending_or_a_folder_of_other_files(csv, tmp_path):
    assert "is not an NPZ file or a CSV file by its name: docs/datasets" in refusal(
        csv("", "x.txt")
    )
    assert f"{tmp_path} is not a folder of IDX files or " in refusal(tmp_path)


def test_what_is_not_there(tmp_path):
    assert refusal(tmp_path / "none.npz").startswith("There is no file or folder '")
    assert refusal(Path("x\0.npz")) == "'x\\x00.npz' cannot be the path of data: rename the file."


def test_a_long_name_is_shortened_to_what_the_table_of_runs_holds(csv):
    name = loaded(csv(ROWS, f"{'long' * 20}.csv")).name
    assert (len(name), name[:12], name[-7:]) == (32, "longlonglong", "ong.csv")

import gzip
import os
from dataclasses import replace

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets import UnavailableError, load, prepare
from vanishing_gradients.trainer.errors import DatasetError


@pytest.fixture
def announced():
    return []


@pytest.fixture
def world(tmp_path, toy, dead_mirror, announced):
    """A catalogue of toys whose mirrors are dead, an empty DATA_DIR, an empty system folder."""

    class World:
        mnist = toy("mnist", 1, mirrors=(dead_mirror,))
        fashion = toy("fashion-mnist", 2, mirrors=(dead_mirror,))
        sample = toy("sample", 3)
        data_dir = tmp_path / "data"
        system = tmp_path / "system"

        def __init__(self):
            self.sample.put(tmp_path / "bundled")
            bundled = replace(self.sample.publication, bundled=tmp_path / "bundled")
            control = replace(
                self.mnist.publication, name="mnist-shuffled", title="Control", images_of="mnist"
            )
            publications = (self.mnist.publication, self.fashion.publication, bundled, control)
            self.catalogue = {publication.name: publication for publication in publications}

        def mirrored(self, name, *mirrors):
            addresses = tuple(mirror.address for mirror in mirrors)
            self.catalogue[name] = replace(self.catalogue[name], mirrors=addresses)

        def load(self, name="auto", ask=load):
            return ask(
                name,
                self.data_dir,
                announced.append,
                catalogue=self.catalogue,
                system_folder=self.system,
            )

    return World()


def holds(dataset, source):
    """Return whether a data set has the training images of a toy."""
    content = source.files["train-images-idx3-ubyte"][16:]
    return dataset.train_images.tobytes() == content


def refused(world, name) -> str:
    with pytest.raises(DatasetError) as caught:
        world.load(name)
    return str(caught.value)


def test_what_is_unavailable_is_told_from_what_is_damaged(world):
    with pytest.raises(UnavailableError):
        world.load("mnist")
    (world.mnist.put(world.data_dir / "mnist") / "t10k-images-idx3-ubyte.gz").write_bytes(b"")
    with pytest.raises(DatasetError) as caught:
        world.load("mnist")
    assert not isinstance(caught.value, UnavailableError)


@pytest.mark.parametrize("compress", [True, False])
def test_a_data_set_is_read_from_its_folder_in_data_dir(world, compress):
    world.mnist.put(world.data_dir / "mnist", compress)
    dataset = world.load("mnist")
    assert holds(dataset, world.mnist)
    assert (dataset.name, dataset.source) == ("mnist", str(world.data_dir / "mnist"))


@pytest.mark.parametrize("end", ["", ".gz"])
def test_files_with_a_dot_before_idx_are_found(world, end):
    folder = world.mnist.put(world.data_dir / "mnist", compress=bool(end))
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert holds(world.load("mnist"), world.mnist)


def test_a_folder_of_a_file_s_name_is_passed_over_where_the_file_lies_beside_it(world):
    """As in Kaggle's archive of MNIST."""
    folder = world.mnist.put(world.data_dir / "mnist", compress=False)
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
        path.mkdir()
    assert holds(world.load("mnist"), world.mnist)


def test_a_data_set_is_read_from_data_dir_itself(world):
    world.mnist.put(world.data_dir)
    assert holds(world.load("mnist"), world.mnist)


def test_another_data_set_s_files_in_data_dir_itself_are_told_by_their_sums(world):
    world.mnist.put(world.data_dir)
    world.fashion.put(world.system / "fashion-mnist")
    assert holds(world.load("fashion-mnist"), world.fashion)


def test_the_system_s_folder_is_used_where_data_dir_has_nothing(world):
    world.fashion.put(world.system / "fashion-mnist")
    assert world.load("fashion-mnist").source == str(world.system / "fashion-mnist")


def test_a_data_set_s_folder_comes_before_data_dir_itself(world):
    world.mnist.put(world.data_dir)
    world.mnist.put(world.data_dir / "mnist")
    assert world.load("mnist").source == str(world.data_dir / "mnist")


def test_data_dir_comes_before_the_system_s_folder(world):
    world.fashion.put(world.data_dir / "fashion-mnist")
    world.fashion.put(world.system / "fashion-mnist")
    assert world.load("fashion-mnist").source == str(world.data_dir / "fashion-mnist")


def test_a_data_set_that_lies_nowhere_is_downloaded_into_data_dir(world, mirror):
    mirror.serve(world.mnist)
    world.mirrored("mnist", mirror)
    assert holds(world.load("mnist"), world.mnist)
    mirror.requests.clear()
    assert holds(world.load("mnist"), world.mnist)
    assert mirror.requests == []


def test_only_the_missing_files_are_downloaded(world, mirror):
    mirror.serve(world.mnist)
    world.mirrored("mnist", mirror)
    world.mnist.put(world.data_dir / "mnist", compress=False)
    (world.data_dir / "mnist" / "t10k-labels-idx1-ubyte").unlink()
    world.load("mnist")
    assert mirror.gets() == ["t10k-labels-idx1-ubyte.gz"]


def test_a_data_set_named_by_the_user_is_never_replaced(world):
    world.fashion.put(world.data_dir / "fashion-mnist")
    sentence = refused(world, "mnist")
    assert sentence.startswith(f"Toy mnist is not in {world.data_dir / 'mnist'}, ")
    assert "no mirror answers (127.0.0.1:" in sentence
    assert sentence.endswith(
        f"connect to the internet, or put its four files into {world.data_dir / 'mnist'}."
    )


def test_without_a_network_nothing_is_left_behind(world):
    refused(world, "mnist")
    assert not world.data_dir.exists()


def test_a_mirror_that_lacks_the_files_is_an_error_that_names_it(world, mirror):
    world.mirrored("mnist", mirror)
    assert "answers 404 Not Found): try again later" in refused(world, "mnist")
    assert not world.data_dir.exists()


def test_an_unknown_name_lists_the_known_ones(world):
    assert refused(world, "cifar") == (
        "There is no data set 'cifar': choose one of auto, mnist, fashion-mnist, sample, "
        "mnist-shuffled."
    )


def test_auto_takes_mnist_where_it_is(world, announced):
    world.mnist.put(world.data_dir / "mnist")
    world.fashion.put(world.data_dir / "fashion-mnist")
    assert world.load().name == "mnist"
    assert announced == [f"DATASET=auto takes Toy mnist, from {world.data_dir / 'mnist'}."]


def test_auto_downloads_mnist_before_it_takes_something_else(world, mirror):
    mirror.serve(world.mnist)
    world.mirrored("mnist", mirror)
    world.fashion.put(world.data_dir / "fashion-mnist")
    assert world.load().name == "mnist"


def test_auto_takes_fashion_mnist_in_place_of_mnist_and_says_why(world, announced):
    world.fashion.put(world.system / "fashion-mnist")
    assert world.load().name == "fashion-mnist"
    why, what = announced
    assert why.startswith("DATASET=auto: Toy mnist is not in ")
    assert "Connection refused" in why
    assert what == (
        "DATASET=auto takes Toy fashion-mnist, in place of Toy mnist, "
        f"from {world.system / 'fashion-mnist'}."
    )


def test_auto_takes_the_bundled_sample_at_last_and_says_why(world, announced):
    assert world.load().name == "sample"
    assert [sentence.split(" is not ")[0] for sentence in announced[:2]] == [
        "DATASET=auto: Toy mnist",
        "DATASET=auto: Toy fashion-mnist",
    ]
    assert "takes Toy sample, in place of Toy mnist" in announced[2]


def test_auto_does_not_pass_over_a_corrupted_mnist(world):
    world.mnist.put(world.data_dir / "mnist")
    (world.data_dir / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"rubbish")
    assert "is not an IDX file" in refused(world, "auto")


def test_a_file_that_is_not_the_published_one_is_refused_with_the_cure(world):
    world.mnist.put(world.data_dir / "mnist", compress=False)
    path = world.data_dir / "mnist" / "train-images-idx3-ubyte"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    sentence = refused(world, "mnist")
    assert sentence.startswith(f"{path} is not the published file of Toy mnist (SHA-256 ")
    assert sentence.endswith("): delete it and run `make data DATASET=mnist`.")


def test_another_data_set_s_files_under_the_name_of_the_folder_are_recognised(world):
    world.fashion.put(world.data_dir / "mnist")
    assert "is not the published file of Toy mnist but that of Toy fashion-mnist" in refused(
        world, "mnist"
    )


def test_a_truncated_file_is_refused_by_its_name(world):
    folder = world.mnist.put(world.data_dir / "mnist")
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:100])
    assert refused(world, "mnist").startswith(f"{path} ends in the middle")


def test_a_file_with_too_few_images_is_refused_for_that(world, idx_bytes):
    folder = world.mnist.put(world.data_dir / "mnist")
    images = idx_bytes(np.zeros((19, 28, 28)))
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
    assert "holds 19 images, but train-labels-idx1-ubyte.gz next to it 20 labels" in refused(
        world, "mnist"
    )


def test_a_damaged_sample_is_refused_with_another_cure(world, tmp_path):
    (tmp_path / "bundled" / "t10k-labels-idx1-ubyte.gz").unlink()
    sentence = refused(world, "sample")
    assert sentence.startswith(f"{tmp_path / 'bundled' / 't10k-labels-idx1-ubyte'} cannot be read")
    assert sentence.endswith("restore it with git, it is part of the project.")


def test_a_file_as_data_dir_is_refused(world):
    world.data_dir.write_text("not a folder")
    assert refused(world, "mnist") == f"{world.data_dir} is not a folder: set DATA_DIR to one."


def test_a_data_dir_that_cannot_be_searched_is_refused(world, tmp_path):
    world.data_dir = tmp_path / ("x" * 300)
    assert refused(world, "mnist").endswith("set DATA_DIR to a folder that you may read.")


def test_a_data_dir_that_cannot_be_written_is_refused(world, mirror, tmp_path):
    mirror.serve(world.mnist)
    world.mirrored("mnist", mirror)
    world.data_dir.mkdir()
    os.symlink(tmp_path / "nowhere" / "at" / "all", world.data_dir / "mnist")
    sentence = refused(world, "mnist")
    assert sentence.startswith(f"Toy mnist cannot be stored in {world.data_dir / 'mnist'} (")
    assert sentence.endswith("set DATA_DIR to a folder that you may write to and that has room.")


def test_preparing_says_what_there_is_and_where(world, announced):
    folder = world.mnist.put(world.data_dir / "mnist")
    assert world.load("mnist", ask=prepare) == folder
    assert announced == [
        f"Data set: Toy mnist, from {folder}.",
        f"20 training and 10 test images, every file as published, in {folder}.",
    ]


def test_by_default_sentences_go_to_standard_error(capsys):
    load("sample")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Data set: the bundled sample of Fashion-MNIST, from ")


def test_a_control_reads_the_files_of_the_data_set_whose_images_it_has(world, announced):
    world.mnist.put(world.data_dir / "mnist")
    control = world.load("mnist-shuffled")
    assert holds(control, world.mnist)
    assert (control.name, control.source) == ("mnist-shuffled", str(world.data_dir / "mnist"))
    assert control.sha256 != world.load("mnist").sha256


def test_the_labels_of_a_control_are_balanced_and_the_same_every_time(world):
    world.mnist.put(world.data_dir)
    control, again = world.load("mnist-shuffled"), world.load("mnist-shuffled")
    assert np.bincount(control.train_labels).tolist() == [2] * 10
    assert np.bincount(control.test_labels).tolist() == [1] * 10
    assert np.array_equal(control.train_labels, again.train_labels)
    assert not np.array_equal(control.train_labels, np.sort(control.train_labels))


def test_the_files_of_another_data_set_are_no_control(world):
    world.fashion.put(world.data_dir / "mnist")
    assert "is not the published file of Control but that of Toy fashion" in refused(
        world, "mnist-shuffled"
    )

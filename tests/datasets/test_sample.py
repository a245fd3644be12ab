import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.datasets.catalogue import CATALOGUE
from vanishing_gradients.trainer.datasets.sources import SYSTEM_FOLDER

SAMPLE = CATALOGUE["sample"]
README = SAMPLE.bundled / "README.md"


@pytest.fixture
def published_folder() -> Path:
    """The folder of the full Fashion-MNIST, if this machine has it."""
    for folder in (
        Path(os.environ.get("DATA_DIR", "data")) / "fashion-mnist",
        SYSTEM_FOLDER / "fashion-mnist",
    ):
        if all((folder / f"{file.name}.gz").exists() for file in CATALOGUE["fashion-mnist"].files):
            return folder
    pytest.skip("the full Fashion-MNIST is not here: set DATA_DIR")


def test_the_sample_has_640_training_and_128_test_images_of_each_class():
    sample = load("sample")
    assert np.bincount(sample.train_labels).tolist() == [640] * 10
    assert np.bincount(sample.test_labels).tolist() == [128] * 10


def test_the_sample_needs_no_network_and_no_data_dir(tmp_path):
    assert load("sample", tmp_path / "nowhere").train_images.shape == (6_400, 784)
    assert not (tmp_path / "nowhere").exists()


def test_the_licence_of_the_sample_lies_beside_it():
    licence = (SAMPLE.bundled / "LICENSE").read_text()
    assert "Copyright (c) 2017 Zalando SE" in licence
    assert "The above copyright notice and this permission notice shall be included" in licence


def test_the_sample_takes_less_than_four_megabytes():
    assert sum(path.stat().st_size for path in SAMPLE.bundled.iterdir()) < 4 * 10**6


def test_the_lines_in_the_readme_cut_the_very_same_sample(published_folder, tmp_path):
    [code] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    subprocess.run([sys.executable, "-c", code, published_folder, tmp_path], check=True)
    for file in SAMPLE.files:
        again = gzip.decompress((tmp_path / f"{file.name}.gz").read_bytes())
        bundled = gzip.decompress((SAMPLE.bundled / f"{file.name}.gz").read_bytes())
        assert again == bundled, file.name

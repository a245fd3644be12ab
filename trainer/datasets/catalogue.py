"""The published data sets: their files, the SHA-256 of each decompressed file, their mirrors."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class PublishedFile:
    """One IDX file as published: its name without .gz, dimensions, decompressed bytes and sum."""

    name: str
    dimensions: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Publication:
    """A data set as published.

    files: training images, training labels, test images, test labels.
    mirrors: addresses, ending in /, below which the files lie, each as <name>.gz.
    bundled: the folder that comes with the project, for the data set that does.
    """

    name: str
    title: str
    files: tuple[PublishedFile, PublishedFile, PublishedFile, PublishedFile]
    mirrors: tuple[str, ...] = ()
    bundled: Path | None = None


def _files(train: int, test: int, *sums: str) -> tuple[PublishedFile, ...]:
    """Return the four files of so many images of 28 x 28 pixels."""
    return (
        PublishedFile("train-images-idx3-ubyte", 3, 16 + train * 784, sums[0]),
        PublishedFile("train-labels-idx1-ubyte", 1, 8 + train, sums[1]),
        PublishedFile("t10k-images-idx3-ubyte", 3, 16 + test * 784, sums[2]),
        PublishedFile("t10k-labels-idx1-ubyte", 1, 8 + test, sums[3]),
    )


MNIST = Publication(
    name="mnist",
    title="MNIST",
    files=_files(
        60_000,
        10_000,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)

FASHION_MNIST = Publication(
    name="fashion-mnist",
    title="Fashion-MNIST",
    files=_files(
        60_000,
        10_000,
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
)

SAMPLE = Publication(
    name="sample",
    title="the bundled sample of Fashion-MNIST",
    files=_files(
        6_400,
        1_280,
        "4aac89b02b1a8ff086f3522c80b6fe2056435e601581f10c7131f2194e48c12f",
        "73af5790ca668fbed54dd7f90636397a811c28acea546d0607e0b9a64945ac7f",
        "6b320f1d242d7087cbbaccf3e78814da04b2b1bbadb3e7740c4903c9115e7833",
        "4f0432b1f15f57d4f74b1a34e3229d3a0b85290e568318e3ab548381b3d91124",
    ),
    bundled=Path(__file__).parent / "sample",
)

CATALOGUE: Mapping[str, Publication] = MappingProxyType(
    {publication.name: publication for publication in (MNIST, FASHION_MNIST, SAMPLE)}
)

NAMES = ("auto", *CATALOGUE)
"""What a user may ask for."""

"""Tables of numbers as CSV: one file, or a folder with one for training and one for tests.

Every row is an image, and one column its label. The first line may name the columns. Cells are
separated by commas, semicolons or tabs, whichever the first line has most of.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from vanishing_gradients.trainer.datasets.part import LARGEST, Part
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.words import counted

LABELS = ("label", "labels", "class", "target", "y")
"""What the column of labels is called, the first of these that there is; else it is the last."""
EVERY = 5
"""Of a single file, each row whose number is a multiple of this one is a test image."""
_NAME = re.compile(r"(?:.*[-_.])?(train|test)(?:[-_.].*)?\.csv", re.I)


@dataclass(frozen=True)
class _Head:
    """What the first line of a file says.

    names: of the columns; those of a file that does not say are their numbers, from 1.
    named: whether it says them. before: lines before the first row. label: the place of the column
    of labels, from 0.
    """

    path: Path
    separator: str
    names: tuple[str, ...]
    named: bool
    before: int

    @property
    def label(self) -> int:
        lower = [name.strip().lower() for name in self.names]
        found = (lower.index(name) for name in LABELS if name in lower)
        return next(found, len(lower) - 1)

    def called(self, column: int) -> str:
        return f"column {self.names[column]!r}" if self.named else f"column {column + 1}"


def is_one(folder: Path) -> bool:
    """Return whether a folder holds any file of such a name."""
    return any(_NAME.fullmatch(path.name) for path in folder.iterdir())


def read_folder(folder: Path) -> tuple[Part, Part, str]:
    """Return the training and the test part, and which column is the labels'."""
    train, test = (_head(_file(folder, half)) for half in ("train", "test"))
    if train.names != test.names:
        raise DatasetError(
            f"{test.path} has other columns than {train.path.name} next to it: give both the same, "
            "in the same order, and a first line with names to both or to neither."
        )
    return _part(train, _rows(train)), _part(test, _rows(test)), _remark(train)


def read_file(path: Path) -> tuple[Part, Part, str]:
    """Return the training and the test part, and how the file was taken apart."""
    head = _head(path)
    rows = _rows(head)
    if len(rows) < EVERY:
        raise DatasetError(
            f"{path} has too few rows, {len(rows)}: one in {EVERY} is a test image, so that it "
            f"needs {EVERY} at least."
        )
    tests = np.arange(1, len(rows) + 1) % EVERY == 0
    split = f"{_remark(head)}; one row in {EVERY} is a test image"
    return _part(head, rows[~tests]), _part(head, rows[tests]), split


def _remark(head: _Head) -> str:
    return f"Labels are {head.called(head.label)}"


def _file(folder: Path, half: str) -> Path:
    named = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.iterdir()))
    found = [path for path, match in named if match and match[1].lower() == half]
    if len(found) != 1:
        several = f"several files for {half}, {found[0].name} and others" if found else "none"
        raise DatasetError(
            f"{folder} is to have one {half}.csv, and has {several}: a folder of tables has "
            "train.csv and test.csv."
        )
    return found[0]


def _head(path: Path) -> _Head:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        before = 0
        first = file.readline()
        while first and not first.strip():
            before, first = before + 1, file.readline()
    separator = max(",;\t", key=first.count)
    for _, cells in _records(path, separator):
        named = _are_names(cells)
        if len(cells) < 2:
            raise DatasetError(
                f"{path} has one column: a table has a column for each input, and one for labels."
            )
        if named and not all(map(str.strip, cells)):
            raise DatasetError(
                f"{path}, line 1, leaves a column without a name: name it, or leave it out, as "
                "pandas does with to_csv(index=False)."
            )
        names = cells if named else map(str, range(1, len(cells) + 1))
        return _Head(path, separator, tuple(names), named, before + named)
    raise DatasetError(f"{path} is empty: it needs a row for each image.")


def _rows(head: _Head) -> np.ndarray:
    """Return the cells as numbers, (rows, columns)."""
    import polars as pl  # a fifth of what a command imports, and only tables need it

    schema = {str(column): pl.Float64 for column in range(len(head.names))}
    try:
        frame = pl.read_csv(
            head.path, has_header=False, schema=schema, skip_rows=head.before,
            separator=head.separator,
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        why = (
            _complaint(head) or f" cannot be read as a table ({str(error).splitlines()[0][:100]!r})"
        )
        raise DatasetError(f"{head.path}{why}.") from None
    rows = frame.to_numpy()  # what is missing is not a number
    wrong = ~(np.abs(rows) <= LARGEST).all(axis=1)
    if wrong.any():
        if why := _complaint(head):
            raise DatasetError(f"{head.path}{why}.")
        rows = rows[~wrong]  # lines with nothing on them
    return rows


def _part(head: _Head, rows: np.ndarray) -> Part:
    return Part(
        np.delete(rows, head.label, axis=1),
        rows[:, head.label],
        str(head.path),
        f"{head.called(head.label)} of {head.path}",
    )


def _complaint(head: _Head) -> str:
    """Return what is wrong with the first cell that is no number, and where it is; '' if none."""
    columns = len(head.names)
    for line, cells in islice(_records(head.path, head.separator), head.named, None):
        if len(cells) != columns:
            return f", line {line}, has {counted(len(cells), 'cell')}, where line 1 has {columns}"
        for column, cell in enumerate(cells):
            if not _is_number(cell):
                found = f"{cell[:40]!r}, which is no number" if cell.strip() else "nothing"
                cure = "number the classes from 0" if column == head.label else "give a number"
                return f", line {line}, {head.called(column)}, has {found}: {cure}"
            if not abs(float(cell)) <= LARGEST:
                return (
                    f", line {line}, {head.called(column)}, has {cell[:40]}: use finite numbers of "
                    f"at most {LARGEST:g} in size"
                )
    return ""


def _records(path: Path, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line, from 1, and the cells of each row that is not empty."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except csv.Error as error:
            raise DatasetError(
                f"{path}, line {reader.line_num}, cannot be read ({error}): write the table anew."
            ) from None


def _are_names(cells: list[str]) -> bool:
    """Return whether these cells name columns: some are no numbers, the others count."""
    numbers = [cell.strip() for cell in cells if _is_number(cell)]
    counting = all(map(str.isdecimal, numbers)) and len(set(numbers)) == len(numbers)
    return len(numbers) < len(cells) and counting


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell

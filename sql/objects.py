"""The loader of versioned SQL files: reads one and fills in experiment, layer and columns.

A file `sql/views/norm_avg_v01.sql` is version 1 of the view `norm_avg`. Readers and this loader use
its comment header. `-- View:` (or `-- Table:`) is the object's name in the database; its
placeholders decide how often it is created: per pair of neighbouring layers, per layer, per
experiment, or once. `-- Rows:` and `-- Layers:` restrict it to layers with these row meanings, or
with names that end so. `-- Needs:` lists views that it reads. `-- Columns:` gives each column's
type and meaning, and `-- Order:` the columns by which readers sort the rows of one run. A block
between `-- each layer`, `-- each experiment` or, for one layer, `-- each neuron` and `-- end` is
repeated; blocks that start with SELECT are joined by UNION ALL. Merged files never change: a new
version is a new file and a migration.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Literal, cast

from vanishing_gradients.sql.brands import BARE, VIEW
from vanishing_gradients.sql.cells import balanced, gradient_columns, over_cells
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment, checked_layer, quoted

HERE = Path(__file__).parent
FILE_NAME = re.compile(r"(?P<name>[a-z][a-z0-9_]*)_v(?P<version>\d\d)\.sql")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
BLOCK = re.compile(
    r"^ *-- each (?P<what>layer|experiment|neuron)\n(?P<body>.*?)^ *-- end\n?", re.S | re.M
)

COLUMN = re.compile(r"--   (\S+) +(INT|DOUBLE|TEXT|DATETIME)( NULL)? +(\S.*)")
RETIRED = {
    "cell_sums", "epoch_statistics", "experiment_norms", "first_cells", "index_sums",
    "layer_neurons", "recorded_chunks", "recorded_neurons", "recorded_statistics",
}  # fmt: skip
"""Views that a migration has dropped: their files stay for the migrations that created them."""

Kind = Literal["tables", "views", "queries"]
ColumnType = Literal["INT", "DOUBLE", "TEXT", "DATETIME"]


@dataclass(frozen=True)
class Layer:
    """One layer as its table describes it.

    `number` counts from 1, `name` is like layer_2_sigmoid, `width` is the number of neurons.
    `row_meaning` is what a row of its gradient belongs to: "input" of a weight matrix, "sample" or
    "element".
    """

    number: int
    name: str
    width: int
    row_meaning: str

    def __post_init__(self) -> None:
        checked_layer(self.name)


@dataclass(frozen=True)
class ExperimentSchema:
    """An experiment's name and its layers, in order: all that its tables and views depend on."""

    experiment: str
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        checked_experiment(self.experiment)

    def table(self, layer: Layer) -> str:
        """Return the unquoted name of the gradient table of one of this experiment's layers."""
        return f"{self.experiment}_{layer.name}"


@dataclass(frozen=True)
class Column:
    """One column of a view, from its file's header.

    INT is any whole number, and TEXT any string, including JSON. `name` may have placeholders. A
    column that is not `nullable` never holds NULL; otherwise `meaning` says what NULL means.
    """

    name: str
    type: ColumnType
    nullable: bool
    meaning: str


@dataclass(frozen=True)
class Definition:
    """One versioned SQL file."""

    kind: Kind
    name: str
    version: int
    text: str

    @property
    def object_name(self) -> str:
        """The object's name in the database, with placeholders not yet filled."""
        found = re.search(r"^-- (?:View|Table): +(\S+)$", self.text, re.M)
        if not found:
            raise ObjectError(f"{self.name}_v{self.version:02}.sql has no line '-- View: name'.")
        return found[1]

    @property
    def needs(self) -> list[str]:
        """Names of the views that must exist before this one."""
        return self._listed("Needs") or []

    @property
    def what(self) -> str:
        """What the object holds, in one sentence."""
        return self._said("What") or ""

    @property
    def grain(self) -> str:
        """What one row stands for, and what else to know before querying."""
        return self._said("Grain") or ""

    @property
    def order(self) -> tuple[str, ...]:
        """The columns by which readers sort the rows of one run."""
        return tuple(self._listed("Order") or ())

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns in order; none in files that are older than this part of the header.

        Raises ObjectError for a line that is not a column.
        """
        found = []
        block = re.search(r"^-- Columns:\n((?:--  .*\n)*)", self.text, re.M)
        # Deeper indented lines continue the line before.
        lines = re.sub(r" *\n--     *", " ", block[1]).splitlines() if block else []
        for line in lines:
            column = COLUMN.fullmatch(line)
            if not column:
                raise ObjectError(
                    f"{self.name}_v{self.version:02}.sql: '{line}' is not a name, one of INT, "
                    "DOUBLE, TEXT and DATETIME, with or without NULL, and a meaning."
                )
            name, kind, null, meaning = column.groups()
            found.append(Column(name, cast(ColumnType, kind), bool(null), meaning.strip()))
        return tuple(found)

    def of_layer(self, layer: Layer) -> bool:
        """Return whether a layer has this object."""
        rows, names = self._listed("Rows"), self._listed("Layers")
        return (rows is None or layer.row_meaning in rows) and (
            names is None or layer.name.split("_", 2)[2] in names
        )

    @property
    def of_experiment(self) -> bool:
        """Whether every experiment has its own objects of this kind."""
        return "{" in self.object_name

    def names(self, shapes: Sequence[ExperimentSchema]) -> Iterator[str]:
        """Yield the names of all objects that this file creates for `shapes`."""
        for name, _, _ in self._objects(shapes):
            yield name

    def statements(
        self, shapes: Sequence[ExperimentSchema], but: Collection[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """Yield (object name, statement) for every object that this file creates for `shapes`,
        except those named in `but`."""
        for name, own, values in self._objects(shapes):
            if name not in but:
                yield name, _rendered(self.text, own, values | {"view": quoted(name)})

    def _said(self, label: str) -> str | None:
        found = re.search(rf"^-- {label}: +(.+(?:\n--  +.+)*)$", self.text, re.M)
        return re.sub(r"\s*\n--\s+", " ", found[1]) if found else None

    def _listed(self, label: str) -> list[str] | None:
        said = self._said(label)
        return None if said is None else [name.strip() for name in said.split(",")]

    def _objects(
        self, shapes: Sequence[ExperimentSchema]
    ) -> Iterator[tuple[str, Sequence[ExperimentSchema], dict[str, str]]]:
        """Yield each object's name, the shapes its blocks repeat over, and its placeholders."""
        wanted = set(PLACEHOLDER.findall(self.object_name))
        if not wanted:
            yield self.object_name, shapes, {}
            return
        for shape in shapes:
            if "layer" not in wanted and "layer_name" not in wanted:
                fillings = [_of_experiment(shape)]
            elif "next_layer" in wanted:
                # Layers separated by layers without a table are not neighbours.
                pairs = zip(shape.layers, shape.layers[1:], strict=False)
                fillings = [
                    _of_pair(shape, layer, following)
                    for layer, following in pairs
                    if following.number == layer.number + 1
                ]
            else:
                own = filter(self.of_layer, shape.layers)
                fillings = [_of_layer(shape, layer) for layer in own]
            for values in fillings:
                yield filled(self.object_name, values), [shape], values


def definition(kind: Kind, name: str, version: int, root: Path = HERE) -> Definition:
    """Read one version of a table or view; raises ObjectError if there is no such file."""
    path = root / kind / f"{name}_v{version:02}.sql"
    if not path.is_file():
        raise ObjectError(
            f"There is no version {version} of {name}: {kind} has "
            + ", ".join(f"{known} {numbers}" for known, numbers in versions(kind, root).items())
            + "."
        )
    return Definition(kind, name, version, path.read_text(encoding="utf-8"))


def versions(kind: Kind, root: Path = HERE) -> dict[str, list[int]]:
    """Return all tables or views that have files and are not retired, with their versions in
    ascending order."""
    found: dict[str, list[int]] = {}
    for path in sorted((root / kind).glob("*.sql")):
        if not (match := FILE_NAME.fullmatch(path.name)):
            raise ObjectError(
                f"{path.name} is not a versioned file name, such as norm_avg_v01.sql."
            )
        if match["name"] not in RETIRED:
            found.setdefault(match["name"], []).append(int(match["version"]))
    return found


@cache
def newest(view: str) -> Definition | None:
    """Return the newest version of a view; None if there is no such view."""
    known = versions("views").get(view)
    return definition("views", view, known[-1]) if known else None


def newest_views() -> list[Definition]:
    """Return the newest version of every view."""
    return [definition("views", name, found[-1]) for name, found in versions("views").items()]


def in_order(definitions: Iterable[Definition]) -> list[Definition]:
    """Sort views so that each comes after those it reads."""
    by_name = {each.name: each for each in definitions}
    graph = {name: [n for n in each.needs if n in by_name] for name, each in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def create_table(shape: ExperimentSchema, layer: Layer, column_type: str, version: int = 2) -> str:
    """Return the statement that creates one layer's gradient table with DOUBLE or FLOAT columns."""
    columns = gradient_columns(layer.width)
    values = _of_layer(shape, layer) | {
        "column_type": column_type,
        "gradient_columns": ",\n    ".join(f"{column} {column_type} NULL" for column in columns),
        "sum_of_squares": balanced([f"{column} * {column}" for column in columns]),
        "sum": balanced(columns),
    }
    return _rendered(definition("tables", "gradients", version).text, [shape], values)


def norm_definition(shape: ExperimentSchema, layer: Layer) -> str:
    """Return the definition of Norm in one layer's gradient table, newest version."""
    table = create_table(shape, layer, "DOUBLE")
    (found,) = re.findall(r"^ *(Norm DOUBLE GENERATED .* VIRTUAL),$", table, re.M)
    return str(found)


def select_of_layer(text: str, shape: ExperimentSchema, layer: Layer) -> str:
    """Return a query's text without its header, filled in for one layer."""
    return _rendered(text, [shape], _of_layer(shape, layer))


def _rendered(text: str, shapes: Sequence[ExperimentSchema], values: Mapping[str, str]) -> str:
    """Return a file without its header: blocks repeated over `shapes`, placeholders filled."""
    body = re.sub(r"^--(?! (?:each|end)).*\n?", "", text.removesuffix("\n") + "\n", flags=re.M)
    body = body.replace(BARE, VIEW)

    def repeat(match: re.Match[str]) -> str:
        if match["what"] == "neuron":
            each = range(1, int(values["width"]) + 1)
            return "".join(match["body"].replace("{neuron}", str(number)) for number in each)
        if match["what"] == "experiment":
            fillings = [_of_experiment(shape) for shape in shapes]
        else:
            fillings = [_of_layer(shape, layer) for shape in shapes for layer in shape.layers]
        parts = [filled(match["body"], values) for values in fillings]
        separator = "UNION ALL\n" if match["body"].lstrip().startswith("SELECT") else ""
        return separator.join(parts)

    return filled(BLOCK.sub(repeat, body), values)


def _of_experiment(shape: ExperimentSchema) -> dict[str, str]:
    return {
        "experiment": shape.experiment,
        "experiment_norms": quoted(f"{shape.experiment}_gradient_norms"),
    }


def _of_layer(shape: ExperimentSchema, layer: Layer) -> dict[str, str]:
    prefix = f"{shape.experiment}_layer_{layer.number}"
    return {
        **_of_experiment(shape),
        "layer": str(layer.number),
        "layer_name": layer.name,
        "width": str(layer.width),
        "table": quoted(shape.table(layer)),
        "norm_avg": quoted(f"{prefix}_norm_avg"),
        "stored_norm_avg": quoted(f"{prefix}_stored_norm_avg"),
        **over_cells(layer.width),
    }


def _of_pair(shape: ExperimentSchema, layer: Layer, following: Layer) -> dict[str, str]:
    above = {f"next_{name}": value for name, value in _of_layer(shape, following).items()}
    return _of_layer(shape, layer) | above


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled; raises ObjectError for one without a value."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ObjectError(f"Nothing fills the placeholder {match[0]} of an SQL file.")
        return values[match[1]]

    return PLACEHOLDER.sub(value, text)

"""The one loader of versioned SQL files: reads one and fills in experiment, layer and columns.

A file `sql/views/norm_avg_v01.sql` is version 1 of the view `norm_avg`. Its comment header is for
readers, but for some lines: `-- View:` (or `-- Table:`) says what the object is called in the
database, and by its placeholders how often it is made: once a pair of neighbouring layers, a layer,
an experiment, or once; `-- Layers:` lists the last parts of the names of those layers that have it,
where not all do; `-- Needs:` lists views that come first. A block between `-- each layer`, `-- each
experiment` or, in a view of one layer, `-- each neuron` and `-- end` is repeated; blocks that start
with SELECT are joined by UNION ALL. Merged files never change: a new version is a new file and a
migration.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Literal

from vanishing_gradients.sql.cells import balanced, gradient_columns, over_cells
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment, checked_layer, quoted

HERE = Path(__file__).parent
FILE_NAME = re.compile(r"(?P<name>[a-z][a-z0-9_]*)_v(?P<version>\d\d)\.sql")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
BLOCK = re.compile(
    r"^ *-- each (?P<what>layer|experiment|neuron)\n(?P<body>.*?)^ *-- end\n?", re.S | re.M
)

Kind = Literal["tables", "views"]


@dataclass(frozen=True)
class Layer:
    """One layer as its table knows it.

    `number` counts from 1, `name` is as in layer_2_sigmoid, `width` is in neurons.
    """

    number: int
    name: str
    width: int

    def __post_init__(self) -> None:
        checked_layer(self.name)


@dataclass(frozen=True)
class Shape:
    """An experiment's name and its layers, in order: all that its tables and views depend on."""

    experiment: str
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        checked_experiment(self.experiment)

    def table(self, layer: Layer) -> str:
        """Name, unquoted, of the gradient table of one of this experiment's layers."""
        return f"{self.experiment}_{layer.name}"


@dataclass(frozen=True)
class Definition:
    """One versioned SQL file."""

    kind: Kind
    name: str
    version: int
    text: str

    @property
    def object_name(self) -> str:
        """What the object is called in the database, placeholders not yet filled."""
        found = re.search(r"^-- (?:View|Table): +(\S+)$", self.text, re.M)
        if not found:
            raise ObjectError(f"{self.name}_v{self.version:02}.sql has no line '-- View: name'.")
        return found[1]

    @property
    def needs(self) -> list[str]:
        """Names of the views that must exist before this one."""
        return self._listed("Needs") or []

    def of_layer(self, layer: Layer) -> bool:
        """Whether a layer has such an object, going by the last part of its name."""
        wanted = self._listed("Layers")
        return wanted is None or layer.name.split("_", 2)[2] in wanted

    @property
    def of_experiment(self) -> bool:
        """Whether every experiment has such objects of its own."""
        return "{" in self.object_name

    @property
    def unites(self) -> bool:
        """Whether what it reads depends on which experiments there are."""
        return not self.of_experiment and "-- each experiment\n" in self.text

    def names(self, shapes: Sequence[Shape]) -> Iterator[str]:
        """Yield the names of all objects that this file stands for in `shapes`."""
        for name, _, _ in self._objects(shapes):
            yield name

    def statements(
        self, shapes: Sequence[Shape], but: Collection[str] = ()
    ) -> Iterator[tuple[str, str]]:
        """Yield (object name, statement) for every object that this file stands for in `shapes`,
        `but` for those of these names."""
        body = "\n".join(line for line in self.text.splitlines() if not _is_header(line)) + "\n"
        for name, own, values in self._objects(shapes):
            if name not in but:
                unrolled = _unrolled(body, own, int(values.get("width", 0)))
                yield name, _filled(unrolled, values | {"view": quoted(name)})

    def _listed(self, label: str) -> list[str] | None:
        found = re.search(rf"^-- {label}: +(.+)$", self.text, re.M)
        return [name.strip() for name in found[1].split(",")] if found else None

    def _objects(
        self, shapes: Sequence[Shape]
    ) -> Iterator[tuple[str, Sequence[Shape], dict[str, str]]]:
        """Yield each object's name, the shapes that its blocks repeat over, and its fillings."""
        wanted = set(PLACEHOLDER.findall(self.object_name))
        if not wanted:
            yield self.object_name, shapes, {}
            return
        for shape in shapes:
            if "layer" not in wanted and "layer_name" not in wanted:
                fillings = [_of_experiment(shape)]
            elif "next_layer" in wanted:
                pairs = zip(shape.layers, shape.layers[1:], strict=False)
                fillings = [_of_pair(shape, layer, following) for layer, following in pairs]
            else:
                own = filter(self.of_layer, shape.layers)
                fillings = [_of_layer(shape, layer) for layer in own]
            for values in fillings:
                yield _filled(self.object_name, values), [shape], values


def definition(kind: Kind, name: str, version: int, root: Path = HERE) -> Definition:
    """Read one version of a table or view; raises ObjectError where there is no such file."""
    path = root / kind / f"{name}_v{version:02}.sql"
    if not path.is_file():
        raise ObjectError(
            f"There is no version {version} of {name}: {kind} has "
            + ", ".join(f"{known} {numbers}" for known, numbers in versions(kind, root).items())
            + "."
        )
    return Definition(kind, name, version, path.read_text(encoding="utf-8"))


def versions(kind: Kind, root: Path = HERE) -> dict[str, list[int]]:
    """All tables or views that have files, each with its versions in ascending order."""
    found: dict[str, list[int]] = {}
    for path in sorted((root / kind).glob("*.sql")):
        match = FILE_NAME.fullmatch(path.name)
        if not match:
            raise ObjectError(
                f"{path.name} is not a versioned file name, such as norm_avg_v01.sql."
            )
        found.setdefault(match["name"], []).append(int(match["version"]))
    return found


def in_order(definitions: Iterable[Definition]) -> list[Definition]:
    """Sort views so that each comes after those it reads."""
    by_name = {each.name: each for each in definitions}
    graph = {name: [n for n in each.needs if n in by_name] for name, each in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def create_table(shape: Shape, layer: Layer, column_type: str, version: int = 1) -> str:
    """Return the statement that makes one layer's gradient table of DOUBLE or FLOAT columns."""
    values = _of_layer(shape, layer)
    columns = gradient_columns(layer.width)
    values |= {
        "gradient_columns": ",\n    ".join(f"{column} {column_type} NULL" for column in columns),
        "sum_of_squares": balanced([f"{column} * {column}" for column in columns]),
        "sum": balanced(columns),
    }
    text = definition("tables", "gradients", version).text
    body = "\n".join(line for line in text.splitlines() if not _is_header(line))
    return _filled(body, values)


def _is_header(line: str) -> bool:
    return line.startswith("--") and not line.startswith(("-- each", "-- end"))


def _unrolled(body: str, shapes: Sequence[Shape], width: int) -> str:
    def repeat(match: re.Match[str]) -> str:
        if match["what"] == "neuron":
            each = range(1, width + 1)
            return "".join(match["body"].replace("{neuron}", str(number)) for number in each)
        if match["what"] == "experiment":
            fillings = [_of_experiment(shape) for shape in shapes]
        else:
            fillings = [_of_layer(shape, layer) for shape in shapes for layer in shape.layers]
        parts = [_filled(match["body"], values) for values in fillings]
        separator = "UNION ALL\n" if match["body"].lstrip().startswith("SELECT") else ""
        return separator.join(parts)

    return BLOCK.sub(repeat, body)


def _of_experiment(shape: Shape) -> dict[str, str]:
    return {
        "experiment": shape.experiment,
        "experiment_norms": quoted(f"{shape.experiment}_gradient_norms"),
    }


def _of_layer(shape: Shape, layer: Layer) -> dict[str, str]:
    prefix = f"{shape.experiment}_layer_{layer.number}"
    return (
        _of_experiment(shape)
        | {
            "layer": str(layer.number),
            "layer_name": layer.name,
            "width": str(layer.width),
            "table": quoted(shape.table(layer)),
            "norm_avg": quoted(f"{prefix}_norm_avg"),
            "stored_norm_avg": quoted(f"{prefix}_stored_norm_avg"),
        }
        | over_cells(layer.width)
    )


def _of_pair(shape: Shape, layer: Layer, following: Layer) -> dict[str, str]:
    above = _of_layer(shape, following)
    return _of_layer(shape, layer) | {
        "next_layer": str(following.number),
        "next_norm_avg": above["norm_avg"],
        "next_stored_norm_avg": above["stored_norm_avg"],
    }


def _filled(text: str, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ObjectError(f"Nothing fills the placeholder {match[0]} of an SQL file.")
        return values[match[1]]

    return PLACEHOLDER.sub(value, text)

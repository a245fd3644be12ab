"""Everything in its place: SQL in sql/, drawing in analysis/figures, randomness in a generator."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import (
    AT_THE_ROOT,
    ROOMS,
    ROOT,
    dotted,
    files,
    imports,
    name,
    strings,
    tree,
)

LINES = 400
STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|LOAD DATA|TRUNCATE|SHOW|GRANT|"
    r"KILL|CALL|DO|WITH)\s+($|[\w`'*@(])"
)
KEYWORD = re.compile(
    r"\b(SELECT|INSERT INTO|DELETE FROM|CREATE|DROP|ALTER|FROM|WHERE|JOIN|UNION|GROUP BY|"
    r"ORDER BY)\b"
)
DRAWING = re.compile(
    r"(add|update)_(trace|scatter|heatmap|hline|vline|shape|annotation|layout|.axes)"
)
GENERATORS = {"default_rng", "Generator", "SeedSequence", "PCG64", "BitGenerator"}


def test_sql_keywords_do_not_appear_in_analysis():
    for path in files("analysis"):
        found = [text for _, text in strings(path) if KEYWORD.search(text)]
        assert found == [], name(path)


@pytest.mark.parametrize("room", ["trainer", "analysis"])
def test_statements_are_written_in_sql_or_where_the_tables_have_their_owner(room):
    """Telemetry writes the tables of runs, migrations change them, server creates databases."""
    for path in files(room):
        found = [text for _, text in strings(path) if STATEMENT.match(text)]
        assert found == [], name(path)


def test_a_statement_elsewhere_would_be_seen():
    found = [text for _, text in strings(ROOT / "telemetry/loader.py") if STATEMENT.match(text)]
    assert len(found) >= 4


def test_plotly_is_known_to_analysis_alone():
    for path in files("trainer", "telemetry", "server", "sql", "migrations", "bench"):
        assert not {each for each in imports(path) if each.startswith(("plotly", "kaleido"))}


def test_drawing_happens_in_figures_alone():
    """Elsewhere in analysis a figure is only passed on, and go.Figure is only its type."""
    drawn = 0
    for path in files("analysis"):
        inside = "figures" in name(path).split("/")[1]
        calls = [dotted(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        drawing = [
            call
            for call in calls
            if call.startswith(("go.", "px.")) or DRAWING.match(call.split(".")[-1])
        ]
        drawn += len(drawing)
        assert inside or drawing == [], name(path)
        modules = {each for each in imports(path) if each.startswith("plotly")}
        assert inside or modules <= {"plotly.graph_objects", "plotly.offline"}, name(path)
    assert drawn > 0


@pytest.mark.parametrize("folder", [*ROOMS, "bench", "tests"])
def test_a_file_is_no_longer_than_four_hundred_lines(folder):
    paths = [*files(folder), *(ROOT / folder).rglob("*.sql")]
    long = {name(path): len(path.read_text().splitlines()) for path in paths}
    assert {path: lines for path, lines in long.items() if lines > LINES} == {}


WRITING = {"print", "click.echo", "click.secho", "Console", "sys.stdout.write", "sys.stderr.write"}


def test_one_file_writes_to_the_screen():
    """So that failing writes are handled by the same rule everywhere."""
    for path in files(*ROOMS, *AT_THE_ROOT, "bench"):
        calls = {dotted(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
        assert calls & WRITING == ({"print", "Console"} if name(path) == "console.py" else set())


def test_randomness_comes_from_a_generator_that_is_passed():
    """numpy.random.seed and the like, and the module random, have global state."""
    used = 0
    for path in files(*ROOMS, "bench", "tests"):
        faults = name(path).startswith("tests/faults/")  # have their own seeded generator
        assert faults or "random" not in imports(path), name(path)
        assert not {each for each in imports(path) if each.startswith("numpy.random")}, name(path)
        for node in ast.walk(tree(path)):
            chain = dotted(node).split(".") if isinstance(node, ast.Attribute) else []
            if len(chain) == 3 and chain[0] in ("np", "numpy") and chain[1] == "random":
                used += 1
                assert chain[2] in GENERATORS, f"{name(path)}:{node.lineno}"
    assert used > 0


@pytest.mark.parametrize("package", ROOMS)
def test_no_module_seeds_or_draws_while_it_is_imported(package):
    for path in files(package):
        assert drawn_at_import(tree(path)) == [], name(path)


@pytest.mark.parametrize(
    "line",
    [
        "rng = np.random.default_rng(1)",
        "rng = default_rng()",
        "random.seed(3)",
        "class Weights:\n    scale = rng.normal(np.random.random())",
        "def draw(rng=numpy.random.default_rng(7)): ...",
        "if True:\n    seed(1)",
    ],
)
def test_a_draw_at_import_would_be_seen(line):
    assert drawn_at_import(ast.parse(line)) != []


@pytest.mark.parametrize(
    "line",
    [
        "judge = in_most_seeds(frame)",
        "def draw():\n    return np.random.default_rng(1)",
        "draw = lambda: np.random.default_rng(1)",
        "class Weights:\n    def draw(self):\n        return np.random.default_rng(1)",
    ],
)
def test_what_draws_only_when_called_is_no_draw_at_import(line):
    assert drawn_at_import(ast.parse(line)) == []


def drawn_at_import(module: ast.Module) -> list[str]:
    """Return the calls of random and seeding functions that run when a module is imported."""
    calls = [
        dotted(node.func).split(".") for node in at_import(module) if isinstance(node, ast.Call)
    ]
    return [
        ".".join(chain)
        for chain in calls
        if "random" in chain or chain[-1] in GENERATORS | {"seed", "RandomState"}
    ]


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all that runs at import: of a function its decorators and defaults, not its body."""
    yield node
    bodies = ()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        bodies = node.body
    elif isinstance(node, ast.Lambda):
        bodies = (node.body,)
    for child in ast.iter_child_nodes(node):
        if child not in bodies:
            yield from at_import(child)

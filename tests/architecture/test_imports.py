"""Imports run one way, without circles: from the command line down to the mathematics."""

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.source import (
    AT_THE_ROOT,
    FOLDERS,
    PACKAGE,
    ROOMS,
    ROOT,
    files,
    imports,
    name,
    ours,
)

USERS = ("tests", "examples")
"""Folders that import what the package exports, as any user does."""
MAY_IMPORT = {
    "sql": set(),
    "server": {"sql"},
    "telemetry": {"sql", "server"},
    "migrations": {"sql", "server"},
    "analysis": {"sql", "server"},
    "trainer": {"sql", "server", "telemetry"},
    "remedy": {"sql", "server", "telemetry", "analysis", "trainer"},
}
"""What each package may import besides itself and EVERYBODY."""
EVERYBODY = {"console", "errors", "installation", "interruption", "options", "words"}
"""Modules at the root that import none of the packages."""
DATABASE = {"sqlalchemy", "pymysql", "alembic"}
DATABASE_ROOMS = {"sql", "server", "migrations"}
SCREEN = {"click", "rich"}
RUNNING = (
    "trainer/cli.py", "trainer/cluster.py", "trainer/display.py", "trainer/run.py",
    "trainer/worker.py",
)  # fmt: skip
"""The trainer's files that connect training and a server."""
PURE = [
    part.relative_to(ROOT).as_posix()
    for part in sorted((ROOT / "trainer").iterdir())
    if part.suffix == ".py" or (part / "__init__.py").exists()
]
PURE = [part for part in PURE if part not in RUNNING]


def tops(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def within(modules: set[str], package: str) -> set[str]:
    return {each for each in modules if each == package or each.startswith(f"{package}.")}


def module(path) -> str:
    """Return a file's name as a module: sql.names, and sql for sql/__init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_is_below_it(room):
    for path in files(room):
        assert tops(ours(path)) - {room} <= MAY_IMPORT[room] | EVERYBODY, name(path)
        assert not tops(imports(path)) & {"bench", "tests", "tools"}, name(path)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_project_has_one_import_name(folder):
    """From the root of the repository, a bare `import sql` would find a second copy of it."""
    for path in files(folder):
        assert not tops(imports(path)) & {*ROOMS, "cli", *EVERYBODY}, name(path)
        if folder not in USERS:
            assert PACKAGE not in imports(path), name(path)


def test_the_command_line_knows_no_room_before_a_command_is_called():
    assert ours(ROOT / "cli.py") <= EVERYBODY
    for each in EVERYBODY:
        assert ours(ROOT / f"{each}.py") <= EVERYBODY, each


def test_no_room_imports_the_command_line():
    for path in files(*ROOMS):
        assert "cli" not in {each.split(".")[-1] for each in ours(path)}, name(path)


def test_no_file_imports_itself_by_way_of_others():
    """Imports inside functions, and those for types only, count as well."""
    graph = {module(path): ours(path) for path in files(*ROOMS, *AT_THE_ROOT)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_the_network_knows_numpy_and_itself_alone():
    for path in files("trainer/network"):
        known = {"numpy", "abc", "collections", "dataclasses", "typing", PACKAGE}
        assert tops(imports(path)) <= known, name(path)
        assert ours(path) == within(ours(path), "trainer.network"), name(path)


def test_the_loop_knows_the_network_the_data_and_the_recorders_protocol():
    found = ours(ROOT / "trainer/loop.py")
    rest = found - within(found, "trainer.network") - within(found, "trainer.datasets")
    assert rest == {"telemetry.recording"}
    assert tops(imports(ROOT / "telemetry/recording.py")) <= {
        "collections", "dataclasses", "math", "numpy", "typing",
    }  # fmt: skip


@pytest.mark.parametrize("part", PURE)
def test_training_itself_reaches_no_database(part):
    for path in files(part):
        assert not tops(imports(path)) & DATABASE, name(path)
        assert not tops(ours(path)) & DATABASE_ROOMS, name(path)
        assert within(ours(path), "telemetry") <= {"telemetry.recording"}, name(path)


@pytest.mark.parametrize(
    "part", ["sql", "telemetry", "trainer/network", "trainer/experiments", "trainer/loop.py"]
)
def test_what_computes_and_stores_writes_on_no_screen(part):
    for path in files(part):
        assert not tops(imports(path)) & SCREEN, name(path)


def test_the_parts_that_these_rules_name_are_there():
    assert {"trainer/loop.py", "trainer/network", "trainer/datasets"} <= set(PURE)
    assert all((ROOT / part).is_file() for part in RUNNING)
    assert set(MAY_IMPORT) == set(ROOMS)
    assert len(files(*ROOMS)) > 80


def test_a_forbidden_import_would_be_seen():
    assert "trainer.network.network" in ours(ROOT / "trainer/loop.py")
    assert tops(ours(ROOT / "telemetry/runs.py")) >= {"sql"}
    assert "sqlalchemy" in imports(ROOT / "telemetry/runs.py")

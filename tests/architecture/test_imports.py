"""Imports run one way: from the command line down to the mathematics, and never between halves."""

import pytest

from tests.architecture.source import FOLDERS, PACKAGES, ROOT, files, imports, name

MAY_IMPORT = {
    "sql": set(),
    "migrations": {"sql"},
    "analysis": {"sql"},
    "trainer": {"sql"},
}
DATABASE = {"sql", "sqlalchemy", "pymysql", "alembic"}
SCREEN = {"click", "rich"}
COMMAND_LINE = (
    "trainer/__main__.py", "trainer/command.py", "trainer/display.py", "trainer/drop.py",
    "trainer/plan.py", "trainer/run.py", "trainer/runs_table.py",
)  # fmt: skip
PURE = [
    part.relative_to(ROOT).as_posix()
    for part in sorted((ROOT / "trainer").iterdir())
    if part.suffix == ".py" or (part / "__init__.py").exists()
]
PURE = [part for part in PURE if part not in (*COMMAND_LINE, "trainer/telemetry")]


def packages(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules}


def within(modules: set[str], package: str) -> set[str]:
    return {each for each in modules if each == package or each.startswith(f"{package}.")}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_is_below_it(package):
    allowed = MAY_IMPORT[package] | {package}
    for path in files(package):
        ours = packages(imports(path)) & {*FOLDERS, "bootstrap"}
        assert ours <= allowed, name(path)


def test_the_network_knows_numpy_and_itself_alone():
    for path in files("trainer/network"):
        outside = imports(path) - within(imports(path), "trainer.network")
        known = {"numpy", "abc", "collections", "dataclasses", "typing"}
        assert packages(outside) <= known, name(path)


def test_the_loop_knows_the_network_the_data_and_the_recorders_protocol():
    found = within(imports(ROOT / "trainer/loop.py"), "trainer")
    rest = found - within(found, "trainer.network") - within(found, "trainer.datasets")
    assert rest == {"trainer.recording"}
    assert packages(imports(ROOT / "trainer/recording.py")) <= {
        "collections", "dataclasses", "numpy", "typing",
    }  # fmt: skip


def test_telemetry_knows_the_recorders_protocol_and_nothing_else_of_the_trainer():
    for path in files("trainer/telemetry"):
        found = within(imports(path), "trainer") - within(imports(path), "trainer.telemetry")
        assert found <= {"trainer.recording", "trainer.errors"}, name(path)


@pytest.mark.parametrize("part", PURE)
def test_training_itself_reaches_no_database(part):
    for path in files(part):
        assert not packages(imports(path)) & DATABASE, name(path)
        assert not within(imports(path), "trainer.telemetry"), name(path)


@pytest.mark.parametrize(
    "part",
    ["trainer/telemetry", "trainer/network", "trainer/experiments", "trainer/loop.py"],
)
def test_what_computes_and_stores_writes_on_no_screen(part):
    for path in files(part):
        assert not packages(imports(path)) & SCREEN, name(path)


def test_the_parts_that_these_rules_name_are_there():
    assert {"trainer/loop.py", "trainer/network", "trainer/datasets"} <= set(PURE)
    assert all((ROOT / part).is_file() for part in COMMAND_LINE)
    assert len(files(*PACKAGES)) > 80


def test_a_forbidden_import_would_be_seen():
    assert "trainer.network.network" in imports(ROOT / "trainer/loop.py")
    assert packages(imports(ROOT / "trainer/telemetry/runs.py")) >= {"sql", "sqlalchemy"}

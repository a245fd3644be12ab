"""Several trainer processes on one server, while others read and change its views."""

import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest

from tests.faults.conftest import IMAGES, experiment
from tests.faults.processes import ROOT, environment, started
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.registry import replace_view, versions_in_force
from vanishing_gradients.telemetry.runs import prepared
from vanishing_gradients.trainer.run import Settings, describe


@pytest.fixture
def field(ground, server):
    """The test's own database, on which nothing has been trained yet."""
    return server.new_database()


@pytest.fixture
def runs(field, tmp_path):
    """Return a function that trains in parallel processes: (name, options) -> run numbers."""

    def carry_out(*wanted) -> list[int]:
        with ExitStack() as stack:
            trainers = [
                stack.enter_context(started(field, tmp_path, name, options=options))
                for name, options in wanted
            ]
            for trainer in trainers:
                status, said = trainer.end()
                assert status == 0, said
            return [trainer.run_id for trainer in trainers]

    return carry_out


def renamed(digests: dict[str, str], name: str) -> dict[str, str]:
    """The results of a run whose experiment has another name."""
    return {table.replace("faulty_", f"{name}_"): found for table, found in digests.items()}


@pytest.mark.faults
def test_two_trainers_at_once_do_not_mix_in_the_tables_that_one_of_them_makes(
    ground, field, runs, undisturbed
):
    found = runs(("faulty", []), ("faulty", []))
    assert len(set(found)) == 2
    assert [ground.digest(each, field) for each in found] == [undisturbed] * 2


@pytest.mark.faults
def test_five_trainers_of_two_experiments_do_not_mix(ground, field, runs, undisturbed):
    found = runs(*[("faulty", [])] * 3, *[("other", [])] * 2)
    assert len(set(found)) == 5
    expected = [undisturbed] * 3 + [renamed(undisturbed, "other")] * 2
    assert [ground.digest(each, field) for each in found] == expected


@pytest.mark.faults
@pytest.mark.parametrize("times", range(3))
def test_single_and_double_precision_at_once_are_each_exact(ground, field, runs, times):
    expected = [ground.undisturbed(precision="single"), ground.undisturbed()]
    found = runs(("faulty", ["--precision=single"]), ("faulty", []))
    assert [ground.digest(each, field) for each in found] == expected


def test_a_table_that_is_widened_under_a_run_keeps_its_numbers(ground, moments):
    """In single precision they have fewer digits, and a DOUBLE must not keep these."""
    expected = ground.undisturbed(precision="single")
    url = ground.server.new_database()

    def widen() -> None:
        made = engine(url)
        data = ground.dataset.limited(IMAGES)
        with made.connect() as connection:
            prepared(connection, describe(experiment(), data, Settings(limit=IMAGES)), 1)
        made.dispose()

    widening = []
    moments.when("committed", 50, lambda: widening.append(started_thread(widen)))
    run_id = ground.run(url=url, precision="single")
    widening[0].join(60)  # a table appears to have no columns while it is being widened
    assert ground.digest(run_id, url) == expected


def started_thread(action) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    thread.join(1)  # it may have to wait for the other writers
    return thread


@pytest.mark.faults
def test_figures_and_views_that_come_and_go_do_not_disturb_trainers(
    ground, field, runs, undisturbed, tmp_path
):
    runs(("faulty", []))  # something to draw
    over, troubles = threading.Event(), []

    def draw() -> None:
        while not over.is_set():
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "vanishing_gradients",
                    "figures",
                    "--no-png",
                    f"--output={tmp_path}/f",
                ],
                cwd=ROOT,
                env=environment(field, tmp_path),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                troubles.append(done.stderr)

    def migrate() -> None:
        made = engine(field)
        try:
            with made.connect() as connection:
                version = versions_in_force(connection)["training_curves"]
                while not over.is_set():
                    replace_view(connection, "training_curves", version)
                    connection.commit()
        except Exception as error:
            troubles.append(repr(error))
        made.dispose()

    others = [threading.Thread(target=each) for each in (draw, migrate)]
    for each in others:
        each.start()
    try:
        found = runs(("faulty", []), ("faulty", []), ("other", []))
    finally:
        over.set()
        for each in others:
            each.join()
    expected = [undisturbed] * 2 + [renamed(undisturbed, "other")]
    assert [ground.digest(each, field) for each in found] == expected
    assert troubles == []

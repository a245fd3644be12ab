"""A run of a sweep is registered by one process, and taken up by the others."""

import threading

import pytest

from vanishing_gradients.telemetry.errors import RunBusyError, RunFinishedError
from vanishing_gradients.telemetry.resumption import START, standing, take_up


@pytest.fixture
def wanted(describe):
    """Return a function that describes a run that a sweep may have."""
    return lambda name: describe(name, telemetry="statistics")


def test_of_two_who_begin_a_run_at_once_one_registers_it(catalogue, wanted):
    made, busy, start = [], [], threading.Barrier(2)

    def begin() -> None:
        start.wait()
        try:
            made.append(take_up(catalogue, wanted("at_once"))[0])
        except RunBusyError as error:
            busy.append(error)

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (len(made), len(busy)) == (1, 1)
    assert f"Run {made[0].run_id} belongs to another process" in str(busy[0])
    made[0].close()


def test_a_run_that_nobody_has_begun_is_registered(catalogue, wanted):
    assert standing(catalogue, wanted("fresh")) is None
    run, point = take_up(catalogue, wanted("fresh"))
    assert point == START
    found = standing(catalogue, wanted("fresh"))
    assert (found.run_id, found.state) == (run.run_id, "held")
    run.close()


def test_a_run_that_was_stopped_is_taken_up_under_its_number(catalogue, wanted):
    first, _ = take_up(catalogue, wanted("stopped"))
    first.finish("interrupted")
    first.close()
    assert standing(catalogue, wanted("stopped")).state == "stopped"
    again, _ = take_up(catalogue, wanted("stopped"))
    assert again.run_id == first.run_id
    again.close()


def test_a_run_that_is_finished_is_not_taken_up(catalogue, wanted):
    run, _ = take_up(catalogue, wanted("finished"))
    run.finish("finished")
    run.close()
    assert standing(catalogue, wanted("finished")).state == "finished"
    with pytest.raises(RunFinishedError, match=f"^Run {run.run_id} is finished"):
        take_up(catalogue, wanted("finished"))


def test_the_run_of_a_lost_machine_is_free_when_its_lease_has_run_out(catalogue, wanted):
    run, _ = take_up(catalogue, wanted("lost"))
    run.close()
    elsewhere = "UPDATE runs SET lease_owner = 'elsewhere.1.1.1', lease_until = "
    with catalogue.begin() as connection:
        connection.exec_driver_sql(
            f"{elsewhere}UTC_TIMESTAMP(6) + INTERVAL 20 SECOND WHERE run_id = {run.run_id}"
        )
    assert standing(catalogue, wanted("lost")).state == "held"
    with pytest.raises(RunBusyError):
        take_up(catalogue, wanted("lost"))
    with catalogue.begin() as connection:
        connection.exec_driver_sql(f"{elsewhere}UTC_TIMESTAMP(6) WHERE run_id = {run.run_id}")
    assert standing(catalogue, wanted("lost")).state == "stopped"
    again, _ = take_up(catalogue, wanted("lost"))
    assert again.run_id == run.run_id
    again.close()

"""The views over all experiments, against rows computed by hand."""

import math

import pytest

from vanishing_gradients.telemetry.recording import EpochMetrics

FULL, SWEEP = "both", "swept"
GRADIENTS = {
    1: {(1, 1): [[3.0, 4.0], [-5.0, 12.0]], (1, 2): [[6.0, -8.0], [0.0, 0.0]]},
    2: {(1, 1): [[0.0, 14.0], [7.0, 0.0]], (1, 2): [[0.0, 0.0], [0.0, 0.0]]},
    3: {(1, 1): [[0.0, 0.0], [0.0, 0.0]], (1, 2): [[0.0, 0.0], [0.0, 0.0]]},
}


@pytest.fixture(scope="module")
def full(hand):
    """A run with gradient tables."""
    run_id = hand.run(FULL)
    for layer, steps in GRADIENTS.items():
        hand.statistics(run_id, layer, steps)
        for (epoch, step), gradient in steps.items():
            hand.rows(
                run_id, FULL, layer, [(epoch, step, i, *row) for i, row in enumerate(gradient)]
            )
    hand.metrics(
        run_id,
        EpochMetrics(1, 2.0, 0.25, 2.5, 0.2, 0.9, 1.5),
        EpochMetrics(2, 1.0, 0.5, 1.5, 0.4, 0.8, 2.0),
    )
    return run_id


@pytest.fixture(scope="module")
def swept(hand):
    """The same gradients, but kept as statistics only."""
    run_id = hand.run(SWEEP, telemetry="statistics")
    for layer, steps in GRADIENTS.items():
        hand.statistics(run_id, layer, steps)
    return run_id


COLUMNS = "layer, layer_name, norm, gradient_norm, mean, median, below_1em3, below_1em5, non_finite"


@pytest.mark.parametrize("telemetry", ["full", "swept"])
def test_gradient_norms_holds_every_layer(hand, request, telemetry):
    run_id = request.getfixturevalue(telemetry)
    found = hand.select(
        f"SELECT {COLUMNS} FROM gradient_norms WHERE run_id = {run_id} ORDER BY layer"
    )
    near = pytest.approx
    first, second = near((math.sqrt(194) + 10) / 2), near(math.sqrt(245) / 2)
    # Medians of layer 1: step 1 has -5, 3, 4, 12: 3.5; step 2 has -8, 0, 0, 6: 0. Together 1.75.
    # Of layer 2: step 1 has 0, 0, 7, 14: 3.5; step 2: 0.
    assert found == [
        (1, "layer_1_input", near(7), first, near(1.5), near(1.75), 0.25, 0.25, 0),
        (2, "layer_2_sigmoid", near(21 / 4), second, near(21 / 8), near(1.75), 0.75, 0.75, 0),
        (3, "layer_3_softmax", 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0),
    ]


def test_ratios_carry_class_and_both_norms(hand, full):
    found = hand.select(
        "SELECT layer, ratio, class, class_table_6, numerator, denominator "
        "FROM gradient_norm_ratios "
        f"WHERE run_id = {full} ORDER BY layer"
    )
    assert found == [
        (1, pytest.approx(0.75), "stable", "stable", pytest.approx(5.25), pytest.approx(7)),
        (2, 0.0, "vanishing", "vanishing", 0.0, pytest.approx(5.25)),
    ]


@pytest.mark.parametrize(
    ("small", "large", "expected"),
    [
        (1000.0, 1.0, ("vanishing", "vanishing")),
        (999.0, 1.0, ("stable", "stable")),
        (1.0, 5.0, ("stable", "stable")),
        (1.0, 5.5, ("stable", "exploding")),
        (1.0, 1000.0, ("stable", "exploding")),
        (1.0, 1001.0, ("exploding", "exploding")),
        (0.0, 1.0, ("undefined", "undefined")),
        (0.0, 0.0, ("undefined", "undefined")),
    ],
)
def test_classes_change_exactly_at_their_lines(hand, small, large, expected):
    run_id = hand.run("lines")
    hand.rows(run_id, "lines", 1, [(1, 1, 0, small, 0.0)])
    hand.rows(run_id, "lines", 2, [(1, 1, 0, large, 0.0)])
    query = (
        "SELECT class, class_table_6 FROM gradient_norm_ratios "
        f"WHERE run_id = {run_id} AND layer = 1"
    )
    assert hand.select(query) == [expected]


@pytest.mark.parametrize(
    ("norms", "expected"),
    [((3.0, 12.0), (4.0, 0.25)), ((0.0, 3.0), (None, 0.0)), ((3.0, 0.0), (0.0, None)),
     ((0.0, 0.0), (None, None)), ((1e-200, 1e150), (1e300, 0.0)), ((1e150, 1e-200), (0.0, 1e300))],
)  # fmt: skip
def test_the_inverse_ratio_is_of_a_norm_to_the_next_layers(hand, norms, expected):
    run_id = hand.run("inverse")
    for layer, norm in enumerate(norms, start=1):
        hand.rows(run_id, "inverse", layer, [(1, 1, 0, norm, 0.0)])
    query = f"SELECT ratio, inverse_ratio FROM gradient_norm_ratios WHERE run_id = {run_id}"
    found = dict(zip("ri", hand.select(query + " AND layer = 1")[0], strict=True))
    assert found == dict(zip("ri", expected, strict=True))


def test_non_finite_cells_are_counted_beside_the_averages(hand):
    run_id = hand.run("nulls")
    hand.rows(run_id, "nulls", 1, [(1, 1, 0, 3.0, 4.0), (1, 1, 1, None, 1.0)])
    hand.statistics(run_id, 1, {(1, 1): [[3.0, 4.0], [float("inf"), 1.0]]})
    query = f"SELECT norm, mean, non_finite FROM gradient_norms WHERE run_id = {run_id}"
    assert hand.select(query) == [(5.0, 3.5, 1)]


def test_the_median_over_steps_leaves_steps_without_one_out(hand):
    run_id = hand.run("medians", telemetry="statistics")
    nan = float("nan")
    hand.statistics(
        run_id,
        1,
        {(1, 1): [[1.0, 1.0]], (1, 2): [[nan, nan]], (1, 3): [[4.0, 4.0]], (1, 4): [[9.0, 9.0]]},
    )
    assert hand.select(f"SELECT median FROM gradient_norms WHERE run_id = {run_id}") == [(4.0,)]


def test_training_curves_hold_every_epoch(hand, full):
    found = hand.select(
        "SELECT experiment, seed, dataset, epoch, loss, accuracy, "
        "test_loss, test_accuracy, "
        f"learning_rate, seconds FROM training_curves WHERE run_id = {full} ORDER BY epoch"
    )
    assert found == [
        (FULL, 3, "sample", 1, 2.0, 0.25, 2.5, 0.2, 0.9, 1.5),
        (FULL, 3, "sample", 2, 1.0, 0.5, 1.5, 0.4, 0.8, 2.0),
    ]


def test_experiment_summary_is_one_row_a_run_with_the_last_epochs_figures(hand, full):
    found = hand.select(
        "SELECT experiment, record_every, training_images, completed_epoch, accuracy, loss, "
        "test_accuracy, test_loss, seconds "
        f"FROM experiment_summary WHERE run_id = {full}"
    )
    assert found == [(FULL, 1, 128, 2, 0.5, 1.0, 0.4, 1.5, 3.5)]


def test_a_run_without_an_epoch_is_in_the_summary(hand, swept):
    query = f"SELECT accuracy, gradient_rows FROM experiment_summary WHERE run_id = {swept}"
    assert hand.select(query) == [(None, 0)]


def test_runs_under_way_are_those_that_say_so_with_what_they_told(hand):
    told, silent, ended = (hand.run(name) for name in ("told_of", "silent", "ended"))
    pulse = f"({told}, 2, 7, 469, 0.5, NULL, 40, 12, '2026-01-01 12:00:00.250')"
    with hand.engine.begin() as connection:
        for statement in (
            f"UPDATE runs SET status = 'running' WHERE run_id IN ({told}, {silent})",
            f"UPDATE runs SET status = 'finished' WHERE run_id = {ended}",
            f"UPDATE runs SET completed_epoch = 1, lease_until = '2999-01-01' "
            f"WHERE run_id = {told}",
            f"INSERT INTO run_pulse VALUES {pulse}",
        ):
            connection.exec_driver_sql(statement)
    found = hand.select(
        "SELECT run_id, experiment, epochs, completed_epoch, epoch, step, steps, loss, accuracy, "
        "steps_per_second, waiting_rows, MICROSECOND(updated_at), held FROM runs_under_way "
        f"WHERE run_id IN ({told}, {silent}, {ended}) ORDER BY run_id"
    )
    assert found == [
        (told, "told_of", 2, 1, 2, 7, 469, 0.5, None, 40.0, 12, 250_000, 1),
        (silent, "silent", 2, 0, *[None] * 8, 0),
    ]


@pytest.mark.not_on_oceanbase("there, a view has the rights of whoever made it")
def test_every_view_runs_with_the_rights_of_whoever_asks(hand, full):
    found = hand.select(
        "SELECT table_name, security_type FROM information_schema.views "
        "WHERE table_schema = DATABASE()"
    )
    assert len(found) > 30
    assert {security for _, security in found} == {"INVOKER"}


def test_the_reader_may_select_from_every_view(hand, full, module_database, server_url):
    from vanishing_gradients.server.given_server import connected
    from vanishing_gradients.sql import accounts, address
    from vanishing_gradients.sql.connection import engine

    name, password = "reader_of_views", accounts.new_password()
    with connected(address.without_database(server_url)) as session:
        for statement in accounts.reader(name, password, module_database.database):
            session.cursor().execute(statement)
    reader = engine(module_database.set(username=name, password=password))
    try:
        with reader.connect() as connection:
            for (view,) in hand.select(
                "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE()"
            ):
                connection.exec_driver_sql(f"SELECT * FROM {view}").all()
    finally:
        reader.dispose()
        with connected(address.without_database(server_url)) as session:
            session.cursor().execute(f"DROP USER '{name}'@'%'")

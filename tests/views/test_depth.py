"""A network of fifty hidden layers: all its tables and views, and queries of them.

MySQL allows 61 tables in a join, and MariaDB's stack is small: a hundred layers may hit neither.
"""

import numpy as np
import pytest
from sqlalchemy import Engine, event, inspect, update

from tests.views.conftest import Hand
from vanishing_gradients.sql.catalogue import runs
from vanishing_gradients.sql.objects import definition
from vanishing_gradients.sql.registry import versions_in_force
from vanishing_gradients.telemetry.removal import removable_run, remove
from vanishing_gradients.telemetry.runs import RunLayer

EXP, WIDTH, EPOCHS, STEPS, ROWS = "deep", 3, 2, 2, 2
HIDDEN = 50


def network() -> tuple[RunLayer, ...]:
    kinds = [("input", "dense"), ("relu", "relu"), *[("hidden", "dense"), ("relu", "relu")] * 49]
    kinds += [("hidden", "dense"), ("softmax", "softmax")]
    return tuple(
        RunLayer(
            number,
            f"layer_{number}_{name}",
            kind,
            ROWS,
            WIDTH,
            "input" if kind == "dense" else "sample",
        )
        for number, (name, kind) in enumerate(kinds, start=1)
    )


LAYERS = network()


def gradients() -> np.ndarray:
    """Return gradients of shape (layers, epochs, steps, rows, width) that vanish backwards."""
    generator = np.random.default_rng(50)
    scale = 0.7 ** np.arange(len(LAYERS), 0, -1).reshape(-1, 1, 1, 1, 1)
    return scale * generator.normal(size=(len(LAYERS), EPOCHS, STEPS, ROWS, WIDTH))


def inserted(hand: Hand, run_id: int) -> None:
    """Insert every gradient into its table, and the statistics of every step."""
    for layer, found in zip(LAYERS, gradients(), strict=True):
        rows = [
            (run_id, epoch + 1, step + 1, row, *found[epoch, step, row].tolist())
            for epoch, step, row in np.ndindex(found.shape[:3])
        ]
        with hand.engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO {EXP}_{layer.layer_name} "
                "(run_id, Epoch, Step, RowIndex, Gradient1, Gradient2, Gradient3) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                rows,
            )
        steps = {
            (epoch + 1, step + 1): found[epoch, step] for epoch, step in np.ndindex(found.shape[:2])
        }
        hand.statistics(run_id, layer.layer, steps)


@pytest.fixture(scope="module")
def run(hand):
    run_id = hand.run(EXP, layers=LAYERS)
    inserted(hand, run_id)
    return run_id


def norms() -> np.ndarray:
    """Return mean row norms of shape (layers, epochs)."""
    return np.sqrt((gradients() ** 2).sum(axis=4)).mean(axis=(2, 3))


def column(hand, query: str) -> np.ndarray:
    return np.array([row[0] for row in hand.select(query)], float)


def test_norms_of_all_layers_are_united(hand, run):
    query = f"SELECT norm FROM gradient_norms WHERE run_id = {run} ORDER BY layer, epoch"
    np.testing.assert_allclose(column(hand, query), norms().reshape(-1), rtol=1e-12)


def test_every_layer_has_a_ratio_to_the_next(hand, run):
    found = column(
        hand, f"SELECT ratio FROM gradient_norm_ratios WHERE run_id = {run} ORDER BY layer, epoch"
    )
    np.testing.assert_allclose(found, (norms()[1:] / norms()[:-1]).reshape(-1), rtol=1e-12)


def test_every_dense_layer_has_a_ratio_to_the_next(hand, run):
    query = f"SELECT ratio FROM dense_norm_ratios WHERE run_id = {run} ORDER BY layer, epoch"
    dense = norms()[::2]
    np.testing.assert_allclose(
        column(hand, query), (dense[1:] / dense[:-1]).reshape(-1), rtol=1e-12
    )


@pytest.mark.parametrize("view", ["epoch_means", "step_norms", "layer_sizes", "expected_rows"])
def test_the_other_views_have_all_layers(hand, run, view):
    found = hand.select(f"SELECT DISTINCT layer FROM {view} WHERE run_id = {run} ORDER BY layer")
    assert found == [(layer.layer,) for layer in LAYERS]


def test_the_last_layer_has_the_views_of_the_first(hand, run):
    names = inspect(hand.engine).get_view_names()
    of_layer = {
        number: {name.removeprefix(f"{EXP}_layer_{number}_") for name in names
                 if name.startswith(f"{EXP}_layer_{number}_")}
        for number in (1, 101, 102)
    }  # fmt: skip
    assert of_layer[1] == of_layer[101] == of_layer[102] | {"noise_scale"}


def test_a_second_run_registers_with_few_statements(hand, run, server_brand):
    """Not one per existing view, nor a new definition of any."""
    statements: list[str] = []

    def notice(connection, cursor, statement, *rest) -> None:
        statements.append(statement)

    event.listen(hand.engine, "before_cursor_execute", notice)
    hand.run(EXP, layers=LAYERS)
    event.remove(hand.engine, "before_cursor_execute", notice)
    assert not [each for each in statements if each.startswith("CREATE")]
    assert len(statements) < (3 + server_brand.partitions) * len(LAYERS)


def test_the_last_run_takes_all_tables_and_views_along(hand, run):
    def left(engine: Engine) -> list[str]:
        found = inspect(engine)
        names = [*found.get_table_names(), *found.get_view_names()]
        return [name for name in names if name.startswith(f"{EXP}_")]

    with hand.engine.connect() as connection:
        in_force = versions_in_force(connection).items()
    of_layers = [
        name for name, version in in_force if definition("views", name, version).of_experiment
    ]
    assert len(left(hand.engine)) > len(LAYERS) * (len(of_layers) - 2)
    with hand.engine.begin() as connection:
        connection.execute(update(runs).values(status="finished"))
    for (run_id,) in hand.select("SELECT run_id FROM runs"):
        with removable_run(hand.engine, run_id) as found:
            remove(hand.engine, found, lambda line: None)
    assert left(hand.engine) == []
    assert hand.select("SELECT COUNT(*) FROM gradient_norms") == [(0,)]

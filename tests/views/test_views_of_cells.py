"""Neurons, decades and noise of one layer against NumPy, from cells of every kind."""

import numpy as np
import pytest

from vanishing_gradients.sql.cells import gradient_columns
from vanishing_gradients.telemetry.runs import RunLayer

EXP, BATCH = "celled", 64
WIDTHS = {1: 1, 2: 3, 3: 128, 4: 300, 5: 800, 6: 2}
LAYERS = tuple(
    RunLayer(
        number, f"layer_{number}_{'input' if number == 1 else 'hidden'}", "dense", 4, width, "input"
    )
    for number, width in WIDTHS.items()
)
EPOCHS, STEPS, ROWS = 2, 3, 4
DECADES = [None, *range(-18, 3)]


def drawn(width: int) -> np.ndarray:
    """Return gradients of shape (epochs, steps, rows, width); zeros, powers of ten, and one row
    with a cell that is not finite are among them."""
    generator = np.random.default_rng(width)
    shape = (EPOCHS, STEPS, ROWS, width)
    found = generator.normal(size=shape) * 10.0 ** generator.uniform(-22, 5, shape)
    powers = 10.0 ** generator.integers(-20, 5, shape)
    found = np.where(generator.random(shape) < 0.3, powers, found)
    found = np.where(generator.random(shape) < 0.2, 0.0, found)
    found[0, 0, 0, 0] = np.nan
    return found


def insert(hand, run_id: int, experiment: str, layer: RunLayer, gradients: np.ndarray) -> None:
    """Insert gradients of shape (epochs, steps, rows, width)."""
    columns = ("run_id", "Epoch", "Step", "RowIndex", *gradient_columns(layer.width))
    table = f"{experiment}_{layer.layer_name}"
    holders = ", ".join(["%s"] * len(columns))
    rows = [
        (run_id, epoch + 1, step + 1, row,
         *(None if np.isnan(cell) else cell for cell in gradients[epoch, step, row].tolist()))
        for epoch, step, row in np.ndindex(gradients.shape[:3])
    ]  # fmt: skip
    with hand.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holders})", rows
        )


@pytest.fixture(scope="module")
def run(hand):
    run_id = hand.run(EXP, layers=LAYERS, config={"batch_size": BATCH}, training_images=192)
    for layer in LAYERS:
        insert(hand, run_id, EXP, layer, drawn(layer.width))
    return run_id


def asked(hand, run_id: int, layer: int, view: str, columns: str, order: str, more="") -> list:
    return hand.select(
        f"SELECT {columns} FROM {EXP}_layer_{layer}_{view} WHERE run_id = {run_id} {more} "
        f"ORDER BY {order}"
    )


def finite(gradients: np.ndarray) -> np.ndarray:
    """Return the rows of (..., rows, width) whose cells are all finite, (n, width)."""
    rows = gradients.reshape(-1, gradients.shape[-1])
    return rows[np.isfinite(rows).all(axis=1)]


@pytest.mark.parametrize("layer", WIDTHS)
def test_distributions_agree_with_numpy(hand, run, layer):
    gradients = drawn(WIDTHS[layer])
    edges = [0.0, 5e-324, *(float(f"1e{decade}") for decade in DECADES[2:]), np.inf]
    for epoch, step in np.ndindex(EPOCHS, STEPS):
        found = asked(
            hand, run, layer, "distribution", "decade, cells", "decade",
            f"AND Epoch = {epoch + 1} AND Step = {step + 1}",
        )  # fmt: skip
        values = abs(gradients[epoch, step])
        expected, _ = np.histogram(values[np.isfinite(values)], edges)
        assert [decade for decade, _ in found] == DECADES
        assert [int(cells) for _, cells in found] == expected.tolist()


@pytest.mark.parametrize("layer", WIDTHS)
def test_noise_scales_agree_with_numpy(hand, run, layer):
    gradients = drawn(WIDTHS[layer])[1]  # (steps, rows, width), all finite
    ((steps, mean_square, square_of_mean, scale),) = asked(
        hand, run, layer, "noise_scale", "steps, mean_square, square_of_mean, noise_scale", "Epoch",
        "AND Epoch = 2",
    )  # fmt: skip
    small = (gradients**2).sum(axis=(1, 2)).mean()
    big = (gradients.mean(axis=0) ** 2).sum()
    expected = (BATCH * STEPS * big - BATCH * small) / (BATCH * STEPS - BATCH)
    variance = (small - big) / (1 / BATCH - 1 / (BATCH * STEPS))
    assert steps == STEPS
    assert (mean_square, square_of_mean) == pytest.approx((small, big), rel=1e-12)
    assert scale == (
        pytest.approx(variance / expected, rel=1e-9) if expected > 1e-9 * small else None
    )


def noise(hand, run_id: int, epoch: int) -> tuple:
    columns = "steps, mean_square, square_of_mean, noise_scale"
    (found,) = asked(hand, run_id, 6, "noise_scale", columns, "Epoch", f"AND Epoch = {epoch}")
    return found


@pytest.fixture(scope="module")
def noisy(hand):
    """A run whose layer 6 has, epoch by epoch: steps that agree, steps with noise, opposite steps,
    a single step, steps of which one row is not finite, and none that is."""
    run_id = hand.run(EXP, layers=LAYERS, config={"batch_size": BATCH}, training_images=192)
    epochs = [
        [[3.0, 4.0], [3.0, 4.0]],
        [[2.0, 0.0], [4.0, 0.0]],
        [[1.0, 0.0], [-1.0, 0.0]],
        [[3.0, 4.0]],
        [[2.0, 0.0], [np.nan, 9.0], [4.0, 0.0]],
        [[np.nan, 1.0]],
    ]
    for epoch, steps in enumerate(epochs, start=1):
        for step, cells in enumerate(steps, start=1):
            shown = ", ".join("NULL" if np.isnan(cell) else repr(cell) for cell in cells)
            with hand.engine.begin() as connection:
                connection.exec_driver_sql(
                    f"INSERT INTO {EXP}_layer_6_hidden "
                    "(run_id, Epoch, Step, RowIndex, Gradient1, Gradient2) "
                    f"VALUES ({run_id}, {epoch}, {step}, 0, {shown})"
                )
    return run_id


def test_steps_that_agree_have_no_noise(hand, noisy):
    assert noise(hand, noisy, 1) == (2, 25.0, 25.0, 0.0)


def test_the_noise_scale_is_in_samples(hand, noisy):
    # |g|^2 of a batch: 10, of the mean: 9; without bias, tr(Sigma) = 64 * 2 and |G|^2 = 8.
    assert noise(hand, noisy, 2) == (2, 10.0, 9.0, 64 * 2 / 8)


def test_noise_without_a_common_gradient_has_no_scale(hand, noisy):
    assert noise(hand, noisy, 3) == (2, 1.0, 0.0, None)


def test_a_single_step_tells_nothing_of_noise(hand, noisy):
    assert noise(hand, noisy, 4) == (1, 25.0, 25.0, None)


def test_a_row_that_is_not_finite_is_left_out_of_noise(hand, noisy):
    assert noise(hand, noisy, 5) == (2, 10.0, 9.0, 64 * 2 / 8)


def test_an_epoch_without_a_finite_row_has_neither_noise_nor_gradient(hand, noisy):
    assert noise(hand, noisy, 6) == (0, None, None, None)


def test_a_cell_beside_one_that_is_not_finite_is_in_its_decade(hand, noisy):
    found = asked(
        hand, noisy, 6, "distribution", "decade, cells", "decade", "AND Epoch = 6 AND cells > 0"
    )
    assert found == [(0, 1)]


@pytest.mark.parametrize("value", [5e-324, 1e-19, 9.999999999999999e-18, 99.99999999999999, 1e150])
def test_a_decade_has_its_lower_edge_and_the_outermost_take_the_rest(hand, value):
    run_id = hand.run("edge")
    hand.rows(run_id, "edge", 1, [(1, 1, 0, value, -value)])
    expected = -18 if value < 1e-17 else 1 if value < 100 else 2
    assert hand.select(
        f"SELECT decade, cells FROM edge_layer_1_distribution WHERE run_id = {run_id} AND cells > 0"
    ) == [(expected, 2)]


def test_a_full_row_of_one_decade_is_counted_in_full(hand):
    """Eight bits of a number can count a row of at most 255 cells."""
    wide = tuple(
        RunLayer(n, f"layer_{n}_hidden", "dense", 1, w, "input") for n, w in ((1, 255), (2, 256))
    )
    run_id = hand.run("full", layers=wide)
    for layer in wide:
        for epoch, value in enumerate([0.0, 1e-18, 1e-11, 1e-10, 1e-4, 1e-3, 100.0], start=1):
            fill(hand, run_id, layer, epoch, value)
        found = hand.select(
            f"SELECT cells FROM full_layer_{layer.layer}_distribution "
            f"WHERE run_id = {run_id} AND cells > 0 ORDER BY Epoch"
        )
        assert found == [(layer.width,)] * 7


def fill(hand, run_id: int, layer: RunLayer, epoch: int, value: float) -> None:
    columns = ", ".join(gradient_columns(layer.width))
    cells = ", ".join([repr(value)] * layer.width)
    with hand.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO full_{layer.layer_name} (run_id, Epoch, Step, RowIndex, {columns}) "
            f"VALUES ({run_id}, {epoch}, 1, 0, {cells})"
        )


def test_cells_in_single_precision_are_counted_as_stored(hand):
    run_id = hand.run("halved", precision="single")
    hand.rows(run_id, "halved", 1, [(1, 1, 0, 0.001, 0.25), (1, 2, 0, 1e-40, 0.0)])
    found = hand.select(
        f"SELECT decade, SUM(cells) FROM halved_layer_1_distribution WHERE run_id = {run_id} "
        "AND cells > 0 GROUP BY decade ORDER BY decade"
    )
    # 0.001 is stored as 0.001000000047..., 1e-40 as a subnormal number.
    assert found == [(None, 1), (-18, 1), (-3, 1), (-1, 1)]


def test_only_layers_with_weights_have_a_noise_scale(hand):
    kinds = {"input": "dense", "hidden": "dense"}
    names = ("input", "relu", "hidden", "batch_normalization", "projection", "residual", "softmax")
    layers = tuple(
        RunLayer(
            number,
            f"layer_{number}_{name}",
            kinds.get(name, name),
            2,
            2,
            "input" if name in (*kinds, "projection") else "sample",
        )
        for number, name in enumerate(names, start=1)
    )
    hand.run("kinds", layers=layers)
    found = hand.select(
        "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() "
        "AND table_name LIKE 'kinds\\_%%noise\\_scale' ORDER BY table_name"
    )
    assert found == [(f"kinds_layer_{number}_noise_scale",) for number in (1, 3, 5)]

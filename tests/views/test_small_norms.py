"""Gradients whose squares no double holds, in views, against NumPy's long double."""

import numpy as np
import pytest

EXP = "faint"
EPOCHS, STEPS, ROWS = 2, 4, 5
LONG = np.longdouble


@pytest.fixture(scope="module")
def faint(hand):
    """(run id, gradients of shape (layers, epochs, steps, rows, 2)), layer by layer larger.

    In the first layer all squares underflow; in the second those of one step, and of some rows of
    the others; in the third none.
    """
    generator = np.random.default_rng(5)
    gradients = generator.normal(size=(3, EPOCHS, STEPS, ROWS, 2))
    gradients += 0.5  # a common part, so that there is a noise scale
    scale = np.array([1e-200, 1.0, 1e5])[:, None, None, None, None] * np.ones_like(gradients)
    scale[0, 1] = 1e-310
    scale[1, :, 0] = 1e-170
    scale[1, :, 1, 2:] = 1e-155
    gradients *= scale
    gradients[0, 0, 3, 1] = 0.0
    run_id = hand.run(EXP)
    for layer in range(3):
        hand.rows(run_id, EXP, layer + 1, [
            (epoch + 1, step + 1, row, *map(float, gradients[layer, epoch, step, row]))
            for epoch in range(EPOCHS) for step in range(STEPS) for row in range(ROWS)
        ])  # fmt: skip
        hand.statistics(run_id, layer + 1, {
            (e + 1, s + 1): gradients[layer, e, s] for e in range(EPOCHS) for s in range(STEPS)
        })  # fmt: skip
    return run_id, gradients


def norms(gradients: np.ndarray, *axes: int) -> np.ndarray:
    return np.sqrt((gradients.astype(LONG) ** 2).sum(axis=axes))


def same(found: list[tuple], expected: np.ndarray, rtol: float = 1e-12) -> None:
    values = np.array(found, float)
    assert (expected > 0).all()
    np.testing.assert_allclose(values, expected.astype(float), rtol=rtol, atol=1e-322)


def test_the_mean_row_norm_is_right(hand, faint):
    run_id, gradients = faint
    found = hand.select(
        f"SELECT norm FROM gradient_norms WHERE run_id = {run_id} ORDER BY layer, epoch"
    )
    same(found, norms(gradients, 4).mean(axis=(2, 3)).reshape(-1, 1))


def test_the_mean_gradient_norm_is_right_in_all_views(hand, faint):
    run_id, gradients = faint
    expected = norms(gradients, 3, 4).mean(axis=2).reshape(-1, 1)
    for view in ("gradient_norms", "epoch_means"):
        same(
            hand.select(
                f"SELECT gradient_norm FROM {view} WHERE run_id = {run_id} ORDER BY layer, epoch"
            ),
            expected,
        )
    parts = [
        hand.select(
            f"SELECT norm FROM {EXP}_layer_{layer}_gradient_norm_avg "
            f"WHERE run_id = {run_id} ORDER BY Epoch"
        )
        for layer in (1, 2, 3)
    ]
    same([row for part in parts for row in part], expected)


def test_the_deviation_of_small_norms_is_right(hand, faint):
    run_id, gradients = faint
    found = hand.select(
        f"SELECT std, min, max FROM step_norms WHERE run_id = {run_id} ORDER BY layer, epoch"
    )
    steps = norms(gradients, 3, 4)
    expected = [steps.std(axis=2, ddof=1), steps.min(axis=2), steps.max(axis=2)]
    same(found, np.stack(expected, axis=-1).reshape(-1, 3))


def test_a_step_without_any_gradient_has_the_norm_0(hand):
    run_id = hand.run("silent")
    hand.rows(run_id, "silent", 1, [(1, 1, 0, 0.0, 0.0), (1, 1, 1, -0.0, 0.0)])
    columns = "norm, gradient_norm"
    found = hand.select(f"SELECT {columns} FROM gradient_norms WHERE run_id = {run_id}")
    assert found == [(0.0, 0.0)]


def test_the_noise_scale_is_that_of_the_gradients_enlarged(hand):
    gradients = (np.random.default_rng(3).normal(size=(STEPS, ROWS, 2)) + 3.0) * 1e-200
    enlarged = hand.run("enlarged", config={"batch_size": 32})
    small = hand.run("reduced", config={"batch_size": 32})
    for run, name, factor in ((enlarged, "enlarged", 1e200), (small, "reduced", 1.0)):
        hand.rows(run, name, 1, [
            (1, step + 1, row, *map(float, gradients[step, row] * factor))
            for step in range(STEPS) for row in range(ROWS)
        ])  # fmt: skip
    asked = "SELECT noise_scale FROM {}_layer_1_noise_scale"
    (expected,), (found,) = (hand.select(asked.format(name)) for name in ("enlarged", "reduced"))
    assert found == pytest.approx(expected, rel=1e-9)
    assert found[0] > 0


def test_squares_that_no_double_holds_are_null_beside_the_noise_scale(hand, faint):
    run_id, _ = faint
    query = f"SELECT mean_square, square_of_mean FROM {EXP}_layer_1_noise_scale"
    assert hand.select(f"{query} WHERE run_id = {run_id}") == [(None, None)] * EPOCHS


def test_a_ratio_beyond_all_doubles_is_exploding_in_every_view(hand):
    run_id = hand.run("beyond")
    for layer, cell in ((1, 1e-200), (2, 1e-5), (3, 1e149)):
        hand.rows(run_id, "beyond", layer, [(1, 1, 0, cell, 0.0)])
        hand.statistics(run_id, layer, {(1, 1): [[cell, 0.0]]})
    found = hand.select(
        f"SELECT ratio, class FROM gradient_norm_ratios WHERE run_id = {run_id} ORDER BY layer"
    )
    assert found == [(pytest.approx(1e195), "exploding"), (pytest.approx(1e154), "exploding")]
    hand.rows(run_id, "beyond", 1, [(2, 1, 0, 1e-300, 0.0)])
    hand.rows(run_id, "beyond", 2, [(2, 1, 0, 1e100, 0.0)])
    query = f"SELECT ratio_2_1 FROM beyond_ratio_2_1_avg WHERE run_id = {run_id} AND Epoch = 2"
    assert hand.select(query) == [(pytest.approx(1e300),)]
    query = f"SELECT ratio, class FROM gradient_norm_ratios WHERE run_id = {run_id} AND epoch = 2"
    assert hand.select(f"{query} AND layer = 1") == [(pytest.approx(1e300), "exploding")]

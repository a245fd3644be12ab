"""The views against NumPy, on random rows: an independent computation of every column."""

import numpy as np
import pytest

EXP = "randomly"
EPOCHS, STEPS, ROWS = 2, 5, 4


@pytest.fixture(scope="module")
def drawn(hand):
    """(run id, gradients of shape (layers, epochs, steps, rows, 2))."""
    generator = np.random.default_rng(11)
    shape = (3, EPOCHS, STEPS, ROWS, 2)
    gradients = generator.normal(size=shape) * 10.0 ** generator.uniform(-9, 2, shape)
    run_id = hand.run(EXP)
    for layer in range(3):
        rows = [
            (epoch + 1, step + 1, row, *map(float, gradients[layer, epoch, step, row]))
            for epoch in range(EPOCHS) for step in range(STEPS) for row in range(ROWS)
        ]  # fmt: skip
        hand.rows(run_id, EXP, layer + 1, rows)
        steps = {
            (e + 1, s + 1): gradients[layer, e, s] for e in range(EPOCHS) for s in range(STEPS)
        }
        hand.statistics(run_id, layer + 1, steps)
    return run_id, gradients


def view(hand, columns: str, source: str, order: str) -> np.ndarray:
    return np.array(hand.select(f"SELECT {columns} FROM {source} ORDER BY {order}"), float)


def test_gradient_norms_agrees_with_numpy(hand, drawn):
    run_id, gradients = drawn
    columns = "norm, gradient_norm, mean, median, below_1em3, below_1em5"
    found = view(hand, columns, f"gradient_norms WHERE run_id = {run_id}", "layer, epoch")
    row_norms = np.sqrt((gradients**2).sum(axis=4))
    expected = np.stack([
        row_norms.mean(axis=(2, 3)),
        np.sqrt((gradients**2).sum(axis=(3, 4))).mean(axis=2),
        gradients.mean(axis=(2, 3, 4)),
        np.median(np.median(gradients.reshape(3, EPOCHS, STEPS, -1), axis=3), axis=2),
        (abs(gradients) < 1e-3).mean(axis=(2, 3, 4)),
        (abs(gradients) < 1e-5).mean(axis=(2, 3, 4)),
    ], axis=-1)  # fmt: skip
    np.testing.assert_allclose(found, expected.reshape(-1, 6), rtol=1e-12)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_views_per_layer_agree_with_gradient_norms(hand, drawn, layer):
    run_id, _ = drawn
    overall = view(
        hand,
        "norm, gradient_norm, mean",
        f"gradient_norms WHERE run_id = {run_id} AND layer = {layer}",
        "epoch",
    )
    views = (("norm", "norm_avg"), ("norm", "gradient_norm_avg"), ("mean", "mean_avg"))
    for position, (column, suffix) in enumerate(views):
        own = view(hand, column, f"{EXP}_layer_{layer}_{suffix} WHERE run_id = {run_id}", "Epoch")
        np.testing.assert_allclose(own[:, 0], overall[:, position], rtol=1e-12)


def test_the_ratio_views_agree_with_gradient_norm_ratios(hand, drawn):
    run_id, _ = drawn
    for layer in (1, 2):
        overall = view(
            hand,
            "ratio",
            f"gradient_norm_ratios WHERE run_id = {run_id} AND layer = {layer}",
            "epoch",
        )
        own = view(
            hand,
            f"ratio_{layer + 1}_{layer}",
            f"{EXP}_ratio_{layer + 1}_{layer}_avg WHERE run_id = {run_id}",
            "Epoch",
        )
        np.testing.assert_allclose(own, overall, rtol=1e-13)

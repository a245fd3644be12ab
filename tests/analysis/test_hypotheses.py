"""The contrasts of H0 and of the research questions, on hand-made norms."""

import numpy as np
import pandas as pd
import pytest

from vanishing_gradients.analysis.hypotheses import CONTRASTS, effects
from vanishing_gradients.analysis.statistics import NOT_REJECTED, REJECTED, TOO_FEW

LEVELS = {"sigmoid_sgd": -6.0, "relu_sgd": -9.0, "sigmoid_adam": -4.0, "relu_adam": -2.0}


def norms(level: float, seeds: int = 9, epochs: int = 2) -> pd.DataFrame:
    """Return norms near 10**level in three layers, different in every seed."""
    return pd.DataFrame(
        [
            (seed, layer, epoch, 10 ** (level + 0.01 * (seed * layer % 7)))
            for seed in range(1, seeds + 1)
            for layer in (1, 2, 3)
            for epoch in range(1, epochs + 1)
        ],
        columns=["seed", "layer", "epoch", "norm"],
    )


def all_norms() -> dict[str, pd.DataFrame]:
    return {name: norms(level) for name, level in LEVELS.items()}


def with_sgd(relu_sgd: pd.DataFrame):
    """Return the effect of the activation with SGD, for these norms of ReLU."""
    (effect,) = effects({"sigmoid_sgd": norms(LEVELS["sigmoid_sgd"]), "relu_sgd": relu_sgd})
    return effect


def by_name(found) -> dict:
    return {effect.contrast.name: effect for effect in found}


@pytest.fixture(scope="module")
def found():
    return effects(all_norms())


def test_every_contrast_is_tested(found):
    assert [effect.contrast for effect in found] == list(CONTRASTS)


@pytest.mark.parametrize(
    ("contrast", "decades"),
    [
        ("activation_sgd", -3), ("activation_adam", 2), ("optimizer_sigmoid", 2),
        ("optimizer_relu", 7), ("interaction", 5),
    ],
)  # fmt: skip
def test_differences_are_in_decades(found, contrast, decades):
    effect = by_name(found)[contrast]
    assert effect.overall.difference == pytest.approx(decades)
    assert [layer.difference for layer in effect.layers] == pytest.approx([decades] * 3)


def test_overall_tests_are_corrected_among_each_other(found):
    """Five of them, of nine seeds: 5 x 2 / 2^9."""
    for effect in found:
        assert effect.overall.adjusted == pytest.approx(5 * 2 / 2**9)
        assert effect.overall.conclusion == REJECTED


def test_layers_are_corrected_within_their_contrast(found):
    for effect in found:
        assert [layer.adjusted for layer in effect.layers] == pytest.approx([3 * 2 / 2**9] * 3)


def test_groups_that_do_not_differ_are_not_rejected():
    same = norms(-6.0).assign(norm=lambda rows: rows["norm"] * (1 + 0.1 * (-1) ** rows["seed"]))
    assert with_sgd(same).overall.conclusion == NOT_REJECTED


def test_an_experiment_that_is_missing_takes_its_contrasts_with_it():
    found = all_norms()
    del found["relu_adam"]
    assert set(by_name(effects(found))) == {"activation_sgd", "optimizer_sigmoid"}


def test_of_one_experiment_there_is_nothing_to_compare():
    assert effects({"relu_sgd": norms(-9.0)}) == []


def test_without_a_common_seed_there_is_nothing_to_compare():
    others = norms(-9.0).assign(seed=lambda rows: rows["seed"] + 100)
    assert effects({"sigmoid_sgd": norms(-6.0), "relu_sgd": others}) == []


def test_few_seeds_say_that_they_are_few():
    found = effects({name: norms(level, seeds=3) for name, level in LEVELS.items()})
    assert {effect.overall.conclusion for effect in found} == {TOO_FEW}


def test_norms_that_are_zero_count_as_the_smallest_positive_one():
    dead = norms(-9.0)
    dead.loc[dead["layer"] == 1, "norm"] = 0.0
    effect = with_sgd(dead)
    assert effect.zeros == 9
    assert effect.layers[0].difference == pytest.approx(-3, abs=0.1)


def test_a_norm_that_was_not_finite_takes_its_seed_out_of_the_layer():
    burst = norms(-9.0)
    burst.loc[(burst["layer"] == 2) & (burst["seed"] == 4) & (burst["epoch"] == 2), "norm"] = np.nan
    effect = with_sgd(burst)
    assert [layer.seeds for layer in effect.layers] == [9, 8, 9]
    assert effect.overall.seeds == 8


def test_norms_that_were_never_finite_reject_nothing():
    burst = norms(-9.0).assign(norm=np.nan)
    effect = with_sgd(burst)
    assert effect.overall.conclusion == TOO_FEW

"""Every optimizer against its formula written out, and at the formulas' edges."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.network import textbook_optimizers as textbook
from tests.network.walks import STEPS, drawn, walked
from vanishing_gradients.trainer.network.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamInRoot,
    AdamW,
    AMSGrad,
    RMSProp,
)
from vanishing_gradients.trainer.network.schedules import Cosine, InverseTime, WarmUp

BETAS = (0.8, 0.95)
ADAMS = {"epsilon": 1e-3, "beta_1": 0.8, "beta_2": 0.95}
# An optimizer, created with a rate, and its formula, created with rates.
PAIRS = {
    "sgd": (SGD, textbook.sgd),
    "momentum": (partial(SGD, momentum=0.9), partial(textbook.sgd, mu=0.9)),
    "nesterov": (
        partial(SGD, momentum=0.9, nesterov=True),
        partial(textbook.nesterov, mu=0.9),
    ),
    "adagrad": (partial(Adagrad, epsilon=1e-3), partial(textbook.adagrad, epsilon=1e-3)),
    "rmsprop": (
        partial(RMSProp, epsilon=1e-3, rho=0.8),
        partial(textbook.rmsprop, epsilon=1e-3, rho=0.8),
    ),
    "adadelta": (
        partial(Adadelta, epsilon=1e-3, rho=0.8),
        partial(textbook.adadelta, epsilon=1e-3, rho=0.8),
    ),
    "adam": (partial(Adam, **ADAMS), partial(textbook.adam, epsilon=1e-3, betas=BETAS)),
    "adam_in_root": (
        partial(AdamInRoot, **ADAMS),
        partial(textbook.adam, epsilon=1e-3, betas=BETAS, in_root=True),
    ),
    "adamw": (
        partial(AdamW, **ADAMS, weight_decay=0.3),
        partial(textbook.adam, epsilon=1e-3, betas=BETAS, weight_decay=0.3),
    ),
    "amsgrad": (
        partial(AMSGrad, **ADAMS),
        partial(textbook.adam, epsilon=1e-3, betas=BETAS, amsgrad=True),
    ),
    "adamax": (partial(Adamax, **ADAMS), partial(textbook.adamax, epsilon=1e-3, betas=BETAS)),
}
ROOTS = [Adagrad, RMSProp, Adadelta, Adam, AdamW, AMSGrad]
each_pair = pytest.mark.parametrize(("make", "formula"), PAIRS.values(), ids=PAIRS)
each_make = pytest.mark.parametrize("make", [make for make, _ in PAIRS.values()], ids=PAIRS)


@each_pair
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_an_optimizer_walks_as_its_formula_says(make, formula, decay):
    start, gradients = drawn()
    rates = [0.05 / (1 + decay * k) for k in range(STEPS)]
    path = walked(make(0.05, decay=decay), start, gradients)
    np.testing.assert_allclose(path, formula(start, gradients, rates), rtol=1e-11)


@each_pair
def test_an_optimizer_takes_every_steps_rate_from_its_schedule(make, formula):
    start, gradients = drawn(1)
    schedule = WarmUp(Cosine(0.05, steps=30, floor=0.001), steps=5)
    path = walked(make(schedule), start, gradients)
    rates = [schedule.rate(k) for k in range(STEPS)]
    np.testing.assert_allclose(path, formula(start, gradients, rates), rtol=1e-11)


@each_pair
def test_single_precision_follows_the_formula_to_about_six_digits(make, formula):
    start, gradients = drawn(2, np.float32)
    path = walked(make(0.05), start, gradients)
    expected = np.array(formula(start.astype(float), gradients.astype(float), [0.05] * STEPS))
    assert path.dtype == np.float32
    assert (np.abs(path - expected) / np.abs(expected).max(axis=0)).max() < 5e-6


@each_make
def test_a_decay_is_the_schedule_of_inverse_time(make):
    start, gradients = drawn(3)
    by_decay = walked(make(0.05, decay=0.1), start, gradients)
    np.testing.assert_array_equal(by_decay, walked(make(InverseTime(0.05, 0.1)), start, gradients))


@each_make
def test_a_decay_beside_a_schedule_is_refused(make):
    with pytest.raises(ValueError, match=r"decay is 0\.1; with a schedule"):
        make(InverseTime(0.05), decay=0.1)


@each_make
def test_a_restored_optimizer_goes_on_to_the_bit(make):
    start, gradients = drawn(4)
    whole = walked(make(0.05, decay=0.01), start, gradients)
    first, second = make(0.05, decay=0.01), make(0.05, decay=0.01)
    half = walked(first, start, gradients[:20])
    second.restore(first.state())
    rest = walked(second, half[-1], gradients[20:])
    np.testing.assert_array_equal(np.vstack([half, rest]), whole)


@pytest.mark.parametrize("make", [SGD, partial(SGD, momentum=0.9), *ROOTS, Adamax])
def test_zero_gradients_from_the_start_change_nothing_but_what_decays(make):
    start = np.array([1.0, -2.0])
    path = walked(make(0.1), start, np.zeros((3, 2)))
    left = 1 - 0.1 * 0.01 if make is AdamW else 1.0
    np.testing.assert_allclose(path, np.outer(left ** np.arange(1, 4), start), rtol=1e-15)


@given(
    st.floats(1e-3, 1e6).flatmap(lambda size: st.sampled_from([size, -size])),
    st.floats(1e-6, 10),
)
def test_adagrads_first_step_is_the_rate_against_the_sign(gradient, rate):
    path = walked(Adagrad(rate, epsilon=1e-12), np.zeros(1), [np.array([gradient])])
    assert path[0, 0] == pytest.approx(-rate * np.sign(gradient), rel=1e-8)


def test_rmsprops_first_step_is_the_rate_over_the_root_of_one_minus_rho():
    path = walked(RMSProp(0.01, rho=0.75), np.zeros(2), [np.array([5.0, -1e3])])
    np.testing.assert_allclose(path[0], [-0.02, 0.02], rtol=1e-6)


def test_adagrads_steps_only_shrink_under_one_gradient():
    path = walked(Adagrad(1.0), np.zeros(1), np.full((50, 1), 3.0))
    # step t is 3 / sqrt(9 t)
    np.testing.assert_allclose(-np.diff(path[:, 0]), np.arange(2, 51) ** -0.5, rtol=1e-6)


def test_amsgrad_remembers_a_large_gradient_that_adam_forgets():
    gradients = np.array([[1000.0], *[[1.0]] * 200])
    adam, amsgrad = (
        -np.diff(walked(make(0.01, beta_2=0.9), np.zeros(1), gradients)[:, 0])[-1]
        for make in (Adam, AMSGrad)
    )
    assert adam == pytest.approx(0.01, rel=1e-3)
    # v_max is 0.1 x 1000^2, corrected by nearly 1
    assert amsgrad == pytest.approx(0.01 / 1000 / 0.1**0.5, rel=1e-3)


def test_adamaxs_steps_are_the_rate_as_long_as_gradients_do_not_grow():
    path = walked(Adamax(0.01, beta_2=0.9, epsilon=1e-12), np.zeros(2), [[5.0, -1e200]] * 9)
    np.testing.assert_allclose(path, np.outer(np.arange(1, 10), [-0.01, 0.01]), rtol=1e-9)


def test_adadeltas_first_step_is_the_root_of_epsilon_over_the_root_of_one_minus_rho():
    path = walked(Adadelta(epsilon=1e-10, rho=0.75), np.zeros(2), [np.array([5.0, -1e3])])
    np.testing.assert_allclose(path[0], [-2e-5, 2e-5], rtol=1e-6)


def test_adadelta_does_not_ask_how_large_gradients_are():
    start, gradients = np.zeros(3), np.random.default_rng(8).standard_normal((30, 3))
    path = walked(Adadelta(epsilon=1e-16), start, gradients)
    np.testing.assert_allclose(
        walked(Adadelta(epsilon=1e-16), start, 1e3 * gradients), path, rtol=1e-6
    )


def test_adamw_decays_a_weight_whose_gradients_are_large_as_much_as_any():
    start, signs = np.array([4.0, 4.0]), np.where(np.arange(100) % 2, 1.0, -1.0)
    gradients = np.outer(signs, [1e-3, 1e3])
    path = walked(AdamW(0.01, weight_decay=0.5, epsilon=1e-12), start, gradients)
    np.testing.assert_allclose(path[-1, 0], path[-1, 1], rtol=1e-7)
    assert path[-1, 0] == pytest.approx(4 * (1 - 0.005) ** 100, abs=0.02)


def test_nesterov_takes_a_momentum_above_zero():
    with pytest.raises(ValueError, match="momentum above 0"):
        SGD(nesterov=True)


def test_nesterov_needs_fewer_steps_down_a_narrow_valley():
    curvatures = np.array([1.0, 100.0])

    def left(nesterov):
        optimizer = SGD(0.009, momentum=0.9, nesterov=nesterov)
        w = np.ones(2)
        for _ in range(60):
            w = walked(optimizer, w, [curvatures * w])[-1]
        return float(curvatures @ w**2)

    assert left(True) < left(False) / 5


@pytest.mark.parametrize("make", ROOTS)
def test_a_square_that_overflows_stops_its_parameter_alone(make):
    decay = {"weight_decay": 0.0} if make is AdamW else {}
    path = walked(make(0.1, **decay), np.zeros(2), [[1e200, 1.0], [1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(path[:, 0], 0.0)
    assert (np.diff(path[:, 1]) < 0).all()


@each_make
def test_a_gradient_that_is_not_a_number_reaches_its_parameter_alone(make):
    start, gradients = drawn(5)
    clean = walked(make(0.05), start, gradients)
    gradients[3, 2] = np.nan
    path = walked(make(0.05), start, gradients)
    assert np.isnan(path[3:, 2]).all()
    path[3:, 2] = clean[3:, 2]
    np.testing.assert_array_equal(path, clean)


def test_sgd_and_adam_take_their_operations_in_the_order_of_old_runs():
    """Tables and checkpoints of earlier versions hold exactly these bits."""
    for dtype in (np.float64, np.float32):
        start, gradients = drawn(6, dtype)
        w, update, m, v = (start.copy(), *np.zeros((3, start.size), dtype))
        descended = start.copy()
        sgd, adam = [], []
        for k, g in enumerate(gradients):
            rate = 0.05 / (1.0 + 0.1 * k)
            update = update * 0.9 - g * rate
            descended = descended + update
            m, v = m * 0.9 + g, v * 0.999 + g * g
            root = ((1.0 - 0.999) / (1.0 - 0.999 ** (k + 1))) ** 0.5
            scale = (1.0 - 0.9) / (1.0 - 0.9 ** (k + 1))
            w = w - m / (np.sqrt(v) + 1e-7 / root) * (rate * scale / root)
            sgd.append(descended)
            adam.append(w)
        found = walked(SGD(0.05, decay=0.1, momentum=0.9), start, gradients)
        np.testing.assert_array_equal(found, sgd)
        np.testing.assert_array_equal(walked(Adam(0.05, decay=0.1), start, gradients), adam)

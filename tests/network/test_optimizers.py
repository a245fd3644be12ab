"""Optimizers against steps computed by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from vanishing_gradients.trainer.network.optimizers import SGD, Adam, Optimizer


def walk(optimizer: Optimizer, start: float, gradients: list[float]) -> list[float]:
    """Return one parameter after each of the given gradients."""
    network = SimpleNamespace(parameters=np.array([start]), gradients=np.zeros(1))
    path = []
    for gradient in gradients:
        network.gradients[0] = gradient
        optimizer.step(network)
        path.append(float(network.parameters[0]))
    return path


def test_sgd_goes_against_the_gradient_by_the_learning_rate():
    # 1 - 0.5 x 0.2 = 0.9; 0.9 + 0.5 x 0.4 = 1.1
    assert walk(SGD(learning_rate=0.5), 1.0, [0.2, -0.4]) == pytest.approx([0.9, 1.1])


def test_the_learning_rate_decays_as_one_over_one_plus_decay_times_steps():
    # rates 1 / 1, 1 / 1.5, 1 / 2: 3 - 0.6 = 2.4; - 0.6 / 1.5 = 2.0; - 0.6 / 2 = 1.7
    assert walk(SGD(1.0, decay=0.5), 3.0, [0.6] * 3) == pytest.approx([2.4, 2.0, 1.7])


def test_the_learning_rate_of_the_next_step_can_be_read():
    optimizer = SGD(1.0, decay=1e-3)
    assert optimizer.rate == 1.0
    walk(optimizer, 0.0, [0.0] * 469)
    assert optimizer.rate == pytest.approx(1 / 1.469)


def test_momentum_adds_a_fraction_of_the_last_update():
    # rates 1, 2/3, 1/2 and updates u = 0.5 u - rate g:
    # u = -0.2                               -> 1.0 - 0.2     = 0.8
    # u = -0.1 - 2/3 x 0.4 = -11/30          -> 0.8 - 11/30   = 13/30
    # u = -11/60 + 1/2 x 0.1 = -4/30         -> 13/30 - 4/30  = 0.3
    path = walk(SGD(1.0, decay=0.5, momentum=0.5), 1.0, [0.2, 0.4, -0.1])
    assert path == pytest.approx([0.8, 13 / 30, 0.3])


def test_adam_corrects_its_bias_and_adds_epsilon_outside_the_root():
    # beta_1 = 0.5, beta_2 = 0.75, epsilon = 0.1; rates 0.1, 0.1 / 1.25 and 0.1 / 1.5
    # g = 2:  m = 0.5 x 0 + 0.5 x 2 = 1,    m_hat = 1 / 0.5 = 2
    #         v = 0.25 x 4 = 1,             v_hat = 1 / 0.25 = 4, root 2
    #         step 0.1 x 2 / 2.1 = 0.0952380952
    # g = 1:  m = 0.5 + 0.5 = 1,            m_hat = 1 / 0.75 = 4/3
    #         v = 0.75 + 0.25 = 1,          v_hat = 1 / 0.4375 = 16/7, root 1.5118578920
    #         step 0.08 x 1.3333333333 / 1.6118578920 = 0.0661762226
    # g = -3: m = 0.5 - 1.5 = -1,           m_hat = -1 / 0.875 = -8/7
    #         v = 0.75 + 2.25 = 3,          v_hat = 3 / 0.578125 = 192/37, root 2.2779791898
    #         step 0.0666666667 x -1.1428571429 / 2.3779791898 = -0.0320400097
    optimizer = Adam(0.1, decay=0.25, epsilon=0.1, beta_1=0.5, beta_2=0.75)
    expected = 1.0 - np.cumsum([0.0952380952, 0.0661762226, -0.0320400097])
    assert walk(optimizer, 1.0, [2.0, 1.0, -3.0]) == pytest.approx(expected, abs=1e-9)


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    for gradient in (1e-3, -1.0, 1e6):
        path = walk(Adam(0.001, epsilon=1e-12), 0.0, [gradient])
        assert path == pytest.approx([-0.001 * np.sign(gradient)], rel=1e-8)


@pytest.mark.parametrize("make", [lambda: SGD(0.1, 0.01, 0.9), lambda: Adam(0.1, 0.01)])
def test_an_optimizer_restored_goes_on_as_if_never_interrupted(make):
    gradients = [0.3, -0.1, 0.7, 0.2, -0.5, 0.4]
    whole = walk(make(), 1.0, gradients)
    first, second = make(), make()
    half = walk(first, 1.0, gradients[:3])
    second.restore(first.state())
    assert half + walk(second, half[-1], gradients[3:]) == whole


def test_a_state_is_a_copy_that_later_steps_do_not_change():
    optimizer = Adam()
    walk(optimizer, 1.0, [0.5])
    state = optimizer.state()
    before = state["first_moment"].copy()
    walk(optimizer, 1.0, [0.5])
    np.testing.assert_array_equal(state["first_moment"], before)


def test_one_state_can_be_restored_again_and_again():
    first = Adam()
    walk(first, 1.0, [0.5])
    state = first.state()
    paths = []
    for _ in range(2):
        optimizer = Adam()
        optimizer.restore(state)
        paths.append(walk(optimizer, 1.0, [0.2, -0.3]))
    assert paths[0] == paths[1]


def test_the_state_of_another_kind_of_optimizer_is_refused():
    adam = Adam()
    walk(adam, 1.0, [0.5])
    with pytest.raises(ValueError, match="first_moment"):
        SGD(momentum=0.9).restore(adam.state())

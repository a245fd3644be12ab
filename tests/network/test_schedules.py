"""Learning rates step by step, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanishing_gradients.trainer.network.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    Schedule,
    StepDecay,
    WarmUp,
)


def rates(schedule: Schedule, steps: int) -> list[float]:
    return [schedule.rate(step) for step in range(steps)]


def test_a_constant_rate_stays():
    assert rates(Constant(0.3), 3) == [0.3] * 3


def test_inverse_time_divides_by_one_plus_decay_times_the_step():
    assert rates(InverseTime(0.6, 0.5), 5) == pytest.approx([0.6, 0.4, 0.3, 0.24, 0.2])


def test_a_step_decay_falls_by_its_factor_every_so_many_steps():
    assert rates(StepDecay(0.8, 0.5, every=2), 6) == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2, 0.2])


def test_an_exponential_falls_by_its_factor_every_step():
    assert rates(Exponential(0.8, 0.5), 4) == pytest.approx([0.8, 0.4, 0.2, 0.1])


def test_a_cosine_is_at_the_middle_after_half_its_steps_and_then_at_its_floor_for_ever():
    root = 0.5**0.5
    expected = [0.9, 0.5 + 0.4 * root, 0.5, 0.5 - 0.4 * root, 0.1, 0.1, 0.1]
    assert rates(Cosine(0.9, steps=4, floor=0.1), 7) == pytest.approx(expected)


def test_a_warm_up_climbs_evenly_and_then_the_schedule_begins():
    assert rates(WarmUp(StepDecay(0.8, 0.5, every=2), 3), 8) == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.4, 0.2]
    )


def test_a_warm_up_of_no_steps_changes_nothing():
    cosine = Cosine(0.9, steps=4, floor=0.1)
    assert rates(WarmUp(cosine, 0), 7) == rates(cosine, 7)


SCHEDULES = st.one_of(
    st.builds(Constant, st.floats(1e-6, 1e6)),
    st.builds(InverseTime, st.floats(1e-6, 1e6), st.floats(0, 1e6)),
    st.builds(StepDecay, st.floats(1e-6, 1e6), st.floats(1e-300, 1), st.integers(1, 10**6)),
    st.builds(Exponential, st.floats(1e-6, 1e6), st.floats(1e-300, 1)),
    st.builds(Cosine, st.floats(1e-6, 1e6), st.integers(1, 10**6), st.floats(0, 1e-6)),
)


@given(SCHEDULES, st.integers(0, 10**9))
def test_a_rate_is_a_finite_number_between_zero_and_the_first_and_never_rises(schedule, step):
    rate = schedule.rate(step)
    assert type(rate) is float
    assert 0 <= schedule.rate(step + 1) <= rate <= schedule.rate(0) < np.inf


@given(SCHEDULES, st.integers(0, 10**6), st.integers(0, 10**9))
def test_a_warm_up_rises_to_the_schedules_first_rate_and_never_above(schedule, steps, step):
    warm = WarmUp(schedule, steps)
    assert 0 < warm.rate(0) <= schedule.rate(0)
    if step < steps:
        assert warm.rate(step) < warm.rate(step + 1)
    else:
        assert warm.rate(step) == schedule.rate(step - steps)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Exponential(0.1, 0.0), r"factor is 0\.0, not above 0 and at most 1"),
        (lambda: Exponential(0.1, 1.5), r"factor is 1\.5, not"),
        (lambda: StepDecay(0.1, float("nan"), 3), "factor is nan, not"),
        (lambda: StepDecay(0.1, 0.5, 0), "every is 0, not 1 or more"),
        (lambda: Cosine(0.1, 0), "steps is 0, not 1 or more"),
        (lambda: WarmUp(Constant(0.1), -1), "steps is -1, not 0 or more"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

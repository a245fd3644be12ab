"""The scale for means of either sign."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanishing_gradients.analysis.figures.symmetric_log import MOST_DECADES, SymmetricLog

values = st.floats(min_value=-1e300, max_value=1e300, allow_subnormal=False)


def place(scale, value):
    return scale.position(pd.Series([value], dtype="float64")).item()


@given(values, values)
def test_a_larger_value_never_lies_lower(one, other):
    scale = SymmetricLog(1e-9)
    low, high = sorted((one, other))
    assert place(scale, low) <= place(scale, high)


@given(values)
def test_the_two_signs_mirror_each_other(value):
    scale = SymmetricLog(1e-9)
    assert place(scale, -value) == -place(scale, value)


def test_zero_lies_at_zero():
    assert place(SymmetricLog(1e-9), 0.0) == 0.0


def test_a_decade_is_one_step_beyond_the_linear_part():
    scale = SymmetricLog(1e-9)
    assert [place(scale, v) for v in (1e-9, 1e-8, 1e-3)] == pytest.approx([1, 2, 7])


def test_the_linear_part_is_linear():
    scale = SymmetricLog(1e-9)
    assert place(scale, 0.25e-9) == pytest.approx(0.25)


def test_a_fitting_scale_sets_every_value_apart_from_zero():
    scale = SymmetricLog.fitting(pd.Series([-3e-8, 0.0, 2e-5]), line=1e-3)
    assert abs(place(scale, -3e-8)) > 1


def test_a_fitting_scale_spans_no_more_than_its_decades():
    scale = SymmetricLog.fitting(pd.Series([1e-200, 1.0]), line=1e-3)
    assert scale.unit == pytest.approx(10.0**-MOST_DECADES)


def test_all_zeros_and_no_values_at_all_have_a_scale_too():
    for empty in ([0.0, 0.0], [float("nan")]):
        scale = SymmetricLog.fitting(pd.Series(empty), line=1e-3)
        assert scale.unit == pytest.approx(1e-4)


@pytest.mark.parametrize(("unit", "largest"), [(1e-15, 0.3), (1e-4, 1e-3), (1e-9, 5e150)])
def test_ticks_are_where_their_texts_say(unit, largest):
    scale = SymmetricLog(unit)
    positions, texts = scale.ticks(largest)
    assert positions == sorted(positions)
    for position, text in zip(positions, texts, strict=True):
        written = text.replace("10<sup>", "1e").replace("</sup>", "").replace("\N{MINUS SIGN}", "-")
        assert position == pytest.approx(place(scale, float(written)))

"""Signals that ask to stop."""

import signal

import pytest

from vanishing_gradients.interruption import as_keyboard_interrupt, postponed


def work(done: list[str], signals: int) -> None:
    with postponed():
        for _ in range(signals):
            signal.raise_signal(signal.SIGINT)
        done.append("all of it")


def test_a_postponed_signal_takes_effect_at_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt):
        work(done, signals=1)
    assert done == ["all of it"]


def test_a_second_signal_takes_effect_at_once():
    done = []
    with pytest.raises(KeyboardInterrupt):
        work(done, signals=2)
    assert done == []


def test_without_a_signal_nothing_is_raised_and_the_handlers_are_as_before():
    before = signal.getsignal(signal.SIGINT)
    work([], signals=0)
    assert signal.getsignal(signal.SIGINT) is before


def stopped_by(number: signal.Signals) -> None:
    with as_keyboard_interrupt():
        signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_and_sighup_stop_like_ctrl_c(number):
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt):
            stopped_by(number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stopped_by(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

"""Answers about closed epochs are computed once, and do not pile up."""

import threading

import pytest

from vanishing_gradients.analysis.live.kept import SECONDS, Kept


def test_an_answer_is_computed_once():
    kept, asked = Kept(), []
    for _ in range(3):
        assert kept.get("flow", lambda: asked.append(1) or "answer") == "answer"
    assert len(asked) == 1


def test_the_answers_used_last_are_kept():
    kept = Kept(most=2)
    for key in ("first", "second", "first", "third"):
        kept.get(key, lambda key=key: key)
    assert [kept.peek(key) for key in ("first", "second", "third")] == ["first", None, "third"]


def test_an_old_answer_is_computed_anew():
    now = [0.0]
    kept = Kept(clock=lambda: now[0])
    kept.get("flow", lambda: "old")
    now[0] = SECONDS + 1
    assert kept.get("flow", lambda: "new") == "new"


def test_an_error_is_not_kept():
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.get("flow", lambda: 1 / 0)
    assert kept.get("flow", lambda: "answer") == "answer"


def test_of_two_that_ask_at_once_one_computes_and_both_get_the_answer():
    kept, begun, go_on, answers, computed = Kept(), threading.Event(), threading.Event(), [], []

    def compute():
        begun.set()
        go_on.wait(10)
        computed.append(1)
        return "answer"

    def ask():
        answers.append(kept.get("flow", compute))

    both = [threading.Thread(target=ask) for _ in range(2)]
    for each in both:
        each.start()
    begun.wait(10)
    go_on.set()
    for each in both:
        each.join(10)
    assert (answers, computed) == (["answer"] * 2, [1])

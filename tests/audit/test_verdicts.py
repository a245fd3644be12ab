"""No verdict is hard-coded: other rows give another one, and for arithmetic other print."""

import pytest

from tests.audit.worlds import PRINT, ROWS, A, C, N
from vanishing_gradients.analysis.audit import Verdict
from vanishing_gradients.analysis.audit.catalogue import CLAIMS


@pytest.mark.parametrize("case", ROWS)
def test_other_rows_give_another_verdict(case, base, change, judge):
    statements, expected = ROWS[case]
    for statement in [statements] if isinstance(statements, str) else statements:
        change(statement)
    found = {result.claim.name: result for result in judge(*expected)}
    told = {name: (result.verdict, result.finding.found) for name, result in found.items()}
    assert {name: result.verdict for name, result in found.items()} == expected, told


@pytest.mark.parametrize("name", PRINT)
def test_other_print_gives_another_verdict(name, base, judge, monkeypatch):
    where, key, value, verdict = PRINT[name]
    if isinstance(where, dict):
        monkeypatch.setitem(where, key, value)
    else:
        monkeypatch.setattr(where, key, value)
    (result,) = judge(name)
    assert result.verdict == verdict != base[name].verdict, result.finding.found


def test_the_cases_are_not_what_the_rows_say_anyway(base):
    same = [
        (case, name)
        for case, (_, expected) in ROWS.items()
        for name, verdict in expected.items()
        if base[name].verdict == verdict
    ]
    assert same == []


def test_every_claim_has_a_world_in_which_its_verdict_is_another():
    changed = {name for _, expected in ROWS.values() for name in expected}
    assert {claim.name for claim in CLAIMS if not claim.arithmetic} == changed
    assert {claim.name for claim in CLAIMS if claim.arithmetic} == set(PRINT)


def test_every_verdict_is_reached(base):
    reached = {verdict for _, expected in ROWS.values() for verdict in expected.values()}
    reached |= {verdict for *_, verdict in PRINT.values()}
    reached |= {result.verdict for result in base.values()}
    assert reached | {Verdict.SEEN} == set(Verdict)


def test_an_artefact_is_none_where_the_cells_survive_their_storage(base, change, judge):
    """Plain norms stay as they are: the verdict follows the gradient tables."""
    table = "relu_sgd_layer_3_hidden"
    assert base["layer_3_zero"].verdict == A
    change(
        f"UPDATE {table} SET Gradient1 = Gradient1 + 1", f"UPDATE {table} SET Gradient1 = Gradient2"
    )
    assert judge("layer_3_zero")[0].verdict == N


def test_learnable_layers_that_are_exactly_1_are_an_artefact_and_no_contradiction(base):
    assert base["exactly_one"].verdict == A
    assert base["exactly_one"].claim.quotations[0].startswith("learnable layers between 5 - 11")


def test_a_contradiction_is_one_only_where_the_rows_deny_the_sentence_too(base):
    assert base["deep_layers_stable"].verdict == C
    assert "the paper's own numbers disagree" in base["deep_layers_stable"].finding.found


def test_an_interval_wider_than_a_decade_tells_nothing(change, judge):
    change(
        "UPDATE step_statistics JOIN runs ON runs.run_id = step_statistics.run_id SET "
        "row_norm_sum = row_norm_sum * POW(10, runs.seed - 5) WHERE experiment = 'relu_sgd' "
        "AND layer = 11"
    )
    (result,) = judge("table_9_ratio")
    assert result.verdict == Verdict.UNDECIDED
    assert "decades wide" in result.finding.found


def test_the_column_that_fits_is_named(change, judge):
    change("UPDATE epoch_metrics SET test_accuracy = 0.7 WHERE epoch = 1")
    (result,) = judge("relu_adam_accuracy_first")
    assert result.verdict == Verdict.REPRODUCED
    assert result.finding.found.startswith("the training images fit; training images, reproduced")
    assert "test images, not reproduced" in result.finding.found

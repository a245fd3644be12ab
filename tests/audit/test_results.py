"""What a result contains: the queries behind it, the deciding data set, the CSV."""

import re

import pandas as pd
import pytest

from vanishing_gradients.analysis.audit import Verdict, output
from vanishing_gradients.analysis.audit.judges import between, number, seeds, span


def test_the_queries_of_results_give_rows(base, reader):
    queries = {query for result in base.values() for query in result.queries}
    assert len(queries) > 30
    with reader.connect() as connection:
        for query in queries:
            rows = connection.exec_driver_sql(query.replace("%", "%%")).all()
            assert rows, query


def test_every_result_that_was_tested_has_queries(base):
    for name, result in base.items():
        told = result.claim.arithmetic or result.verdict == Verdict.UNTESTED
        assert result.queries or told, name


def test_an_artefact_names_a_view_that_exists(base, reader):
    found = 0
    with reader.connect() as connection:
        for result in base.values():
            if result.verdict == Verdict.ARTEFACT:
                for view in result.finding.view.split(" to "):
                    assert connection.exec_driver_sql(f"SELECT 1 FROM {view} LIMIT 1").all()
                    found += 1
    assert found > 8


def test_the_data_set_that_table_9_fits_counts(base):
    assert base["table_7_cells"].dataset == "fashion-mnist"
    assert set(base["table_7_cells"].others) == {"mnist"}


def test_a_claim_about_data_sets_is_judged_once(base):
    assert list(base["dataset_mnist"].findings) == [""]


def test_sentences_end_without_a_stop_which_the_table_sets(base):
    for result in base.values():
        for finding in result.findings.values():
            assert not finding.found.endswith("."), finding.found


def test_no_sentence_has_a_number_that_is_none(base):
    for result in base.values():
        assert " nan" not in result.finding.found
        assert " inf" not in result.finding.found.replace(" infinite", "")


def test_the_csv_has_a_row_for_every_claim_and_data_set(base, tmp_path):
    results = [("section", result) for result in base.values()]
    frame = pd.read_csv(output.write_csv(results, tmp_path))
    assert len(frame) == sum(len(result.findings) for result in base.values())
    assert frame.loc[frame["counts"], "claim"].tolist() == list(base)


def test_the_counts_add_up(base):
    text = output.counts([("section", result) for result in base.values()])
    groups = re.fullmatch(
        r"(\d+) claims put to the rows: ([^.]+)\. (\d+) of arithmetic: ([^.]+)\. "
        r"(\d+) more say a number again, and are not counted\.",
        text,
    ).groups()
    of_rows, rows, of_sums, sums, again = groups
    for total, parts in ((of_rows, rows), (of_sums, sums)):
        assert sum(int(part.split()[0]) for part in parts.split(", ")) == int(total)
    assert int(of_rows) + int(of_sums) + int(again) == len(base)


def test_a_second_name_of_a_number_names_the_first_which_counts(base):
    again = {name: each.claim.same_as for name, each in base.items() if each.claim.same_as}
    assert len(again) > 10
    for first in again.values():
        assert base[first].counted or base[first].claim.arithmetic
        assert not base[first].claim.same_as


def test_the_verdict_says_in_how_many_seeds_it_was_seen(base, change, judge):
    change(
        "UPDATE epoch_metrics JOIN runs ON runs.run_id = epoch_metrics.run_id SET accuracy = 0.5, "
        "test_accuracy = 0.5 WHERE experiment = 'relu_adam' AND seed < 4"
    )
    (result,) = judge("accuracy_rises_steadily")
    assert result.finding.label == "seen in 6 of 9 seeds"
    assert output.frame([("section", result)])["seeds"].iloc[-1] == "6 of 9"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (7.0, "7"), (3_676_960.0, "3,676,960"), (0.25, "0.25"), (1234.56, "1,235"),
        (12345.6, "12,346"), (3.2e-9, "3.200e-09"), (2.79e12, "2.790e+12"), (-0.5, "-0.5"),
        (float("nan"), "no value"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_a_number_reads_as_one_would_write_it(value, text):
    assert number(value) == text


def test_ends_that_read_the_same_are_one():
    assert between(["1", "1"]) == "1"
    assert between(["1", "2"]) == "1 to 2"


def test_a_span_leaves_out_what_is_no_number():
    assert span(pd.Series([2.0, float("nan"), 0.5])) == "0.5 to 2"
    assert span(pd.Series([float("nan")])) == "no value"


def test_one_seed_is_not_seeds():
    assert (seeds(1), seeds(10)) == ("1 seed", "10 seeds")

"""The claims themselves: where they are in the paper, and what they say."""

import re
from collections import Counter

import pytest

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit import SECTIONS, Evidence, evaluate
from vanishing_gradients.analysis.audit.catalogue import CLAIMS
from vanishing_gradients.analysis.audit.claim import ROWS, Finding, Section

PLACE = re.compile(
    r"(Abstract|Questions? \d|Equations? \d+|H[01]|"
    r"(Table|Figure|Section)s? \d[\d.]*(( to |, | and )\d[\d.]*)*)"
)


def test_there_are_forty_claims_or_more():
    assert len(CLAIMS) >= 40


def test_no_two_claims_have_a_name_in_common():
    assert [
        name for name, count in Counter(each.name for each in CLAIMS).items() if count > 1
    ] == []


def test_every_claim_has_a_section():
    assert [claim for section in SECTIONS for claim in section] == list(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_place_can_be_found_in_the_paper(claim):
    rest = PLACE.sub("", claim.place)
    assert set(rest) <= set(", "), claim.place


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_says_what_the_paper_prints(claim):
    assert claim.printed
    assert claim.printed == " ".join(claim.printed.split())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_check_asks_for_what_can_be_given(claim):
    assert set(claim.asks) <= {"evidence", "dataset", *ROWS}
    assert not set(claim.asks) & set(ROWS) or claim.experiment in paper.EXPERIMENTS


def test_a_claim_is_named_by_its_function_and_gets_the_rows_that_its_parameters_name(reader):
    section = Section("A section", experiment="relu_adam")

    @section("Table 1", tolerance="exact: it is a count")
    def ten_epochs(norms, dataset):
        """ten epochs,
        in all experiments"""
        return Finding.reproduced_if(norms["epoch"].nunique() == 10, f"ten on {dataset}")

    (claim,) = section
    assert (claim.name, claim.experiment) == ("ten_epochs", "relu_adam")
    assert (claim.place, claim.printed) == ("Table 1", "ten epochs, in all experiments")
    result = evaluate(claim, Evidence(reader, None))
    assert {name: each.found for name, each in result.findings.items()} == {
        "mnist": "ten on mnist", "fashion-mnist": "ten on fashion-mnist",
    }  # fmt: skip


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_tolerance_is_stated(claim):
    assert len(claim.tolerance) > 10


def test_a_place_that_is_none_would_be_seen():
    assert PLACE.sub("", "Chapter 7").strip() == "Chapter 7"


@pytest.mark.parametrize(
    ("kind", "last"), [("Table", 12), ("Figure", 23), ("Equation", 18), ("Question", 5)]
)
def test_places_name_what_the_paper_has(kind, last):
    numbers = [
        int(number) for claim in CLAIMS for number in re.findall(rf"{kind} (\d+)", claim.place)
    ]
    assert numbers
    assert all(1 <= number <= last for number in numbers)

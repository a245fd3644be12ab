"""The claims themselves: where they are in the paper, and what they say."""

import re
from collections import Counter

import pytest

from vanishing_gradients.analysis.audit import SECTIONS
from vanishing_gradients.analysis.audit.catalogue import CLAIMS

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

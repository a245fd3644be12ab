"""What stands in “ ” is in the paper, word for word."""

import os
import re
from pathlib import Path

import pytest

from vanishing_gradients.analysis.audit import Evidence, Finding, output
from vanishing_gradients.analysis.audit.catalogue import CLAIMS
from vanishing_gradients.analysis.audit.claim import Section, evaluate

QUOTED = [claim for claim in CLAIMS if claim.quotations]
SPELLED = {r"\sim": "~", r"\infty": "∞"}


def bare(text: str) -> str:
    """Text without marks, white space, and the hyphens of words that a line breaks."""
    for command, sign in SPELLED.items():
        text = text.replace(command, sign)
    return re.sub("[\\s\"'“”\u2018\u2019*$-]", "", text)


@pytest.fixture(scope="module")
def paper_text() -> str:
    path = os.environ.get("PAPER_TEXT")
    if not path or not Path(path).is_file():
        pytest.skip("PAPER_TEXT names no file with the paper's text")
    return bare(Path(path).read_text(encoding="utf-8"))


def test_most_claims_are_in_the_papers_words():
    assert len(QUOTED) > 0.9 * len(CLAIMS)


@pytest.mark.parametrize("claim", QUOTED, ids=lambda claim: claim.name)
def test_a_quotation_is_verbatim(claim, paper_text):
    for piece in claim.quotations:
        assert bare(piece), claim.printed
        assert bare(piece) in paper_text, piece


def test_marks_come_in_pairs():
    for claim in CLAIMS:
        assert claim.printed.count("“") == claim.printed.count("”"), claim.name


def test_a_paraphrase_is_marked_wherever_it_is_shown(reader, tmp_path):
    section = Section("A section")

    @section("Table 1", tolerance="exact: it is a count")
    def in_other_words():
        """ten epochs"""
        return Finding.printed_if(True, "they are ten")

    @section("Table 1", tolerance="exact: it is a count")
    def in_its_words():
        """“Epochs ... 10”, of all"""
        return Finding.printed_if(True, "they are ten")

    results = [(section.title, evaluate(claim, Evidence(reader, None))) for claim in section]
    frame = output.frame(results).set_index("claim")
    assert frame["wording"].to_dict() == {
        "in_other_words": "paraphrase", "in_its_words": "quotation",
    }  # fmt: skip
    assert frame.loc["in_other_words", "printed"] == "(paraphrase) ten epochs"
    assert section[1].quotations == ["Epochs", "10"]
    assert section[1].shown == "“Epochs ... 10”, of all"

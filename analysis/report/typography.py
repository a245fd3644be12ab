"""How words and numbers of the audit look in HTML."""

import re

from markupsafe import Markup, escape

POWER = re.compile(r"(?<![\w.])(-?\d[\d.,]*)e([+-]?)0*(\d+)\b")
COMMAND = re.compile(r"`([^`]+)`")
NEGATIVE = re.compile(r"(?<![\w.)])-(?=\d)")
NAMES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


def typeset(text: str) -> Markup:
    """Return text for HTML: 1.2e-06 as a power of ten, `make` in backticks as code, minus signs."""
    safe = str(escape(text))
    pieces = COMMAND.split(safe)
    for place in range(0, len(pieces), 2):
        pieces[place] = NEGATIVE.sub("\N{MINUS SIGN}", POWER.sub(_power, pieces[place]))
    for place in range(1, len(pieces), 2):
        pieces[place] = f"<code>{pieces[place]}</code>"
    return Markup("".join(pieces))  # noqa: S704


def decades(difference: float) -> Markup:
    """Return a difference of logarithms, signed: two decimals, or one digit where those are 0."""
    digits = ".2f" if abs(difference) >= 0.005 or difference == 0 else ".0e"
    return typeset(f"{difference:+{digits}}")


def spelled(dataset: str) -> str:
    """Return a data set's name as its authors write it."""
    return NAMES.get(dataset, dataset)


def anchor(text: str) -> str:
    """Return text as the name of a place in a page."""
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


def _power(match: re.Match[str]) -> str:
    sign = "\N{MINUS SIGN}" if match[2] == "-" else ""
    digits = (
        ""
        if match[1] == "1"
        else f"{match[1]}\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}"
    )
    return f"{digits}10<sup>{sign}{match[3]}</sup>"

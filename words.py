"""Vocabulary shared by all packages: the type of message callbacks, and counted nouns."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Delivers a line to the user: on a screen, in a file, in a test's list."""


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: 1 seed, 6,400 images."""
    return f"{number:,} {plural(number, one, several)}"


def plural(number: int, one: str, several: str = "") -> str:
    """Return the noun in the form that goes with `number`."""
    return one if number == 1 else several or f"{one}s"

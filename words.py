"""Words that every room uses: how a sentence reaches the user, and how things are counted in it."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Says a sentence, or a line, to the user: on a screen, in a file, in a test's list."""


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with what it counts: 1 seed, 6,400 images."""
    return f"{number:,} {plural(number, one, several)}"


def plural(number: int, one: str, several: str = "") -> str:
    """Return the noun for so many."""
    return one if number == 1 else several or f"{one}s"

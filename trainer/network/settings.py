"""Kinds and their settings: what the file of an experiment may say about a class.

A kind is a class that states its own `kind`. Its settings are the parameters of its constructor
whose types are annotated with a `Setting`. All lists of kinds, all checks of a file's values and
the starting file of `make new` are derived from these.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """What a file may give a parameter: a number between limits, or any value of its type.

    Attributes:
        description: what the parameter does, a phrase.
        low: the smallest number, or, if `open_low`, what every number is above.
        high: the largest number, or, if `open_high`, what every number is below.
        open_low: whether `low` itself is not allowed.
        open_high: whether `high` itself is not allowed.
        unit: what is counted, in the plural.
    """

    description: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    unit: str = ""


class SettingError(ValueError):
    """Settings that do not go together.

    Attributes:
        name: of the one that could be changed.
        why: what a sentence goes on with that begins with its value.
    """

    def __init__(self, name: str, value: object, why: str) -> None:
        super().__init__(f"{name} is {value}; {why}")
        self.name = name
        self.why = why


def by_kind(family: type[Any]) -> dict[str, type[Any]]:
    """Return the classes below `family` that are kinds, by name, as they were written in order."""
    found = {}
    for member in family.__subclasses__():
        if "kind" in vars(member):
            found[member.kind] = member
        found |= by_kind(member)
    return found

"""Kinds and their settings: what an experiment's file may specify about a class.

A kind is a class with its own `kind` attribute. Its settings are those parameters of its
constructor whose types are annotated with a `Setting`. All lists of kinds, all checks of a file's
values and the starting file of `make new` are derived from these.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """The values allowed for a parameter: a number within limits, or any value of its type.

    Attributes:
        description: what the parameter does, a phrase.
        low: the smallest number, or, if `open_low`, an exclusive lower limit.
        high: the largest number, or, if `open_high`, an exclusive upper limit.
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
    """Settings that contradict each other.

    Attributes:
        name: the one that could be changed.
        why: the rest of a sentence that starts with its value.
    """

    def __init__(self, name: str, value: object, why: str) -> None:
        super().__init__(f"{name} is {value}; {why}")
        self.name = name
        self.why = why


def by_kind(family: type[Any]) -> dict[str, type[Any]]:
    """Return the kinds among the subclasses of `family`, by name, in order of definition."""
    found = {}
    for member in family.__subclasses__():
        if "kind" in vars(member):
            found[member.kind] = member
        found |= by_kind(member)
    return found

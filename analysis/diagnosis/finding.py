"""A finding is a fault that was seen, in words, with what to try against it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    """One change to the experiment's file.

    Attributes:
        what: what it is and why it helps here, a sentence without its full stop.
        change: dotted key -> value: what to write into the TOML file.
        source: author, year, address.
        example: a built-in experiment that has it; None where there is none.
    """

    what: str
    change: Mapping[str, object]
    source: str
    example: str | None = None


@dataclass(frozen=True)
class Finding:
    """A fault that was seen in a run.

    Attributes:
        fault: its name, such as 'dead neurons'.
        seen: sentences with the layers, epochs and values that show it.
        remedies: what to try, most likely first.
    """

    fault: str
    seen: tuple[str, ...]
    remedies: tuple[Remedy, ...]

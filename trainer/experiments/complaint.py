"""A complaint is the one sentence that a user reads about an experiment that breaks the rules."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vanishing_gradients.trainer.experiments.experiment import SHAPES, Experiment
from vanishing_gradients.trainer.experiments.records import (
    COMBINATION,
    KindRecord,
    quoted,
    shortened,
)

EXTENDS = "extends"
"""The key that names the experiment from which a file differs; the record has none of that name."""

_DEPTH_MAX = 4
_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"(\[*+)\s*+({_PART}(?:\s*+\.\s*+{_PART})*+)\s*+([\]=])")
_LONG_STRING = re.compile(r'''"""[\s\S]*?"""|\'{3}[\s\S]*?\'{3}''')
_NOWHERE = 10**9


@dataclass
class _Place:
    """Where an error is: the key's parts, its record, the records it could be, what is allowed."""

    parts: list[str | int] = field(default_factory=list)
    record: type[BaseModel] = Experiment
    variants: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    allowed: str = ""

    @property
    def key(self) -> str:
        """The key as it is written with dots: optimizer.kind, hidden_widths[1]."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.parts)
        return "".join(parts).removeprefix(".")


def complain(error: ValidationError, table: Any, text: str = "") -> str:
    """Say at which line which key is wrong, what was found there and what is allowed.

    The error is an Experiment's about `table`, which was read from `text`, if it was from a file.
    Of several mistakes the first in the file is reported, and the others are counted.
    """
    found, lines = [], key_lines(table, text)
    for detail in error.errors(include_url=False):
        place = _locate(detail)
        # The line of the key, or of the table or list that it is written in.
        keys = (tuple(place.parts[:end]) for end in range(len(place.parts), 0, -1))
        line = next((lines[key] for key in keys if key in lines), _NOWHERE)
        found.append((line, len(found), _sentence(detail, place, table)))
    line, _, sentence = min(found)
    where = f", line {line}: " if line != _NOWHERE else ": "
    rest = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{where}{sentence}{rest}"


def _sentence(detail: ErrorDetails, place: _Place, table: Any) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return _unknown(place)
        case "missing":
            return f"key {place.key!r} is missing; it must be {place.allowed}"
        case "union_tag_invalid":
            kind, kinds = _look_up(table, place.parts), place.variants
            hint = _hint(kind if isinstance(kind, str) else "", kinds)
            return f"{place.key!r} is {_found(kind)}; {hint}allowed is one of {quoted(kinds, ', ')}"
        case kind if kind == COMBINATION:
            try:
                found = _found(_look_up(table, place.parts))
            except KeyError:  # it is the default that does not go with another value
                found = "left out"
            return f"{place.key!r} is {found}; {detail['ctx']['why']}"
    return f"{place.key!r} is {_found(detail['input'])}; allowed is {place.allowed}"


def _unknown(place: _Place) -> str:
    name, known = str(place.parts[-1]), list(place.record.model_fields)
    if place.record is Experiment:
        known.append(EXTENDS)
    others = [kind for kind, record in place.variants.items() if name in record.model_fields]
    if others:
        rest = f"is not for kind {place.record.made.kind!r} but for {quoted(others, ' and ')}; "
    else:
        rest = f"is unknown; {_hint(name, known)}"
    return f"key {shortened(repr(place.key))} {rest}allowed are {', '.join(known)}"


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name[:80], known, n=1)
    return f"did you mean {close[0]!r}? " if close else ""


def _locate(detail: ErrorDetails) -> _Place:
    """Find the key that an error is about, and the record and the field it is in."""
    place = _Place()
    open_variants: Mapping[str, type[BaseModel]] = {}
    of_value: tuple[str, ...] = ()
    for part in detail["loc"]:
        if isinstance(part, int):
            place.parts.append(part)
        elif part in open_variants:  # which optimizer it is: a part of the location, not of the key
            place.record, place.variants, open_variants = open_variants[part], open_variants, {}
        elif part not in of_value:
            place.parts.append(part)
            if part not in place.record.model_fields:
                break
            found, of_value = place.record.model_fields[part], ()
            place.allowed = found.description or ""
            of_value = SHAPES
            if kinds := _kinds(found.annotation):
                open_variants = kinds
            elif isinstance(found.annotation, type) and issubclass(found.annotation, BaseModel):
                place.record, place.variants, of_value = found.annotation, {}, ()
    if detail["type"] == COMBINATION:
        place.parts += detail["ctx"]["key"]
    if detail["type"] == "union_tag_invalid":
        place.parts.append("kind")
        place.variants = open_variants
    return place


def _kinds(annotation: Any) -> dict[str, type[KindRecord]]:
    """Return the records by kind that a type is made of, alone or in a list."""
    if isinstance(annotation, type) and not get_args(annotation):
        is_kind = issubclass(annotation, KindRecord)
        return {annotation.made.kind: annotation} if is_kind else {}
    parts = (_kinds(each) for each in get_args(annotation))
    return {kind: record for part in parts for kind, record in part.items()}


def _look_up(table: Any, parts: Iterable[str | int]) -> object:
    for part in parts:
        table = table[part]
    return table


def _found(value: object) -> str:
    try:
        return shortened(repr(value))
    except ValueError:  # Python prints no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    except RecursionError:  # a key with many dots makes tables within tables
        return "a table nested hundreds of levels deep"


def key_lines(table: Any, text: str) -> dict[tuple[str | int, ...], int]:
    """Return the lines, from 1, of the table's keys that begin a line of the text, valid TOML."""
    found: dict[tuple[str | int, ...], int] = {}
    opened: tuple[str, ...] = ()
    blanked = _LONG_STRING.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(blanked.split("\n"), start=1):
        match = _KEY.match(line.lstrip())
        if not match or bool(match[1]) != (match[3] == "]"):
            continue
        parts = tuple(part.strip("\"'") for part in re.findall(_PART, match[2])[:_DEPTH_MAX])
        whole = parts if match[1] else opened + parts
        with suppress(KeyError, TypeError):  # what looks like a key, and is none of the table's
            _look_up(table, whole)
            opened = whole if match[1] else opened
            for end in range(1, len(whole) + 1):
                found.setdefault(whole[:end], number)
    return found

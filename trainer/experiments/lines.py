"""Lines of a TOML file: where each key and each value of a list is written.

`tomllib` gives values without their places. This reads a text that `tomllib` has read already, and
so may take for granted that it is TOML.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|("(?:\\.|[^"\\])*")|'([^']*)')[ \t]*""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?""""{0,2}|\'\'\'.*?\'\'\''{0,2}|"(?:\\.|[^"\\])*"|'[^']*\'''', re.DOTALL
)
_OTHER = re.compile(r"[^,\]}#\n]+")


@dataclass(slots=True)
class _Place:
    """The line of a key or value, and the places of what is in it."""

    line: int | None = None
    children: dict[str | int, "_Place"] = field(default_factory=dict)


class Lines:
    """Where in `text`, which is valid TOML, everything is written."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._root = _Place()
        with suppress(RecursionError):  # what was read so far has its lines
            self._read()

    def of(self, key: Sequence[str | int]) -> int | None:
        """Return the line, from 1, of a key such as ("residual", 0), or of what it would be in.

        None stands for the whole file.
        """
        place, line = self._root, None
        for part in key:
            if part not in place.children:
                break
            place = place.children[part]
            line = place.line
        return line

    def _read(self) -> None:
        table, position = self._root, self._blank(0)
        while position < len(self._text):
            if self._text[position] == "[":
                table, position = self._header(position)
            else:
                position = self._pair(table, position)
            position = self._blank(position)

    def _header(self, position: int) -> tuple[_Place, int]:
        """Read [a.b] or [[a.b]] and return the table that it opens."""
        line, of_list = self._line(position), self._text[position + 1] == "["
        place, position = self._key(self._root, position + 1 + of_list, line)
        if of_list:
            place = place.children.setdefault(len(place.children), _Place(line))
        place.line = line
        return place, position + 1 + of_list

    def _pair(self, table: _Place, position: int) -> int:
        place, position = self._key(table, position, self._line(position))
        return self._value(place, self._blank(position + 1))

    def _key(self, place: _Place, position: int, line: int) -> tuple[_Place, int]:
        """Read a dotted key and return the place of its last part."""
        while True:
            match = _KEY.match(self._text, position)
            bare, basic, literal = match.groups()
            name = bare or literal or ""
            if basic:
                name = tomllib.loads(f"x = {basic}")["x"]
            if place.children and isinstance(next(iter(place.children)), int):
                place = place.children[len(place.children) - 1]  # the latest table of a list
            place = place.children.setdefault(name, _Place(line))
            position = match.end()
            if not self._text.startswith(".", position):
                return place, position
            position += 1

    def _value(self, place: _Place, position: int) -> int:
        """Read a value, into `place` if it has parts, and return where it ends."""
        match self._text[position]:
            case "[":
                return self._items(place, position + 1)
            case "{":
                return self._pairs(place, position + 1)
            case '"' | "'":
                return _STRING.match(self._text, position).end()
            case _:
                return _OTHER.match(self._text, position).end()

    def _items(self, place: _Place, position: int) -> int:
        position = self._blank(position)
        while self._text[position] != "]":
            item = place.children[len(place.children)] = _Place(self._line(position))
            position = self._blank(self._value(item, position))
            if self._text[position] == ",":
                position = self._blank(position + 1)
        return position + 1

    def _pairs(self, place: _Place, position: int) -> int:
        position = self._blank(position)
        while self._text[position] != "}":
            position = self._blank(self._pair(place, position))
            if self._text[position] == ",":
                position = self._blank(position + 1)
        return position + 1

    def _blank(self, position: int) -> int:
        """Return where white space and comments from `position` on end."""
        return _BLANK.match(self._text, position).end()

    def _line(self, position: int) -> int:
        return bisect_right(self._ends, position - 1) + 1

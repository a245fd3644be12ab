"""Checks the variables on make's command line, with nothing installed yet.

    python3 tools/variables.py figures -- exp LIMIT

prints a sentence about the first name that the Makefile does not know, with a suggestion, and on
standard error a line for each known one that none of the goals (before the dashes) reads.
"""

import re
import sys
from difflib import get_close_matches
from pathlib import Path

MAKEFILE = Path(__file__).parents[1] / "Makefile"
EVERYWHERE = {"PYTHON", "VENV"}
"""Variables that every target reads to set up what it needs."""
OF_THE_SERVER = {"SERVER_DIR", "DATABASE_URL", "READER_DATABASE_URL"}
STARTING = {"MYSQL_PORT", *OF_THE_SERVER}
OTHERS = {
    "test": {"TEST_DATABASE_URL", "SERVER_DIR"},
    "test-faults": {"TEST_DATABASE_URL", "SERVER_DIR"},
    "test-lowest": {"TEST_DATABASE_URL", "SERVER_DIR"},
    "live": {"TOKEN"},
    "test-seekdb": {"SERVER_DIR"},
    "down": OF_THE_SERVER,
    "clean": OF_THE_SERVER,
    "up": STARTING,
}
"""Variables that a target's command reads from its environment."""


def listed(text: str, name: str) -> list[str]:
    """Return the words of a variable that the Makefile defines."""
    found = re.search(rf"^{name} := ((?:.*\\\n)*.*)$", text, re.M)
    return found[1].replace("\\\n", " ").split() if found else []


def read_by(text: str, goal: str) -> set[str] | None:
    """Return the variables read by a target and its prerequisites; None if not in the menu."""
    rule = re.search(rf"^{re.escape(goal)}:(.*)\n((?:(?:\t|ifn?eq|endif).*\n)*)", text, re.M)
    if not rule:
        return None
    needs, recipe = rule[1].partition("##")[0], rule[0]
    found = EVERYWHERE | OTHERS.get(goal, set())
    found |= set(re.findall(r"\$\(call option,(\w+)", recipe))
    found |= set(re.findall(r"\$\(filter(?:-out)? [^,]*,\$\((\w+)\)\)", recipe))
    for need in re.findall(r"\w+(?=[ )]|$)", needs):
        if need != goal:
            found |= read_by(text, need) or set()
    return found


def nearest(name: str, known: list[str]) -> str | None:
    """Return the known name closest to `name`, None if none is close."""
    upper = name.upper().replace("-", "_")
    begun = [each for each in known if upper.startswith(each) or each.startswith(upper)]
    near = get_close_matches(upper, known, 1, 0.6)
    return upper if upper in known else (near or sorted(begun, key=len)[::-1] or [None])[0]


def main(goals: list[str], names: list[str]) -> None:
    """Print the messages."""
    text = MAKEFILE.read_text(encoding="utf-8")
    known = [*listed(text, "VARIABLES"), *listed(text, "SETTINGS")]
    others = listed(text, "OWN_NAMES")
    for name in names:
        if name not in (*known, *others):
            near = nearest(name, known)
            meant = f"did you mean {near}" if near else f"known are {', '.join(known)}"
            print(f"There is no variable {name}: {meant}")
            return
    reads = [read_by(text, goal) for goal in goals]
    if not reads or None in reads:
        return
    read = set().union(*reads)
    for name in names:
        if name in known and name not in read:
            own = sorted((read - EVERYWHERE - STARTING) & set(known)) or ["none of its kind"]
            line = f"make {' '.join(goals)} does not read {name}, which changes nothing here: "
            print(f"{line}it reads {', '.join(own)}.", file=sys.stderr)


if __name__ == "__main__":
    separator = sys.argv.index("--")
    main(sys.argv[1:separator], sys.argv[separator + 1 :])

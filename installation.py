"""How this package is installed: as a checkout, whose Makefile a user types, or as a wheel."""

import re
from pathlib import Path

ROOT = Path(__file__).parent
"""The folder of the package, which is the repository's in a checkout."""
IS_CHECKOUT = (ROOT / "Makefile").is_file()

AFRESH = ("`make clean ALL=1`", "`vanishing-gradients down --delete`")
OPTIONS = (
    "EXP", "DATASET", "EPOCHS", "SEED", "SEEDS", "PRECISION", "LIMIT", "TELEMETRY", "RECORD_EVERY",
    "RESUME", "RUN", "RUNS", "PATIENCE", "DATA_DIR", "SERVER", "ROLE", "FORMAT", "OUTPUT",
)  # fmt: skip
"""Variables of make that are options of the console command."""
VARIABLE = re.compile(rf"\b(?P<name>{'|'.join(OPTIONS)})\b(?P<option> \(--[a-z-]+\))?")
MAKE = re.compile(r"`make (?!bench|clean)(?P<command>[a-z-]+)(?P<values>(?: [A-Z_]+=[^ `]+)*)")


def as_typed(text: str) -> str:
    """Return a text with each `make train EXP=x` in it as a user of this installation types it.

    That is the same in a checkout, and `vanishing-gradients train --exp=x` where a wheel is
    installed, which has no Makefile. So is RESUME=1 there --resume=1.
    """
    return text if IS_CHECKOUT else as_command(text)


def as_command(text: str) -> str:
    """Return a text with each `make train EXP=x` in it as `vanishing-gradients train --exp=x`.

    So it is typed anywhere, in a folder without a Makefile, too.
    """
    commands = MAKE.sub(_console_command, text.replace(*AFRESH))
    return VARIABLE.sub(lambda found: _option(found["name"]), commands)


def _console_command(found: re.Match[str]) -> str:
    pairs = (each.partition("=") for each in found["values"].split())
    options = [f" {_option(name)}={value}" for name, _, value in pairs]
    return f"`vanishing-gradients {found['command']}{''.join(options)}"


def _option(variable: str) -> str:
    return f"--{variable.lower().replace('_', '-')}"

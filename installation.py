"""How this package is installed: as a checkout with a Makefile, or as a wheel."""

import re
from pathlib import Path

ROOT = Path(__file__).parent
"""The package's folder; in a checkout, the repository's."""
IS_CHECKOUT = (ROOT / "Makefile").is_file()

AFRESH = ("`make clean ALL=1`", "`vanishing-gradients down --delete`")
OPTIONS = (
    "EXP", "DATASET", "EPOCHS", "SEED", "SEEDS", "PRECISION", "LIMIT", "TELEMETRY", "RECORD_EVERY",
    "RESUME", "RUN", "RUNS", "PATIENCE", "DATA_DIR", "SERVER", "ROLE", "FORMAT", "OUTPUT",
    "SCHEDULER",
)  # fmt: skip
"""make variables that are options of the console command."""
VARIABLE = re.compile(rf"\b(?P<name>{'|'.join(OPTIONS)})\b(?P<option> \(--[a-z-]+\))?")
MAKE = re.compile(r"`make (?!bench|clean)(?P<command>[a-z-]+)(?P<values>(?: [A-Z_]+=[^ `]+)*)")


def as_typed(text: str) -> str:
    """Return the text with each `make train EXP=x` as a user of this installation types it.

    A checkout keeps it as it is. A wheel has no Makefile: it becomes
    `vanishing-gradients train --exp=x`, and RESUME=1 becomes --resume=1.
    """
    return text if IS_CHECKOUT else as_command(text)


def as_command(text: str) -> str:
    """Return the text with each `make train EXP=x` as `vanishing-gradients train --exp=x`.

    That works in any folder, also without a Makefile.
    """
    commands = MAKE.sub(_console_command, text.replace(*AFRESH))
    return VARIABLE.sub(lambda found: _option(found["name"]), commands)


def _console_command(found: re.Match[str]) -> str:
    pairs = (each.partition("=") for each in found["values"].split())
    options = [f" {_option(name)}={value}" for name, _, value in pairs]
    return f"`vanishing-gradients {found['command']}{''.join(options)}"


def _option(variable: str) -> str:
    return f"--{variable.lower().replace('_', '-')}"

"""The command line of the project, such as `vanishing-gradients train --exp sigmoid_sgd`.

Commands are defined in their packages (`trainer/cli.py` and so on), and a package is imported only
when one of its commands is called, so a command loads no more than it needs. Errors
become messages only here: what a user can fix is one sentence on standard error, no traceback.
"""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click
from click.exceptions import Exit

from vanishing_gradients import console
from vanishing_gradients.errors import UserError
from vanishing_gradients.interruption import INTERRUPTED, as_keyboard_interrupt

COMMANDS = {
    "up": ("server", "migrations"),
    "down": ("server",),
    "migrate": ("migrations",),
    "view": ("migrations",),
    "data": ("trainer",),
    "train": ("trainer",),
    "gallery": ("trainer", "analysis"),
    "experiments": ("trainer",),
    "new": ("trainer",),
    "runs": ("trainer",),
    "drop": ("trainer",),
    "summarize": ("trainer",),
    "sql": ("server",),
    "url": ("server",),
    "figures": ("analysis",),
    "live": ("analysis",),
    "compare": ("analysis",),
    "diagnose": ("analysis",),
    "remedy": ("remedy",),
    "audit": ("analysis",),
    "report": ("analysis",),
    "verify": ("analysis",),
}
"""Each command, and the packages that implement it, in order."""
INNER = {"planned": ("trainer",)}
"""Commands that the program gives itself: the menu does not list them."""

FOR_WANT_OF_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn an error in the block into one sentence and an exit status.

    The status is 2 for what a user can fix and 3 for a server that stayed away for too long. It is
    130, silently, for Ctrl-C, SIGTERM and a closed terminal, and 141, silently, if the reader of
    the result closed the pipe.
    """
    console.take_over()
    try:
        with as_keyboard_interrupt():
            try:
                yield
            except Exit:  # after --help or --version
                console.check()
                raise
            console.check()
    except click.UsageError as error:
        console.fail(_sentence(error), error.exit_code)
    except UserError as error:
        console.fail(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        raise SystemExit(INTERRUPTED) from None
    except OSError as error:
        if error.errno not in FOR_WANT_OF_ROOM:
            raise
        where = f"{error.filename} cannot be used" if error.filename else "a file was cut short"
        console.fail(
            f"{where} ({error.strerror}): free some space there, or make it writable, and run this "
            "again",
            UserError.exit_code,
        )


class Commands(click.Group):
    """The group of all commands."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the options before the command's name."""
        with sentences():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Parse the command's own options, and run it."""
        with sentences():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order in which a user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command from its packages; None if there is no such command."""
        rooms = (COMMANDS | INNER).get(cmd_name, ())
        modules = [import_module(f"vanishing_gradients.{room}.cli") for room in rooms]
        parts = [getattr(module, cmd_name) for module in modules]
        return _in_turn(parts) if len(parts) > 1 else parts[0] if parts else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; if it does not exist, list those that do."""
        if args[0] not in COMMANDS | INNER:
            near = get_close_matches(args[0], COMMANDS, 1)
            raise click.UsageError(
                f"No such command {args[0]!r}. {f'Did you mean {near[0]!r}? ' if near else ''}"
                f"Commands are {', '.join(COMMANDS)}."
            )
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(package_name="vanishing-gradients", message="%(package)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Record every gradient of a neural network in MySQL, and see where they vanish.

    To begin: vanishing-gradients up, then train --exp sigmoid_sgd, then figures.
    """
    if context.invoked_subcommand is None:
        console.show(context.get_help())


def _in_turn(parts: Sequence[click.Command]) -> click.Command:
    """Combine what several packages do under one name into one command with all their options."""

    def run(**values: object) -> None:
        for part in parts:
            part.callback(**{option.name: values[option.name] for option in part.params})

    return click.Command(
        parts[0].name,
        callback=run,
        params=[option for part in parts for option in part.params],
        help="\n\n".join(part.help for part in parts),
    )


def _sentence(error: click.UsageError) -> str:
    """Name an option as make and the command line do, and say which values it takes."""
    if not (isinstance(error, click.BadParameter) and isinstance(error.param, click.Option)):
        return error.format_message()
    option = error.param.opts[-1]
    message = error.message or "it must be given."
    if isinstance(error.param.type, click.IntRange):
        value = message.rpartition(" is not ")[0].strip("'\"")[:40]
        message = f"{value!r} is not a whole number {_bounds(error.param.type)}."
    return f"{option.strip('-').replace('-', '_').upper()} ({option}): {message}"


def _bounds(numbers: click.IntRange) -> str:
    if numbers.max is None:
        return f"of at least {numbers.min:,}"
    return f"from {numbers.min:,} to {numbers.max:,}"


if __name__ == "__main__":
    main()

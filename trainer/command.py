"""What all commands of the trainer share: a mistake is one sentence on standard error, status 2.

Ctrl-C, SIGTERM and a terminal that goes away end a command with status 130, without a traceback; a
server that stays away for too long ends it with status 3.
"""

import click

from vanishing_gradients.errors import UserError
from vanishing_gradients.server.refusal import Refusal
from vanishing_gradients.telemetry.errors import OutageError
from vanishing_gradients.trainer.interruption import as_keyboard_interrupt

INTERRUPTED = 130
GIVEN_UP = 3


class Command(click.Command):
    """A command that tells in one sentence what its user got wrong, or what the server refuses."""

    def make_context(self, info_name, args, parent=None, **extra) -> click.Context:
        """Read the options; a mistake in them is a Refusal, without click's lines on usage."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise Refusal(_sentence(error)) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            with as_keyboard_interrupt():
                return super().invoke(ctx)
        except OutageError as error:
            click.echo(f"Error: {error}", err=True)
            raise SystemExit(GIVEN_UP) from error
        except UserError as error:
            raise Refusal(str(error)) from error
        except KeyboardInterrupt:
            raise SystemExit(INTERRUPTED) from None


class Group(click.Group):
    """A group of such commands."""

    command_class = Command

    def resolve_command(self, ctx: click.Context, args: list[str]):
        """Find the command; one that does not exist is a Refusal."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            names = ", ".join(self.list_commands(ctx))
            raise Refusal(f"{error.format_message()} Commands are {names}.") from error


class Whole(click.ParamType):
    """A whole number from `low` to `high`, both included."""

    name = "number"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number; digits alone are one, and not too many of them."""
        text = str(value)
        digits = text.isascii() and text.isdigit() and len(text) <= len(str(self.high))
        if digits and self.low <= int(text) <= self.high:
            return int(text)
        return self.fail(f"{text[:40]!r} is not a whole number from {self.low:,} to {self.high:,}.")


def _sentence(error: click.UsageError) -> str:
    """Name the option as make does and as the command line does."""
    if isinstance(error, click.BadParameter) and error.param and error.param.name:
        return f"{error.param.name.upper()} ({error.param.opts[-1]}): {error.message}"
    return error.format_message()

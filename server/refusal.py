"""How every command of this project says no: one sentence on standard error, exit status 2."""

import re

import click

NAME = re.compile(r"\S*[/._=(]")


class Refusal(click.ClickException):
    """What a user can put right, in one sentence that names the cure.

    It begins with a capital, but for a sentence that begins with a path or another name.
    """

    exit_code = 2

    def __init__(self, sentence: str) -> None:
        name = NAME.match(sentence)
        super().__init__(sentence if name else sentence[:1].upper() + sentence[1:])

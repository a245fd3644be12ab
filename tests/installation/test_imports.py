"""What is imported, and when: the package itself is light, and a command imports what it needs."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from tests.installation.conftest import ROOT
from vanishing_gradients import cli

HEAVY = ("pandas", "plotly", "scipy", "torch")
LOADED = "; import sys; print(*[name for name in {} if name in sys.modules])"


def loaded(program: str, names: tuple[str, ...]) -> str:
    """Return which of these modules a program has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", program + LOADED.format(names)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_the_package_imports_nothing_that_is_heavy_and_needs_no_server():
    assert loaded("import vanishing_gradients", (*HEAVY, "sqlalchemy", "numpy", "click")) == ""


def test_the_list_of_commands_needs_nothing_that_draws():
    program = "from vanishing_gradients.cli import main; main(['--help'], standalone_mode=False)"
    assert loaded(program, HEAVY) == ""


@pytest.mark.parametrize(
    ("command", "other"), [("train", "analysis"), ("figures", "trainer"), ("url", "trainer")]
)
def test_a_command_imports_its_own_room_and_not_the_other_side(command: str, other: str):
    program = (
        "from vanishing_gradients.cli import main; "
        f"main([{command!r}, '--help'], standalone_mode=False)"
    )
    assert loaded(program, (f"vanishing_gradients.{other}",)) == ""


def test_every_command_is_found_in_its_rooms_and_has_help():
    context = click.Context(cli.main)
    for name in cli.COMMANDS:
        command = cli.main.get_command(context, name)
        assert command.name == name
        assert command.help
        assert "..." not in command.get_short_help_str(61), name


def test_a_command_that_two_rooms_carry_out_takes_the_options_of_both():
    printed = CliRunner().invoke(cli.main, ["gallery", "--help"]).output
    assert "--seeds" in printed
    assert "--output" in printed


def test_without_a_command_all_are_listed():
    result = CliRunner().invoke(cli.main, [])
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.output for name in cli.COMMANDS)


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["train", "--no-such-option"]])
def test_an_option_that_does_not_exist_is_one_sentence(arguments: list[str]):
    result = CliRunner().invoke(cli.main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: No such option '--no-such-option'")

"""The console command, and `python -m vanishing_gradients`.

What the command line is made of takes a while to import. Until it can answer for itself, a signal
that asks to stop ends the process at once.
"""

from vanishing_gradients.interruption import at_once


def main() -> None:
    """Run the command that is on the command line."""
    with at_once():
        from vanishing_gradients.cli import main as command

        command()


if __name__ == "__main__":
    main()

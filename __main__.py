"""The console command, and `python -m vanishing_gradients`.

The command line takes a while to import. Until it can handle signals itself, a signal that asks to
stop ends the process at once.
"""

from vanishing_gradients.interruption import at_once


def main() -> None:
    """Run the command given on the command line."""
    with at_once():
        from vanishing_gradients.cli import main as command

        command()


if __name__ == "__main__":
    main()

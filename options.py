"""Option types shared by the commands of several packages."""

import click

RUN = click.IntRange(1, 2**31 - 1)
"""A run's number, within the range of the column `runs.run_id`."""

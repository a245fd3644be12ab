"""Values that options take in the commands of several rooms."""

import click

RUN = click.IntRange(1, 2**31 - 1)
"""The number of a run, as far as the column `runs.run_id` goes."""

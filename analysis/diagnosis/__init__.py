"""`make diagnose`: what is wrong with a run, in words, with the numbers and what to try.

choice       which run
settings     what it was told to do
evidence     all that the views say about it
thresholds   the lines between healthy and sick
faults       one module a fault, and their order, causes first
finding      a fault that was seen, and remedies
remedies     changes to a TOML file, with their sources
judgement    which faults there are
numbers      those of a healthy run
gaps         what cannot be known
wording      numbers and settings in words
output       all of it as lines
"""

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.diagnosis.choice import chosen_run
from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.finding import Finding, Remedy
from vanishing_gradients.analysis.diagnosis.judgement import Judgement, judged
from vanishing_gradients.analysis.diagnosis.output import lines

__all__ = ["Evidence", "Finding", "Judgement", "Remedy", "chosen_run", "diagnose", "judged"]


def diagnose(connection: Connection, run: pd.Series) -> Iterator[str]:
    """Yield the lines of the diagnosis of `run`, a row of experiment_summary."""
    evidence = Evidence(connection, run)
    yield from lines(evidence, judged(evidence))

"""`make diagnose`: what is wrong with a run, in words, with the numbers and what to try.

configuration  what a run was asked to do, as far as it is known
evidence     which run, what it was asked to do, and all that the views say about it
thresholds   the lines between healthy and sick
faults       what is looked for, causes first, and what was found
remedies     changes to a TOML file, with their sources
pytorch      the same as lines of PyTorch, for watched models
checklist    what to check if nothing is found
wording      numbers and settings in words
output       all of it as lines, with the numbers of a healthy run and what cannot be known
"""

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import Connection, Engine

from vanishing_gradients.analysis.diagnosis.evidence import RunEvidence, chosen_run
from vanishing_gradients.analysis.diagnosis.faults import Diagnosis, Fault, evaluate
from vanishing_gradients.analysis.diagnosis.output import lines
from vanishing_gradients.analysis.diagnosis.remedies import Remedy
from vanishing_gradients.analysis.runs import known_run
from vanishing_gradients.analysis.views import ask

__all__ = [
    "Diagnosis", "Fault", "Remedy", "RunEvidence", "chosen_run", "diagnose", "evaluate", "examined",
]  # fmt: skip


def examined(engine: Engine, run_id: int) -> tuple[RunEvidence, Diagnosis]:
    """Return all that the views say of a run, and its diagnosis.

    Raises NoRowsError if there is no such run.
    """
    with engine.connect() as connection:
        run = known_run(ask(connection, "experiment_summary"), run_id)
        evidence = RunEvidence(connection, run)
    return evidence, evaluate(evidence)


def diagnose(connection: Connection, run: pd.Series) -> Iterator[str]:
    """Yield the lines of the diagnosis of `run`, a row of experiment_summary."""
    evidence = RunEvidence(connection, run)
    yield from lines(evidence, evaluate(evidence))

"""What a report would need and does not have, each with the command that gets it."""

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.statistics import ALPHA

ENOUGH_SEEDS = 10
FEWEST_SEEDS = 6  # with fewer no permutation test of pairs reaches 0.05, two-sided


def missing(evidence: Evidence) -> list[str]:
    """Return a sentence for every run, telemetry or number of seeds that is wanting."""
    found = []
    for dataset in paper.DATASETS:
        absent, without_rows, counts = [], [], []
        for experiment in paper.EXPERIMENTS:
            try:
                counts.append(len(evidence.seeds(experiment, dataset)))
            except NoRowsError:
                absent.append(experiment)
                continue
            if evidence.reference(experiment, dataset).telemetry != "full":
                without_rows.append(experiment)
        if len(absent) == len(paper.EXPERIMENTS):
            found.append(
                f"There is no run on {dataset} as the paper has it: "
                f"`make train EXP=all DATASET={dataset}`."
            )
            continue
        found += [
            f"There is no run of {each} on {dataset} as the paper has it: "
            f"`make train EXP={each} DATASET={dataset}`."
            for each in absent
        ]
        found += [
            f"No run of {each} on {dataset} has its gradients in the tables, so what storage does "
            f"to them cannot be shown: `make train EXP={each} DATASET={dataset}`."
            for each in without_rows
        ]
        if min(counts) < FEWEST_SEEDS:
            found.append(
                f"On {dataset} there are {min(counts)} seeds of an experiment at least: with fewer "
                f"than {FEWEST_SEEDS} no test of pairs can reach {ALPHA:g}. `make train EXP=all "
                f"SEEDS={ENOUGH_SEEDS} TELEMETRY=statistics DATASET={dataset}`."
            )
    return found

"""What cannot be known of a run, since it was not recorded."""

from vanishing_gradients.analysis.diagnosis.evidence import Evidence
from vanishing_gradients.analysis.diagnosis.judgement import Judgement


def gaps(evidence: Evidence, judgement: Judgement) -> list[str]:
    """Return a sentence for each thing that is not known, with what would make it known."""
    run, found = evidence.run, []
    if judgement.unjudged:
        found.append(
            f"{', '.join(judgement.unjudged)}: the run was recorded before steps and single "
            f"neurons were; train it again with `make train EXP={run['experiment']}`."
        )
    if run["status"] != "finished":
        found.append(
            f"How it would have gone on: the run is {run['status']} after {evidence.epochs} of "
            f"{run['epochs']} epochs."
        )
    if evidence.epochs == 1:
        found.append("Whether the loss jumps between epochs: there is one alone.")
    if run["record_every"] > 1:
        found.append(
            f"What happened between the recorded steps, which are every {run['record_every']}th."
        )
    if run["telemetry"] != "full":
        found.append(
            "The noise scale of gradients: the run kept statistics alone; TELEMETRY=full keeps "
            "what it is worked out from."
        )
    return found

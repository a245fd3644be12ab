"""The command `remedy`."""

from pathlib import Path

import click

from vanishing_gradients.console import mention, progress, say, show
from vanishing_gradients.options import EPOCHS, RUN, into, with_data_dir
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.lifecycle import owner_engine


@click.command()
@click.option("--run", "run_id", type=RUN, help="This run, in any state.")
@click.option("--exp", "experiment", help="The newest finished run of this experiment.")
@click.option(
    "--epochs",
    type=EPOCHS,
    help="Epochs of each trial  [default: 3, or all of the run's for overfitting]",
)
@with_data_dir
@into("remedies", "Folder for the experiments' files.")
def remedy(
    run_id: int | None,
    experiment: str | None,
    epochs: int | None,
    data_dir: Path | None,
    folder: Path,
) -> None:
    """Try each remedy of a run's diagnosis for a few epochs.

    The default is the newest run. Of a watched model it says what to change.
    """
    from vanishing_gradients.analysis.diagnosis import RunEvidence, chosen_run, evaluate
    from vanishing_gradients.analysis.diagnosis.output import lines, remedies_in_words
    from vanishing_gradients.analysis.views import ask
    from vanishing_gradients.remedy import candidates, trials
    from vanishing_gradients.remedy.table import conclusion, ranked, table

    engine = owner_engine()
    with engine.connect() as connection:
        run = chosen_run(ask(connection, "experiment_summary"), run_id, experiment)
        evidence = RunEvidence(connection, run)
    diagnosis = evaluate(evidence)
    if not diagnosis.faults:
        for line in lines(evidence, diagnosis):
            show(line)
        say("There is no fault to try a remedy of.")
        return
    number, fault = int(run["run_id"]), diagnosis.faults[0]
    say(f"Run {number} of {run['experiment']}: {fault.in_words}.")
    if evidence.watched:
        show("Its own program trains it; what to change there, one at a time, most likely first:")
        for line in remedies_in_words(evidence, fault):
            show(line)
        return
    patient = trials.sick(engine, number, data_dir)
    chosen = candidates.candidates(patient.experiment, number, diagnosis, epochs, folder)
    candidates.write(chosen, number)
    files = "file is" if len(chosen) == 1 else f"{len(chosen)} files are"
    say(f"The {files} written into {folder}; each is trained now.")
    url = lifecycle.current().owner
    results = [(each, trials.tried(engine, url, patient, each, progress())) for each in chosen]
    before, found = trials.outcome(engine, number), ranked(results)
    show(table(before, found))
    mention(conclusion(before, found))

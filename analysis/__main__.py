"""The command line of the reports: `vanishing-gradients figures`, `compare` and the others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from vanishing_gradients.analysis.audit import Evidence, output, run_audit
from vanishing_gradients.analysis.audit.nearest import nearest
from vanishing_gradients.analysis.comparison import compare as compare_runs
from vanishing_gradients.analysis.diagnosis import chosen_run
from vanishing_gradients.analysis.diagnosis import diagnose as diagnose_run
from vanishing_gradients.analysis.errors import AnalysisError
from vanishing_gradients.analysis.exhibition import exhibit
from vanishing_gradients.analysis.report import report as write_report
from vanishing_gradients.analysis.runs import chosen_runs, finished_runs
from vanishing_gradients.analysis.showcase import show
from vanishing_gradients.analysis.verification import to_verify
from vanishing_gradients.analysis.verification import verify as verify_runs
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.server.lifecycle import reader_engine
from vanishing_gradients.server.refusal import Refusal
from vanishing_gradients.sql.errors import DatabaseError

FIGURES = Path("figures")
REPORT = Path("report")
COMPARISON = Path("compare")
GALLERY = Path("gallery")
KEPT = "kept.json"


def into(default: Path, what: str) -> Callable:
    """Add --output, the folder that a command writes into."""
    return click.option(
        "--output",
        "folder",
        type=click.Path(path_type=Path),
        default=default,
        show_default=True,
        help=what,
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Answer what a user can mend with its one sentence, and exit status 2."""
    try:
        yield
    except (AnalysisError, DatabaseError) as error:
        raise Refusal(str(error)) from error


@click.group()
def main() -> None:
    """Report on finished runs, from the SQL views alone."""


@main.command()
@click.option("--run", "run_id", type=click.IntRange(min=1), help="Only this run.")
@click.option("--exp", "experiment", help="Only runs of this experiment.")
@into(FIGURES, "Folder for the pages; other files in it stay as they are.")
@click.option("--no-png", is_flag=True, help="Pages alone, without PNG beside them.")
def figures(run_id: int | None, experiment: str | None, folder: Path, no_png: bool) -> None:
    """Draw the paper's figures of every finished run, as pages that open offline."""
    with refusals(), reader_engine().connect() as connection:
        exhibit(connection, folder, run_id, experiment, images=not no_png, say=click.echo)


@main.command()
@into(REPORT, "Folder for audit.csv, and for what was measured on the raw rows.")
def audit(folder: Path) -> None:
    """Test every claim of the paper on our rows."""
    with refusals():
        evidence = Evidence(reader_engine(), folder / KEPT, say=click.echo)
        finished_runs(evidence.summary)  # without one there is nothing to put a claim to
        results = list(run_audit(evidence))
        found = nearest(evidence)
        path = output.write_csv(results, folder)
    output.print_table(results)
    output.print_nearest(found)
    click.echo(f"{output.counts(results)} All of them, with their queries: {path}.")


@main.command()
@click.option("--run", "run_id", type=click.IntRange(min=1), help="Show this run too.")
@into(REPORT, "Folder for report.html, audit.csv, and what was measured on the raw rows.")
def report(run_id: int | None, folder: Path) -> None:
    """Set the paper beside our rows: audit, tables, figures and answers in one HTML file."""
    with refusals():
        evidence = Evidence(reader_engine(), folder / KEPT, say=click.echo)
        path = write_report(evidence, folder, run_id, say=click.echo)
    size = path.stat().st_size / 1e6
    click.echo(f"{path}, {size:.1f} MB: open it in a browser; it needs no network.")


@main.command()
@click.option("--runs", "chosen", default="", help="Runs, or experiments' newest ones: 3,relu_sgd.")
@into(COMPARISON, "Folder for the page; other files in it stay as they are.")
@click.option("--no-png", is_flag=True, help="The page alone, without PNG beside it.")
def compare(chosen: str, folder: Path, no_png: bool) -> None:
    """Set finished runs beside each other: what differs first, then what came of it."""
    with refusals(), reader_engine().connect() as connection:
        runs = chosen_runs(ask(connection, "experiment_summary"), chosen)
        compare_runs(connection, runs, folder, images=not no_png, say=click.echo)


@main.command()
@click.option("--run", "run_id", type=click.IntRange(min=1), help="This run, in any state.")
@click.option("--exp", "experiment", help="The newest finished run of this experiment.")
def diagnose(run_id: int | None, experiment: str | None) -> None:
    """Say what is wrong with a run, and what to try; of the newest one if none is named."""
    with refusals(), reader_engine().connect() as connection:
        run = chosen_run(ask(connection, "experiment_summary"), run_id, experiment)
        for line in diagnose_run(connection, run):
            click.echo(line)


@main.command()
@into(GALLERY, "Folder for the page; other files in it stay as they are.")
def gallery(folder: Path) -> None:
    """Show every experiment that has a finished run beside all others, in one page."""
    with refusals(), reader_engine().connect() as connection:
        show(connection, folder, say=click.echo)


@main.command()
@click.option("--run", "run_id", type=click.IntRange(min=1), help="Only this run, in any state.")
@click.option("--exp", "experiment", help="Only runs of this experiment.")
def verify(run_id: int | None, experiment: str | None) -> None:
    """Recompute finished runs from their raw rows; exit with 1 where something disagrees."""
    with refusals():
        engine = reader_engine()
        with engine.connect() as connection:
            runs = to_verify(ask(connection, "experiment_summary"), run_id, experiment)
        wrong = verify_runs(engine, runs, say=click.echo)
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

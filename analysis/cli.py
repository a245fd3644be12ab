"""The commands of the reports: `figures`, `compare` and so on.

Drawing and computing code is imported by the commands that need it: pandas, scipy and plotly take
seconds, and a mistyped option should be answered immediately.
"""

from pathlib import Path

import click

from vanishing_gradients.console import mention, show
from vanishing_gradients.options import RUN, into
from vanishing_gradients.server.lifecycle import reader_engine

KEPT = "kept.json"


@click.command()
@click.option("--run", "run_id", type=RUN, help="Only this run.")
@click.option("--exp", "experiment", help="Only runs of this experiment.")
@into("figures", "Folder for the pages; other files in it stay as they are.")
@click.option("--no-png", is_flag=True, help="Pages only, without PNG.")
def figures(run_id: int | None, experiment: str | None, folder: Path, no_png: bool) -> None:
    """Draw the paper's figures of every finished run.

    They are pages that open offline.
    """
    from vanishing_gradients.analysis.pages.figures_page import write

    with reader_engine().connect() as connection:
        write(connection, folder, run_id, experiment, images=not no_png, say=mention)


@click.command()
@into("report", "Folder for audit.csv, and for what was measured on the raw rows.")
def audit(folder: Path) -> None:
    """Test every claim of the paper on our rows."""
    from vanishing_gradients.analysis.audit import Evidence, output, run_audit
    from vanishing_gradients.analysis.audit.nearest import nearest
    from vanishing_gradients.analysis.runs import finished_runs

    evidence = Evidence(reader_engine(), folder / KEPT, say=mention)
    finished_runs(evidence.summary)  # without a run there is nothing to test a claim on
    results = list(run_audit(evidence))
    found = nearest(evidence)
    path = output.write_csv(results, folder)
    output.print_table(results)
    output.print_assumptions()
    output.print_nearest(found)
    show(f"{output.counts(results)} All of them, with their queries: {path}.")


@click.command()
@click.option("--run", "run_id", type=RUN, help="Show this run too.")
@into("report", "Folder for report.html, audit.csv, and what was measured on the raw rows.")
def report(run_id: int | None, folder: Path) -> None:
    """Show the paper next to our rows, on one page.

    It holds audit, tables, figures and answers, in one HTML file.
    """
    from vanishing_gradients.analysis.audit import Evidence
    from vanishing_gradients.analysis.pages.report_page import write

    evidence = Evidence(reader_engine(), folder / KEPT, say=mention)
    path = write(evidence, folder, run_id, say=mention)
    size = path.stat().st_size / 1e6
    mention(f"{path}, {size:.1f} MB: open it in a browser; it needs no network.")


@click.command()
@click.option("--runs", "chosen", default="", help="Runs, or experiments' newest ones: 3,relu_sgd.")
@into("compare", "Folder for the page; other files in it stay as they are.")
@click.option("--no-png", is_flag=True, help="The page only, without PNG.")
def compare(chosen: str, folder: Path, no_png: bool) -> None:
    """Compare finished runs side by side, on one page.

    The differences in settings come first, then the results.
    """
    from vanishing_gradients.analysis.pages.compare_page import write
    from vanishing_gradients.analysis.runs import chosen_runs
    from vanishing_gradients.analysis.views import ask

    with reader_engine().connect() as connection:
        runs = chosen_runs(ask(connection, "experiment_summary"), chosen)
        write(connection, runs, folder, images=not no_png, say=mention)


@click.command()
@click.option("--run", "run_id", type=RUN, help="This run, in any state.")
@click.option("--exp", "experiment", help="The newest finished run of this experiment.")
def diagnose(run_id: int | None, experiment: str | None) -> None:
    """Say what is wrong with a run, and what to try.

    The default is the newest run.
    """
    from vanishing_gradients.analysis.diagnosis import chosen_run
    from vanishing_gradients.analysis.diagnosis import diagnose as diagnose_run
    from vanishing_gradients.analysis.views import ask

    with reader_engine().connect() as connection:
        run = chosen_run(ask(connection, "experiment_summary"), run_id, experiment)
        for line in diagnose_run(connection, run):
            show(line)


@click.command()
@into("gallery", "Folder for the page; other files in it stay as they are.")
def gallery(folder: Path) -> None:
    """The page shows every experiment that has a finished run next to all others."""
    from vanishing_gradients.analysis.pages.gallery_page import write

    with reader_engine().connect() as connection:
        write(connection, folder, say=mention)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8050, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--token", envvar="TOKEN", help="Outside loopback, needed to open the page; random.")
def live(port: int, host: str, token: str | None) -> None:
    """Serve a page that follows runs while they train."""
    from vanishing_gradients.analysis.live.server import serve
    from vanishing_gradients.analysis.views import rows

    engine = reader_engine()
    with engine.connect() as connection:
        known = rows(connection, "experiment_summary")
    if known.empty:
        mention("There is no run yet: `make train EXP=sigmoid_sgd`, in another terminal.")
    serve(engine, host, port, token, mention)


@click.command()
@click.option("--run", "run_id", type=RUN, help="Only this run, in any state.")
@click.option("--exp", "experiment", help="Only runs of this experiment.")
def verify(run_id: int | None, experiment: str | None) -> None:
    """Recompute finished runs from their raw rows.

    The exit status is 1 if something disagrees.
    """
    from vanishing_gradients.analysis.verification import to_verify
    from vanishing_gradients.analysis.verification import verify as verify_runs
    from vanishing_gradients.analysis.views import ask

    engine = reader_engine()
    with engine.connect() as connection:
        runs = to_verify(ask(connection, "experiment_summary"), run_id, experiment)
    if verify_runs(engine, runs, say=show):
        raise SystemExit(1)

"""The results of the audit, on a terminal and as CSV."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Result, Verdict
from vanishing_gradients.analysis.audit.nearest import Trial
from vanishing_gradients.analysis.pages.page import staged
from vanishing_gradients.console import show
from vanishing_gradients.installation import as_typed

CSV = "audit.csv"
WIDTH = 140  # without a terminal
STYLES = {
    Verdict.REPRODUCED: "green",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.ARTEFACT: "magenta",
    Verdict.CONTRADICTION: "yellow",
    Verdict.UNTESTED: "dim",
}

Results = Sequence[tuple[str, Result]]


def counts(results: Results) -> str:
    """Return how many claims got each verdict, in one line."""
    found = Counter(result.verdict for _, result in results)
    parts = [f"{found[verdict]} {verdict}" for verdict in Verdict if found[verdict]]
    return f"{len(results)} claims: {', '.join(parts)}."


def print_table(results: Results) -> None:
    """Print a table of all claims."""
    for section in dict.fromkeys(section for section, _ in results):
        table = Table(title=section, title_justify="left", show_lines=True, expand=True)
        table.add_column("in the paper", ratio=3)
        table.add_column("verdict", ratio=1, min_width=11)
        table.add_column("in our rows", ratio=4)
        for _, result in (each for each in results if each[0] == section):
            table.add_row(
                Text(f"{result.claim.place}: {result.claim.printed}"),
                Text(result.verdict, STYLES[result.verdict]),
                Text(as_typed(found_text(result))),
            )
        show(table, WIDTH)


def print_nearest(found: Mapping[tuple[str, str], Sequence[Trial]]) -> None:
    """Print how closely the first epochs of Tables 8 and 10 can be approximated, if tried."""
    for (dataset, experiment), tried in found.items():
        table = Table(
            title=f"Nearest to the first epoch of Table {paper.RATIO_TABLES[experiment]}, "
            f"{experiment} on {dataset}",
            title_justify="left",
        )
        for name in ("run", "seed", "decimals", "in unused columns", "of the same kind", "decades"):
            table.add_column(name, justify="right")
        for trial in tried:
            table.add_row(
                str(trial.run_id),
                str(trial.seed),
                "all" if trial.decimals is None else str(trial.decimals),
                f"{trial.filler:g}" if trial.filler else "nothing",
                f"{trial.alike} of {trial.cells}",
                f"{trial.decades:.2f}",
            )
        show(table, WIDTH)


def found_text(result: Result) -> str:
    """Return the finding on the deciding data set, and the verdict on any other."""
    own = f"{result.dataset}: " if result.dataset else ""
    text = f"{own}{result.finding.found}."
    if result.finding.view:
        text += f" View: {result.finding.view}."
    for dataset, finding in result.others.items():
        text += f" {dataset}: {finding.verdict}."
    return text


def frame(results: Results) -> pd.DataFrame:
    """Return the results, one row per claim and data set; `counts` marks the verdict's row."""
    return pd.DataFrame(
        [
            {
                "section": section,
                "claim": result.claim.name,
                "place": result.claim.place,
                "printed": result.claim.printed,
                "tolerance": result.claim.tolerance,
                "dataset": dataset or "both",
                "counts": dataset == result.dataset,
                "verdict": str(finding.verdict),
                "found": finding.found,
                "view": finding.view,
                "queries": ";\n".join(result.queries),
            }
            for section, result in results
            for dataset, finding in result.findings.items()
        ]
    )


def write_csv(results: Results, folder: Path) -> Path:
    """Write all results into `folder` as CSV and return its path."""
    with staged(folder, last=CSV) as stage:
        frame(results).to_csv(stage / CSV, index=False)
    return folder / CSV

"""The results of the audit, on a terminal and as CSV."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.assumptions import ASSUMED, CREDIT
from vanishing_gradients.analysis.audit.claim import Result, Verdict
from vanishing_gradients.analysis.audit.nearest import Trial
from vanishing_gradients.analysis.pages.page import staged
from vanishing_gradients.console import show
from vanishing_gradients.installation import as_typed

CSV = "audit.csv"
WIDTH = 140  # without a terminal
STYLES = {
    Verdict.REPRODUCED: "green",
    Verdict.SEEN: "cyan",
    Verdict.NOT_REPRODUCED: "red",
    Verdict.ARTEFACT: "magenta",
    Verdict.HOLDS: "green",
    Verdict.CONTRADICTION: "yellow",
    Verdict.MISPRINT: "blue",
    Verdict.UNDECIDED: "dim",
    Verdict.UNTESTED: "dim",
}

Results = Sequence[tuple[str, Result]]


def counts(results: Results) -> str:
    """Return how many claims got each verdict: those put to the rows, then those of arithmetic.

    A second name of the same number is not counted.
    """
    every = [result for _, result in results]
    rows = [result for result in every if result.counted]
    sums = [each for each in every if each.claim.arithmetic and not each.claim.same_as]
    again = len(every) - len(rows) - len(sums)
    text = f"{len(rows)} claims put to the rows: {_verdicts(rows)}."
    if sums:
        text += f" {len(sums)} of arithmetic: {_verdicts(sums)}."
    return f"{text} {again} more say a number again, and are not counted." if again else text


def _verdicts(results: Sequence[Result]) -> str:
    found = Counter(result.verdict for result in results)
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in Verdict if found[verdict])


def verdict_text(result: Result) -> str:
    """Return the verdict in words, and whose number it is if it does not count."""
    again = f" (the same as {result.claim.same_as})" if result.claim.same_as else ""
    return f"{result.finding.label}{again}"


def print_table(results: Results) -> None:
    """Print a table of all claims."""
    for section in dict.fromkeys(section for section, _ in results):
        table = Table(title=section, title_justify="left", show_lines=True, expand=True)
        table.add_column("in the paper", ratio=3)
        table.add_column("verdict", ratio=1, min_width=11)
        table.add_column("in our rows", ratio=4)
        for _, result in (each for each in results if each[0] == section):
            table.add_row(
                Text(f"{result.claim.place}: {result.claim.shown}"),
                Text(verdict_text(result), STYLES[result.verdict]),
                Text(as_typed(found_text(result))),
            )
        show(table, WIDTH)


def print_assumptions() -> None:
    """Print what the paper does not say and was assumed, and what the author made possible."""
    table = Table(title="What the paper does not say, and what was assumed", title_justify="left")
    for name in ("of", "the paper says", "assumed"):
        table.add_column(name)
    for row in ASSUMED:
        table.add_row(*map(Text, row))
    show(table, WIDTH)
    show(CREDIT)


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
        text += f" {dataset}: {finding.label}."
    return text


def frame(results: Results) -> pd.DataFrame:
    """Return the results, one row per claim and data set; `counts` marks the verdict's row.

    `counted` is whether the claim is among those put to the rows; `same_as` names the claim that
    counts in its place.
    """
    return pd.DataFrame(
        [
            {
                "section": section,
                "claim": result.claim.name,
                "place": result.claim.place,
                "printed": result.claim.shown,
                "wording": result.claim.wording,
                "tolerance": result.claim.tolerance,
                "dataset": dataset or "none",
                "counts": dataset == result.dataset,
                "counted": result.counted,
                "same_as": result.claim.same_as,
                "verdict": str(finding.verdict),
                "seeds": "{} of {}".format(*finding.seen) if finding.seen else "",
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

"""The report as one HTML file: audit, answers, tables, figures, and the source of every number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit import Evidence, Verdict, output, run_audit
from vanishing_gradients.analysis.audit.assumptions import ASSUMED, CREDIT
from vanishing_gradients.analysis.audit.eligibility import LeftOut
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.pages import page, report_sections
from vanishing_gradients.analysis.runs import Run, finished_runs, latest_of_each_experiment, runs_of
from vanishing_gradients.analysis.statistics import ALPHA, CONFIDENCE, OVERALL, REJECTED
from vanishing_gradients.analysis.words import Say, plural

REPORT = "report.html"
OTHER_EXPERIMENT = "the paper has no such experiment"
ENOUGH_SEEDS = 10
FEWEST_SEEDS = 6  # with fewer no permutation test of pairs reaches 0.05, two-sided


def write(evidence: Evidence, folder: Path, run_id: int | None, say: Say) -> Path:
    """Write the report, and the audit as CSV, into `folder`; return the report's path.

    With `run_id` that run is shown too. Without any run the report says what is missing, and shows
    what needs no run. Raises NoRowsError if `run_id` is not a finished run; the folder is then
    unchanged.
    """
    summary = evidence.summary
    finished = runs_of(summary[summary["status"] == "finished"])
    asked = finished_runs(summary, run_id) if run_id is not None else []
    results = list(run_audit(evidence))
    say(output.counts(results))
    datasets = sorted(evidence.datasets, key=lambda name: name != evidence.fitting)
    shown = list(_shown(evidence, finished, asked, datasets))
    runs = [run for run, _ in shown]
    _ask_ahead(evidence, runs)
    sections = [report_sections.run_section(evidence, run, remark) for run, remark in shown]
    known = {run.run_id: run for run in (*evidence.runs, *runs)}
    verdicts = Counter(result.verdict for _, result in results if result.counted)
    sums = Counter(result.verdict for _, result in results if result.claim.arithmetic)
    queries = dict.fromkeys(query for _, result in results for query in result.queries)
    text = page.render(
        "report",
        paper=paper,
        made_at=datetime.now(UTC),
        fitting=evidence.fitting if len(evidence.distances) > 1 else "",
        distances=evidence.distances,
        runs=len(known),
        counts=[(verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]],
        sums=[(verdict, sums[verdict]) for verdict in Verdict if sums[verdict]],
        assumed=ASSUMED,
        credit=CREDIT,
        missing=missing(evidence),
        left_out=_left_out(evidence.left_out),
        audit={name: [own for section, own in results if section == name] for name, _ in results},
        queries={query: number for number, query in enumerate(queries, start=1)},
        datasets=[
            report_sections.dataset_section(evidence, name) for name in datasets if evidence.runs
        ],
        sections=sections,
        theory=report_sections.theory(),
        parts=report_sections.parts(),
        design=report_sections.design_tables(evidence, runs),
        networks=report_sections.networks(evidence, runs),
        configurations=report_sections.configurations(evidence, list(known.values())),
        alpha=ALPHA,
        confidence=CONFIDENCE,
        overall=OVERALL,
        rejected=REJECTED,
        script=page.script(),
    )
    with page.staged(folder, last=REPORT) as stage:
        output.frame(results).to_csv(stage / output.CSV, index=False)
        (stage / REPORT).write_text(text, encoding="utf-8")
    return folder / REPORT


def missing(evidence: Evidence) -> list[str]:
    """Return a sentence for every missing run, telemetry or number of seeds."""
    found = []
    for dataset in paper.DATASETS:
        counts, absent, without_rows = [], [], []
        for experiment in paper.EXPERIMENTS:
            train = f"`make train EXP={experiment} DATASET={dataset}`"
            try:
                counts.append(len(evidence.seeds(experiment, dataset)))
            except NoRowsError:
                absent.append(
                    f"There is no run of {experiment} on {dataset} as the paper has it: {train}."
                )
                continue
            if evidence.reference(experiment, dataset).telemetry != "full":
                without_rows.append(
                    f"No run of {experiment} on {dataset} has its gradients in the tables, so what "
                    f"storage does to them cannot be shown: {train}."
                )
        if not counts:
            found.append(
                f"There is no run on {dataset} as the paper has it: "
                f"`make train EXP=all DATASET={dataset}`."
            )
            continue
        found += absent + without_rows
        if min(counts) < FEWEST_SEEDS:
            found.append(
                f"On {dataset} there are {min(counts)} seeds of an experiment at least: with fewer "
                f"than {FEWEST_SEEDS} no test of pairs can reach {ALPHA:g}. `make train EXP=all "
                f"SEEDS={ENOUGH_SEEDS} TELEMETRY=statistics DATASET={dataset}`."
            )
    return found


def _shown(
    evidence: Evidence, finished: Sequence[Run], asked: Sequence[Run], datasets: Sequence[str]
) -> Iterator[tuple[Run, str]]:
    """Yield the runs with their own section, each with a remark if needed."""
    seen: set[int] = set()
    covered: set[str] = set()
    for dataset in datasets:
        for experiment in paper.EXPERIMENTS:
            try:
                run = evidence.reference(experiment, dataset)
            except NoRowsError:
                continue
            seen.add(run.run_id)
            covered.add(experiment)
            yield run, ""
    reasons = {each.run_id: each.reason for each in evidence.left_out}
    others = [run for run in finished if run.experiment not in covered]
    for run in [*asked, *latest_of_each_experiment(others)]:
        if run.run_id not in seen:
            seen.add(run.run_id)
            eligible = any(run.run_id == each.run_id for each in evidence.runs)
            yield run, "" if eligible else reasons.get(run.run_id, OTHER_EXPERIMENT)


def _ask_ahead(evidence: Evidence, runs: Sequence[Run]) -> None:
    """Run queries that read whole gradient tables ahead, for several runs at a time."""

    def ask(question: tuple[str, int]) -> None:
        view, run_id = question
        with suppress(NoRowsError):  # reported by the code that needs the rows
            evidence.ask(view, run_id=run_id)

    slow = ("gradient_norm_ratios", "gradient_norms")
    with ThreadPoolExecutor(evidence.connections) as pool:
        list(pool.map(ask, [(view, run.run_id) for run in runs for view in slow]))


def _left_out(runs: Sequence[LeftOut]) -> list[str]:
    """Return a sentence about the runs that are left out for one reason."""
    groups: dict[str, list[str]] = {}
    for each in runs:
        groups.setdefault(each.reason, []).append(f"{each.run_id} ({each.experiment})")
    return [
        f"Left out of the audit, {plural(len(names), 'run')} {', '.join(names)}: {reason}."
        for reason, names in groups.items()
    ]

"""What the report says of a run and of a data set: tables, figures, tests, nearest storage."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from vanishing_gradients.analysis import paper, tables
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.audit.nearest import Trial, nearest
from vanishing_gradients.analysis.audit.stored import DECIMALS, FILLER, stored_ratios
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import Effect
from vanishing_gradients.analysis.pages import spelled
from vanishing_gradients.analysis.report import plates
from vanishing_gradients.analysis.report.answers import NAMES, Answer, answers
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.tables import PaperTable

DEEP = tuple(range(5, paper.LAYERS))
EARLY = (1, 2, 3, 4)
SNAPSHOT = (3, (1, 2), 6)  # layer, epochs and rows of Figure 14


@dataclass(frozen=True)
class RunSection:
    """One run: its tables and figures, in the paper's order, and what is wanting."""

    run: Run
    title: str
    remark: str
    tables: tuple[PaperTable, ...]
    snapshots: tuple[tuple[str, pd.DataFrame], ...]
    plates: tuple[plates.Plate, ...]
    wanting: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetSection:
    """All that is said of one data set."""

    dataset: str
    answers: tuple[Answer, ...]
    effects: tuple[Effect, ...]
    nearest: tuple[tuple[int, tuple[Trial, ...]], ...]
    table: PaperTable | None
    plates: tuple[plates.Plate, ...]


@dataclass
class Configuration:
    """A configuration with everything that tells runs apart but their seed, and its runs."""

    experiment: str
    dataset: str
    sha256: str
    commit: str
    packages: str
    config: str
    runs: list[str] = field(default_factory=list)


def run_section(evidence: Evidence, run: Run, remark: str = "") -> RunSection:
    """Return the section of one run, with what its views have rows for."""
    name = NAMES.get(run.experiment, run.experiment)
    title = f"{name[0].upper()}{name[1:]} on {spelled(run.dataset)}, run {run.run_id}"
    found: list[PaperTable] = []
    shots: list[tuple[str, pd.DataFrame]] = []
    figures: list[plates.Plate] = []
    wanting: list[str] = []
    try:
        found = _tables(evidence, run)
        figures = list(plates.of_run(evidence, run))
    except NoRowsError as error:
        wanting.append(str(error))
    try:
        found += _stored_tables(evidence, run)
        shots = _snapshots(evidence, run)
    except NoRowsError as error:
        wanting.append(str(error))
    return RunSection(
        run, title, remark, tuple(found), tuple(shots), tuple(figures), tuple(wanting)
    )


def dataset_section(evidence: Evidence, dataset: str) -> DatasetSection:
    """Return the section of one data set."""
    found = [
        (paper.RATIO_TABLES[experiment], tuple(tried))
        for (searched, experiment), tried in nearest(evidence).items()
        if searched == dataset
    ]
    return DatasetSection(
        dataset,
        tuple(answers(evidence, dataset)),
        tuple(evidence.effects(dataset)),
        tuple(found),
        _table_over_seeds(evidence, dataset),
        tuple(plates.over_seeds(evidence, dataset)),
    )


def configurations(evidence: Evidence, runs: Sequence[Run]) -> list[Configuration]:
    """Return the distinct configurations of `runs`, each with its runs."""
    found: dict[tuple[str, ...], Configuration] = {}
    for run in runs:
        row = evidence.ask("run_provenance", run_id=run.run_id).iloc[0]
        commit = row["git_commit"] if isinstance(row["git_commit"], str) else "unknown"
        packages = ", ".join(
            f"{name} {version}" for name, version in json.loads(row["package_versions"]).items()
        )
        config = json.dumps(json.loads(row["config"]), indent=1, sort_keys=True)
        key = (run.experiment, run.dataset, row["dataset_sha256"], commit, packages, config)
        told = f"run {run.run_id} (seed {run.seed}, {run.float_type}, {run.telemetry})"
        found.setdefault(key, Configuration(*key)).runs.append(told)
    return list(found.values())


def _table_over_seeds(evidence: Evidence, dataset: str) -> PaperTable | None:
    try:
        return tables.seeds_table(evidence.ratios(paper.CLASS_TABLE, dataset))
    except NoRowsError:
        return None


def _tables(evidence: Evidence, run: Run) -> list[PaperTable]:
    ratios = evidence.ask("gradient_norm_ratios", run_id=run.run_id)
    if ratios.empty:
        return []
    found = [
        tables.ratio_table(ratios, run.experiment),
        tables.class_table(ratios, run.experiment),
    ]
    if run.experiment not in paper.EXPERIMENTS or run.experiment == "relu_sgd":
        found.append(tables.last_layers_table(ratios, run.experiment))
        found.append(tables.first_epoch_table(ratios, run.experiment))
    return found


def _stored_tables(evidence: Evidence, run: Run) -> list[PaperTable]:
    """Return the sigmoid tables as their storage would have them: the constants, the infinities."""
    if not run.experiment.startswith("sigmoid_") or run not in evidence.runs:
        return []
    ratios = [_stored(evidence, run, DEEP, FILLER)]
    if run.experiment == "sigmoid_sgd":
        ratios.insert(0, _stored(evidence, run, EARLY, 0.0))
    title = (
        f"The same with {DECIMALS} decimals kept and {FILLER:,.0f} in unused columns "
        "(views stored_norm_avg)"
    )
    stored = pd.concat(ratios)
    return [tables.ratio_table(stored, run.experiment, title, tables.PRINTED_DIGITS)]


def _stored(evidence: Evidence, run: Run, layers: Sequence[int], filler: float) -> pd.DataFrame:
    found = stored_ratios(evidence, run.experiment, run.dataset, layers, DECIMALS, filler)
    rows = found.rename_axis(columns="layer").stack(future_stack=True).rename("ratio").reset_index()
    # A NaN is x / 0 or 0 / 0, and the paper prints Infinity for either.
    return rows.assign(
        numerator=1.0, denominator=rows["ratio"].notna() * 1.0, **{"class": "stable"}
    )


def _snapshots(evidence: Evidence, run: Run) -> list[tuple[str, pd.DataFrame]]:
    """Return Figure 14: the first rows of a gradient table, as an SQL client shows them."""
    layer, epochs, rows = SNAPSHOT
    if run.experiment != "relu_sgd" or run.telemetry != "full":
        return []
    own = {
        "experiment": run.experiment,
        "layer": evidence.layer(run, layer),
        "run_id": run.run_id,
        "step": 1,
        "rows": rows,
    }
    return [
        (
            f"Layer {layer}, epoch {epoch}, first batch",
            evidence.ask("first_cells", epoch=epoch, **own),
        )
        for epoch in epochs
        if epoch <= run.epochs
    ]

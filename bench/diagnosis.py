"""The diagnosis on public cases: whether it names the cause, and whether its first remedy cures.

Runs are kept in a database of their own, so that one that was trained is not trained again: a
measurement that was stopped goes on where it was.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rich.table import Table
from rich.text import Text
from sqlalchemy import URL

from vanishing_gradients.analysis.diagnosis import RunEvidence, examined
from vanishing_gradients.analysis.diagnosis.wording import replacement
from vanishing_gradients.console import say, show
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.resumption import same_run
from vanishing_gradients.telemetry.session import RunOptions
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import Dataset
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.experiments.changing import changed
from vanishing_gradients.trainer.run import Plan, Settings, run_experiment

CASES = Path(__file__).parent / "cases"
GROUPS = {
    "judged": "cases that thresholds were set with",
    "held_out": "cases that were held out while thresholds were set",
    "healthy": "networks that train",
}
GAIN = 0.02
"""Test accuracy by which a cured network must be better; by as much less it is worse."""
OVERFITTING = "overfitting"


@dataclass(frozen=True)
class Case:
    """A network: its file, how many images it has, and what the first line of its diagnosis says.

    `cause` is a regular expression; None for a healthy one.
    """

    group: str
    path: Path
    cause: str | None
    limit: int | None = None


@dataclass(frozen=True)
class Verdict:
    """One run of a case: what was named first, and what the first remedy did.

    `before` and `after` are test accuracies; `after` is None where nothing was tried.
    """

    named: str
    right: bool
    before: float
    change: str = ""
    after: float | None = None
    cured: bool = False

    @property
    def worse(self) -> bool:
        """Whether the remedy left the network worse than it was."""
        return self.after is not None and not self.after >= self.before - GAIN


def cases(groups: Sequence[str] = tuple(GROUPS)) -> Iterator[Case]:
    """Yield the cases of these groups, by name."""
    causes = tomllib.loads((CASES / "causes.toml").read_text(encoding="utf-8"))
    for group in groups:
        for path in sorted((CASES / group).glob("*.toml")):
            known = causes.get(group, {}).get(path.stem, {})
            yield Case(group, path, known.get("cause"), known.get("limit"))


class Ward:
    """Trains cases into one database, each once, and judges them there."""

    def __init__(self, url: URL) -> None:
        self._url, self.engine = url, engine(url)
        history.upgrade(self.engine)

    def verdict(self, case: Case, dataset: Dataset, seed: int) -> Verdict:
        """Return what the diagnosis says of a case, and what its first remedy does."""
        experiment = experiments.load(case.path)
        settings = Settings(seed, "single", "statistics", limit=case.limit)
        sick, faults = self._judged(self._run(experiment, dataset, settings))
        before = _accuracy(sick)
        named = faults[0].in_words if faults else ""
        if case.cause is None:
            return Verdict(named, not faults, before)
        right = bool(re.search(case.cause, named))
        if not faults or not faults[0].remedies:
            return Verdict(named, right, before)
        change = faults[0].remedies[0].change
        text = replacement(change, experiment.model_dump(mode="json"))
        name = f"{experiment.name[:20]}_{sha256(text.encode()).hexdigest()[:8]}"
        cured = changed(experiment, change | {"name": name})
        evidence, left = self._judged(self._run(cured, dataset, settings))
        after = _accuracy(evidence)
        if faults[0].name == OVERFITTING:  # of few images, which a change of the file cannot add
            better = _loss(evidence) < _loss(sick) and after >= before - GAIN
        else:
            gone = faults[0].name not in [each.name for each in left]
            better = gone and after >= before + GAIN
        return Verdict(named, right, before, text, after, better)

    def _run(self, experiment: Experiment, dataset: Dataset, settings: Settings) -> int:
        plan = Plan(experiment, settings, dataset, experiment.name)
        known = same_run(self.engine, plan.description)
        if known is not None and known.finished:
            return known.run_id
        options = RunOptions(resumed=None if known is None else known.run_id)
        run_id = run_experiment(experiment, dataset, settings, self._url, options=options)
        say(f"Run {run_id}: {plan.title}, {dataset.name}.")
        return run_id

    def _judged(self, run_id: int) -> tuple[RunEvidence, tuple]:
        evidence, diagnosis = examined(self.engine, run_id)
        return evidence, diagnosis.faults


def measure(
    url: URL, datasets: Sequence[Dataset], seeds: Sequence[int], chosen: Sequence[Case]
) -> None:
    """Judge every case on every data set and seed, and print a table and a line for each group."""
    ward = Ward(url)
    for group, title in GROUPS.items():
        rows = {
            (case.path.stem, data.name): [ward.verdict(case, data, seed) for seed in seeds]
            for case in chosen
            if case.group == group
            for data in datasets
        }
        if rows:
            show(_table(title, rows))
            show(_line(group, [each for verdicts in rows.values() for each in verdicts]))
            show("")
    ward.engine.dispose()


def _table(title: str, rows: dict[tuple[str, str], list[Verdict]]) -> Table:
    table = Table(
        "case", "data set", "named first", "right", "first remedy", "test accuracy", "cured",
        title=title, title_justify="left",
    )  # fmt: skip
    for (name, dataset), verdicts in rows.items():
        first = verdicts[0]
        tried = [each for each in verdicts if each.after is not None]
        became = "" if first.after is None else f" -> {first.after:.3f}"
        table.add_row(
            name, dataset, first.named or "nothing",
            f"{sum(each.right for each in verdicts)} of {len(verdicts)}",
            Text(first.change), f"{first.before:.3f}{became}",
            f"{sum(each.cured for each in tried)} of {len(tried)}" if tried else "",
        )  # fmt: skip
    return table


def _line(group: str, verdicts: Sequence[Verdict]) -> str:
    right, total = sum(each.right for each in verdicts), len(verdicts)
    if group == "healthy":
        return f"Without a false fault: {right} of {total}."
    cured, worse = sum(each.cured for each in verdicts), sum(each.worse for each in verdicts)
    return (
        f"Cause named first: {right} of {total}; cured by the first remedy: {cured}; "
        f"worse than before: {worse}."
    )


def _loss(evidence: RunEvidence) -> float:
    return float(evidence.curves["test_loss"].astype(float).iloc[-1])


def _accuracy(evidence: RunEvidence) -> float:
    """Return the last test accuracy; 0 for a network whose outputs are not finite."""
    value = float(evidence.curves["test_accuracy"].astype(float).iloc[-1])
    return 0.0 if math.isnan(value) else value

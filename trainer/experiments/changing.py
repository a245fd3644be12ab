"""An experiment with some of its keys changed, and an experiment as the text of its file."""

from collections.abc import Mapping
from typing import Any

import tomli_w

from vanishing_gradients.trainer.experiments.catalogue import checked, updated
from vanishing_gradients.trainer.experiments.experiment import Experiment


def changed(experiment: Experiment, change: Mapping[str, object]) -> Experiment:
    """Return an experiment with what `change` says, by dotted key: {"optimizer.momentum": 0.9}.

    A key that says in another way what a changed one says is left out, and a table of another kind
    takes the place of the whole table. Raises ExperimentError where the result is no experiment.
    """
    table: dict[str, Any] = {}
    for key, value in change.items():
        *path, name = key.split(".")
        inner = table
        for part in path:
            inner = inner.setdefault(part, {})
        inner[name] = value
    return checked(updated(experiment.model_dump(mode="json"), table), experiment.name)


def file_text(experiment: Experiment, comment: str = "") -> str:
    """Return the text of a file that is this experiment, under a comment; defaults are left out."""
    table = experiment.model_dump(mode="json", exclude_defaults=True)
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return f"{head}{tomli_w.dumps(table)}"

"""Claims that the paper makes about several experiments, in their sections."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    either,
    in_seeds,
    span,
    within,
    within_seeds,
)
from vanishing_gradients.analysis.audit.stored import DIGITS, constant

CHANCE = 0.1
DIGIT = 1e-3  # the last printed digit of accuracies and losses
PERCENT = 0.005  # half of the one percent to which 10 % is printed
COLUMNS = {(5, 7, 9, 11): "1", (6,): "1.224744871", (8,): "1.08012345", (10,): "1.026436276"}
TO_TEN_DIGITS = f"{DIGITS:g}: the paper prints ten digits"
BOTH = "of training or of test images, whichever fits: the paper does not say which"


def constants(claim: Section, table: int) -> None:
    """Claim the columns of a table that hold one number in all epochs: one claim."""
    printed = "; ".join(
        f"layer{'s' * (len(layers) > 1)} {', '.join(map(str, layers))}: “{text}”"
        for layers, text in COLUMNS.items()
    )

    @claim(
        f"Table {table}",
        printed=f"{printed}, in all epochs",
        name=f"table_{table}_constants",
        tolerance=TO_TEN_DIGITS,
    )
    def table_constants(evidence: Evidence, dataset: str) -> Finding:
        return constant(evidence, claim.experiment, dataset, table, COLUMNS)


def of_either(
    curves: pd.DataFrame, column: str, holds: Callable[[pd.DataFrame], pd.DataFrame]
) -> Finding:
    """Test a statement on accuracies or losses of training and of test images, epochs across."""
    training, test = (cells(curves, name) for name in (column, f"test_{column}"))
    word = "the loss is" if column == "loss" else "accuracy is"
    return either(*(in_seeds(holds(found), f"{word} {span(found)}") for found in (training, test)))


def first_and_last(claim: Section, place: str, printed: Mapping[tuple[str, str], str]) -> None:
    """Claim the first and last accuracy and loss of the section's experiment."""
    curves = paper.printed_curves().loc[claim.experiment]
    for (column, when), text in printed.items():
        epoch = 1 if when == "first" else paper.EPOCHS
        _value(claim, place, text, column, when, epoch, float(curves[f"{column}_{when}"]))


def _value(
    claim: Section, place: str, text: str, column: str, when: str, epoch: int, printed: float
) -> None:
    @claim(
        place,
        printed=f"{text}, {column} of the {when} epoch",
        name=f"{claim.experiment}_{column}_{when}",
        tolerance=f"{BOTH}; {WITHIN_SEEDS}; give or take half of the last digit printed",
    )
    def value(curves: pd.DataFrame, dataset: str) -> Finding:
        return either(
            *(
                within_seeds(printed, at(curves, name, epoch), dataset, digit=DIGIT)
                for name in (column, f"test_{column}")
            )
        )


def at_chance(claim: Section, place: str, printed: str) -> None:
    """Claim that accuracy stays at one in ten in every epoch."""

    @claim(
        place,
        printed=printed,
        name=f"{claim.experiment}_accuracy_constant",
        tolerance=f"{100 * PERCENT:g} percentage points, half of the last digit printed, in every "
        f"epoch, {SEEDS}; {BOTH}",
    )
    def accuracy_constant(curves: pd.DataFrame) -> Finding:
        return of_either(curves, "accuracy", lambda found: (found - CHANCE).abs() <= PERCENT)


def loss_between(claim: Section, place: str, printed: str, low: float, high: float) -> None:
    """Claim that the loss stays between two values of three decimals."""

    @claim(
        place,
        printed=printed,
        name=f"{claim.experiment}_loss_range",
        tolerance=f"three decimals, as printed, in every epoch, {SEEDS}; {BOTH}",
    )
    def loss_range(curves: pd.DataFrame) -> Finding:
        return of_either(curves, "loss", lambda found: within(found.round(3), low, high))


def divergence(claim: Section, place: str, printed: str) -> None:
    """Claim that the loss diverges: that it ends above where it began."""

    @claim(
        place,
        printed=printed,
        name=f"{claim.experiment}_divergence",
        tolerance=f"a last loss at least a tenth above the first, or not finite, {SEEDS}",
    )
    def diverges(curves: pd.DataFrame) -> Finding:
        losses, said = cells(curves, "loss"), paper.printed_curves().loc[claim.experiment]
        return in_seeds(
            losses.isna().any(axis=1) | (losses.iloc[:, -1] > 1.1 * losses.iloc[:, 0]),
            f"the loss is {span(losses)} in all epochs",
            in_paper=bool(np.greater(said["loss_last"], 1.1 * said["loss_first"])),
        )

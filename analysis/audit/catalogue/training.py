"""Claims that the paper makes about several experiments, in their sections."""

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    at,
    cells,
    in_most_seeds,
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


def constants(claim: Section, table: int) -> None:
    """Claim the columns of a table that hold one number in all epochs."""
    for layers in COLUMNS:
        _constant(claim, table, layers)


def _constant(claim: Section, table: int, layers: tuple[int, ...]) -> None:
    @claim(
        f"Table {table}",
        printed=f"{'layers' if len(layers) > 1 else 'layer'} {', '.join(map(str, layers))}: "
        f"{COLUMNS[layers]} in all epochs",
        name=f"table_{table}_layers_{'_'.join(map(str, layers))}",
        tolerance=TO_TEN_DIGITS,
    )
    def table_layers(evidence: Evidence, dataset: str) -> Finding:
        return constant(evidence, claim.experiment, dataset, table, layers)


def first_and_last(claim: Section, place: str) -> None:
    """Claim the first and last accuracy and loss of the section's experiment."""
    printed = paper.printed_curves().loc[claim.experiment]
    for column in ("accuracy", "loss"):
        for when, epoch in (("first", 1), ("last", paper.EPOCHS)):
            _value(claim, place, column, when, epoch, printed[f"{column}_{when}"])


def _value(claim: Section, place: str, column: str, when: str, epoch: int, printed: float) -> None:
    @claim(
        place,
        printed=f"{column} {printed:{'.1%' if column == 'accuracy' else '.3f'}} in the {when} "
        "epoch",
        name=f"{claim.experiment}_{column}_{when}",
        tolerance=f"{WITHIN_SEEDS}; give or take half of the last digit printed",
    )
    def value(curves: pd.DataFrame, dataset: str) -> Finding:
        return within_seeds(printed, at(curves, column, epoch), dataset, digit=DIGIT)


def at_chance(claim: Section, place: str, printed: str) -> None:
    """Claim that accuracy stays at one in ten: on the test images, in every epoch."""

    @claim(
        place,
        printed=printed,
        name=f"{claim.experiment}_accuracy_constant",
        tolerance=f"{PERCENT:.1%}, half of the last digit printed, in every epoch, {MOST_SEEDS}",
    )
    def accuracy_constant(curves: pd.DataFrame) -> Finding:
        tested = cells(curves, "test_accuracy")
        return in_most_seeds(
            (tested - CHANCE).abs() <= PERCENT,
            f"test accuracy is {span(tested)}, training accuracy {span(curves['accuracy'])}",
        )


def loss_between(claim: Section, place: str, low: float, high: float) -> None:
    """Claim that the loss stays between two values of three decimals."""

    @claim(
        place,
        printed=f"loss stays around {low} to {high}",
        name=f"{claim.experiment}_loss_range",
        tolerance=f"three decimals, as printed, in every epoch, {MOST_SEEDS}",
    )
    def loss_range(curves: pd.DataFrame) -> Finding:
        losses = cells(curves, "loss")
        return in_most_seeds(within(losses.round(3), low, high), f"the loss is {span(losses)}")


def divergence(claim: Section, place: str, printed: str) -> None:
    """Claim that the loss diverges: that it ends above where it began."""

    @claim(
        place,
        printed=printed,
        name=f"{claim.experiment}_divergence",
        tolerance=f"a last loss at least a tenth above the first, or not finite, {MOST_SEEDS}",
    )
    def diverges(curves: pd.DataFrame) -> Finding:
        losses, said = cells(curves, "loss"), paper.printed_curves().loc[claim.experiment]
        return in_most_seeds(
            losses.isna().any(axis=1) | (losses.iloc[:, -1] > 1.1 * losses.iloc[:, 0]),
            f"the loss is {span(losses)} in all epochs",
            in_paper=said["loss_last"] > 1.1 * said["loss_first"],
        )

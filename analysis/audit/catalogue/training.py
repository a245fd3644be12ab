"""Claims on accuracy and loss that every experiment of the paper makes: first and last values."""

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Claim
from vanishing_gradients.analysis.audit.judges import (
    MOST_SEEDS,
    WITHIN_SEEDS,
    at,
    curves_of,
    in_most_seeds,
    sentence,
    span,
    within_seeds,
)

CHANCE = 0.1
DIGIT = 1e-3  # the last that accuracies and losses are printed to
PERCENT = 0.005  # half of the one percent to which 10 % is printed


def first_and_last(experiment: str, place: str) -> tuple[Claim, ...]:
    """Return the four claims on the first and last accuracy and loss of an experiment."""
    printed = paper.printed_curves().loc[experiment]
    claims = []
    for column in ("accuracy", "loss"):
        for when, epoch in (("first", 1), ("last", paper.EPOCHS)):
            value = printed[f"{column}_{when}"]
            text = f"{value:.1%}" if column == "accuracy" else f"{value:.3f}"
            claims.append(
                Claim(
                    f"{experiment}_{column}_{when}",
                    place,
                    f"{column} {text} in the {when} epoch",
                    f"{WITHIN_SEEDS}; give or take half of the last digit printed",
                    within_seeds(value, at(curves_of(experiment), column, epoch), digit=DIGIT),
                )
            )
    return tuple(claims)


def at_chance(experiment: str, place: str, printed: str) -> Claim:
    """Return the claim that accuracy stays at one in ten: on the test images, in every epoch."""

    def holds(curves: pd.DataFrame) -> bool:
        return bool(((curves["test_accuracy"] - CHANCE).abs() <= PERCENT).all())

    return Claim(
        f"{experiment}_accuracy_constant",
        place,
        printed,
        f"{PERCENT:.1%}, half of the last digit printed, in every epoch, {MOST_SEEDS}",
        in_most_seeds(
            curves_of(experiment),
            holds,
            lambda curves: (
                f"test accuracy is {span(curves['test_accuracy'])}, training "
                f"accuracy {span(curves['accuracy'])}"
            ),
        ),
    )


def loss_between(experiment: str, place: str, low: float, high: float) -> Claim:
    """Return the claim that the loss stays between two values of three decimals."""

    def holds(curves: pd.DataFrame) -> bool:
        return bool(curves["loss"].round(3).between(low, high).all())

    return Claim(
        f"{experiment}_loss_range",
        place,
        f"loss stays around {low} to {high}",
        f"three decimals, as printed, in every epoch, {MOST_SEEDS}",
        in_most_seeds(
            curves_of(experiment), holds, lambda curves: f"the loss is {span(curves['loss'])}"
        ),
    )


def divergence(experiment: str, place: str, printed: str) -> Claim:
    """Return the claim that the loss diverges: that it ends above where it began."""
    first = paper.printed_curves().loc[experiment]

    def in_paper() -> bool:
        return first["loss_last"] > 1.1 * first["loss_first"]

    def holds(curves: pd.DataFrame) -> bool:
        losses = curves.sort_values("epoch")["loss"]
        return bool(losses.isna().any() or losses.iloc[-1] > 1.1 * losses.iloc[0])

    return Claim(
        f"{experiment}_divergence",
        place,
        printed,
        f"a last loss at least a tenth above the first, or not finite, {MOST_SEEDS}",
        sentence(
            in_paper,
            curves_of(experiment),
            holds,
            lambda curves: f"the loss is {span(curves['loss'])} in all epochs",
        ),
    )

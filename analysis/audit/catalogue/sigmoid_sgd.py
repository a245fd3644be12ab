"""Sections 5.4 and 6.4: sigmoid with SGD, Table 11, Figures 20 and 21."""

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue.training import at_chance, loss_between
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import cells, in_most_seeds, span
from vanishing_gradients.analysis.audit.stored import DIGITS, all_ones, constant, infinite, zero

EXPERIMENT = "sigmoid_sgd"
EARLY = (1, 2, 3, 4)
DEEP = tuple(range(5, paper.LAYERS))
COLUMNS = {(5, 7, 9, 11): "1", (6,): "1.224744871", (8,): "1.08012345", (10,): "1.026436276"}
TO_TEN_DIGITS = f"{DIGITS:g}: the paper prints ten digits"

claim = Section("Sigmoid + SGD", EXPERIMENT)


@claim("Table 11", tolerance="exact: a norm is zero or is not")
def table_11_infinite(evidence: Evidence, dataset: str) -> Finding:
    """layers 1 to 4: infinity in all epochs"""
    return infinite(evidence, EXPERIMENT, dataset, EARLY)


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


constants(claim, 11)


@claim("Sections 5.4.1, 6.4.2", tolerance="exact: a norm is zero or is not")
def no_signal_at_all(evidence: Evidence, dataset: str) -> Finding:
    """layers 1 to 4 are receiving no gradient signal at all; the average gradient is 0"""
    return zero(evidence, EXPERIMENT, dataset, EARLY)


@claim("Section 6.4", tolerance=TO_TEN_DIGITS)
def exactly_one(ratios: pd.DataFrame) -> Finding:
    """layers 5 to 11 showed constant ratios (exactly 1.0)"""
    own = cells(ratios, "ratio", DEEP)
    return in_most_seeds(
        (own - 1).abs() <= DIGITS,
        f"ours are {span(own)}",
        in_paper=(paper.printed_ratios(11)[list(DEEP)] == 1).all(axis=None),
    )


@claim("Section 5.4.1", tolerance="a factor of two either way, in most cells")
def consistently_preserved(evidence: Evidence, dataset: str) -> Finding:
    """the gradient is consistently preserved across layers 5 to 11, with no vanishing"""
    finding = all_ones(evidence, EXPERIMENT, dataset, DEEP)
    norms = cells(evidence.norms(EXPERIMENT, dataset), "norm")
    growth = norms[11] / norms[5].where(norms[5] != 0)
    told = f"{finding.found}; of the dense layers, the norm of 11 is {span(growth)} times that of 5"
    return Finding(finding.verdict, told, finding.view)


@claim("Section 5.4.1", tolerance="exact: it is a count")
def layers_1_to_14(sizes: pd.DataFrame) -> Finding:
    """backpropagation breaks down in the early layers (Layers 1-14)"""
    layers = sizes["layer"].max()
    return Finding.consistent_if(
        paper.LAYERS >= 14,
        layers >= 14,
        f"there are {layers} layers, and Table 11 is infinite in layers 1 to 4",
    )


at_chance(claim, "Section 5.4.2, Figure 21", "accuracy remains fixed at 10%")
loss_between(claim, "Section 5.4.2, Figure 21", 2.303, 2.304)

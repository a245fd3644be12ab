"""What can be checked with paper and pencil: sums, and what is printed twice.

No rows can change these verdicts: the runs that are compared with the paper have its layers, batch,
images, epochs and rates by construction. They are counted apart.
"""

import math
from collections import Counter
from itertools import pairwise

import numpy as np

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section, Verdict
from vanishing_gradients.analysis.audit.judges import number
from vanishing_gradients.analysis.paper.said import SAID

NAMES = {"sgd": "SGD", "adam": "Adam"}
BATCH = 128
BYTES = 8  # of a double
EXACT = "exact: it is a count"
PRINTED = "exact: both are printed"

claim = Section("Arithmetic on what is printed", arithmetic=True)


def steps() -> int:
    """Return the batches of all epochs: the last of an epoch is short, and counts."""
    return math.ceil(paper.TRAINING_IMAGES / BATCH) * paper.EPOCHS


@claim("Abstract", tolerance=EXACT)
def layers_12() -> Finding:
    """“a 12-layer neural network”"""
    count = len(paper.WIDTHS)
    dense = count // 2
    return Finding.printed_if(
        SAID["layers"] == count,
        f"Figure 7 adds {count} layers, of which {dense} have weights and {count - dense} are "
        "activations",
    )


@claim("Section 4.3.2", tolerance=EXACT)
def parts_of_12() -> Finding:
    """“5 hidden layers + 1 input layer + 6 activation layers”"""
    total = sum(SAID["parts"])
    return Finding.printed_if(total == len(paper.WIDTHS), f"together {total}, as Figure 7 has them")


@claim("Section 4.3.5", tolerance=EXACT, same_as="neurons_of_tables_1_to_4")
def layers_7() -> Finding:
    """“7 layers (1 input, 5 hidden, and 1 output)”"""
    total, dense = sum(SAID["layers of weights"]), len(paper.WIDTHS) // 2
    return Finding.printed_if(
        total == dense,
        f"Tables 1 to 4 list these {total}, the input with 128 neurons; Figure 7 has {dense} "
        "layers with weights, its first being both that input layer and hidden layer 1",
        Verdict.MISPRINT,
    )


@claim("Tables 1 to 4", tolerance=EXACT)
def neurons_of_tables_1_to_4() -> Finding:
    """an input layer of 128 neurons, hidden layers of 128, 128, 64, 32, 16, an output of 10"""
    widths = paper.WIDTHS[::2]
    return Finding.printed_if(
        SAID["neurons"] == widths,
        f"Figure 7 has {', '.join(map(str, widths))}: the tables have a row of 128 more, since "
        "Figure 7's first layer is both the input layer and hidden layer 1",
        Verdict.MISPRINT,
    )


@claim("Sections 4.3.1, 4.3.2", tolerance=EXACT)
def inputs_128() -> Finding:
    """“128 input neurons”"""
    return Finding.printed_if(
        paper.WIDTHS[0] == SAID["input neurons"],
        f"Figure 7's layer_1_input has {paper.WIDTHS[0]} neurons, and Section 4.3.4 says that an "
        f"image has {SAID['features']} features: the layer is meant, not the image",
    )


@claim("Section 3.1.1", tolerance="two digits, as Section 3.1.1 rounds the slope")
def five_slopes() -> Finding:
    """“typically small, around 0.25”, “would be multiplied by (0.25)^5”"""
    largest = 0.25  # of the sigmoid's slope: s (1 - s) at s = 1/2
    return Finding.printed_if(
        round(SAID["slope of the sigmoid"], 2) == largest,
        f"the slope is {largest} at most, and five times over {largest**5:.5f}; weights of another "
        "size than 1 multiply the gradient too, of which the sentence says nothing",
    )


@claim("Section 4.3.5", tolerance=EXACT)
def derivatives_16384() -> Finding:
    """“This gives us a total of 16,384 partial derivatives to be generated per hidden layer.”"""
    counts = [before * width for before, width in pairwise(paper.WIDTHS[:-2:2])]
    return Finding.printed_if(
        set(counts) == {SAID["derivatives"]},
        f"a layer of 128 x 128 has so many; Figure 7's hidden layers after the first have "
        f"{', '.join(f'{count:,}' for count in counts)} weights",
    )


@claim("Section 4.3.5", tolerance=EXACT)
def rows_3676960() -> Finding:
    """“Rows per layer: 3,676,960.”"""
    first = paper.INPUTS * steps()
    others = [before * steps() for before in paper.WIDTHS[:-2:2]]
    return Finding.printed_if(
        SAID["rows"] == first,
        f"it is the number of layer 1: {paper.INPUTS} inputs times {steps():,} batches, the last, "
        f"short one of every epoch among them; the other layers with weights have {min(others):,} "
        f"to {max(others):,}",
    )


@claim("Section 4.3.5", tolerance="two digits, as printed")
def gigabytes_45() -> Finding:
    """“Data size: 45 GB per experiment.”"""
    as_first = SAID["rows"] * 128 * BYTES * len(paper.WIDTHS)
    dense = paper.WIDTHS[::2]
    values = sum(
        before * width * steps() for before, width in pairwise((paper.INPUTS, *dense))
    ) + sum(width * paper.TRAINING_IMAGES * paper.EPOCHS for width in dense)
    return Finding.printed_if(
        round(as_first / 1e9) == round(SAID["bytes"] / 1e9),
        f"{as_first / 1e9:.1f} GB are {len(paper.WIDTHS)} tables of {SAID['rows']:,} rows of 128 "
        f"doubles, each as large as the first; filled as Figure 7 has them they hold {values:,} "
        f"values, {values * BYTES / 1e9:.1f} GB",
    )


@claim("Section 4.3.4", tolerance=EXACT)
def images_of_mnist() -> Finding:
    """“70,000 grayscale images (60,000 for training and 10,000 for testing)”, “784 features”"""
    images, training, test = SAID["images"]
    holds = images == training + test and training == paper.TRAINING_IMAGES
    return Finding.printed_if(
        holds and SAID["features"] == SAID["side"] ** 2 == paper.INPUTS,
        f"{training:,} and {test:,} are {training + test:,}, and {SAID['side']} x {SAID['side']} "
        f"pixels {SAID['side'] ** 2}",
    )


@claim("Sections 6.4.2, 6.2.1", tolerance="none: a rate is one for all parameters or is not")
def fixed_learning_rate() -> Finding:
    """“SGD applied a fixed learning rate”"""
    rate, decay = (paper.OPTIMIZERS["sgd"][name] for name in ("learning_rate", "decay"))
    return Finding.printed_if(
        np.ndim(rate) == 0,
        f"Table 5 has one, {rate}, for all parameters, which is what Section 6.2.1 means by "
        f"“the same global learning rate”; in time it is not fixed: its decay is {decay:g}",
    )


@claim("Section 4.3.1", tolerance=PRINTED)
def equal_hyperparameters() -> Finding:
    """“All hyperparameters and initial conditions (except the activation function) are kept
    constant.”
    """
    rates = {name: each["learning_rate"] for name, each in paper.OPTIMIZERS.items()}
    return Finding.printed_if(
        all(np.ndim(rate) == 0 for rate in rates.values()),
        "Table 5 has a learning rate of "
        + " and ".join(
            f"{', '.join(f'{each:g}' for each in np.atleast_1d(rate))} for {NAMES[name]}"
            for name, rate in rates.items()
        )
        + ": between optimizers it differs, but between activations, which the sentence is about "
        "and Section 4.2.2 names as what is varied, all is equal",
    )


@claim("Section 4.3.3", tolerance="a layer of Figure 7 by either name")
def dropout_and_normalization() -> Finding:
    """“Dropout and Batch Normalization are also used between layers as regularization is
    needed.”
    """
    found = [name for name in SAID["figure 7"] if "dropout" in name or "batch" in name]
    return Finding.printed_if(
        bool(found),
        "it is said on a condition; Figure 7 has neither, and whether another run had is not said",
        Verdict.UNDECIDED,
    )


def _promised(name: str, place: str, printed: str, metric: str, same_as: str = "") -> None:
    """Claim that a metric is given for all four experiments."""

    @claim(
        place, printed=printed, name=name, same_as=same_as,
        tolerance=f"the {metric} is printed for all four experiments",
    )  # fmt: skip
    def promised() -> Finding:
        given = SAID[metric]
        part = "one layer each of " if metric == "mean gradient" else ""
        shown = f"for {part}{' and '.join(given)}; what else was found cannot be compared"
        return Finding.printed_if(
            set(given) == set(paper.EXPERIMENTS),
            f"the {metric} is printed {shown}"
            if given
            else f"the {metric} is announced, and printed nowhere: there is nothing to compare",
            Verdict.UNDECIDED,
        )


for _metric in (
    ("many_seeds", "Section 4.3.3", "“Each group of neural networks is trained multiple times with "
     "different random seeds for statistical robustness.”", "spread over seeds"),
    ("mean_or_median", "Section 4.3.4", "“Mean or median of gradients for each layer during "
     "training”", "mean gradient", "mean_gradients"),
    ("near_zero_frequency", "Section 4.3.4", "“Frequency of near-zero gradients”",
     "near-zero frequency"),
    ("mean_gradients", "Abstract", "“Gradient-norm ratios, mean gradients, loss, and accuracy are "
     "tracked across 10 epochs for each of four activation-optimizer combinations.”",
     "mean gradient"),
    ("convergence_time", "Section 4.2.1", "“Track training loss, accuracy, and convergence time.”",
     "convergence time"),
):  # fmt: skip
    _promised(*_metric)


@claim("Table 9", tolerance="a relative 1e-5: the norm of layer 11 has six digits")
def table_9_quotient() -> Finding:
    """“13472.949823516696”, from “5.50477e-07” and “0.007416549”"""
    first = paper.printed_norms().loc[1]
    quotient = first["layer_12_norm"] / first["layer_11_norm"]
    return Finding.printed_if(
        math.isclose(quotient, first["ratio_12_11"], rel_tol=1e-5),
        f"{first['layer_12_norm']:.9f} over {first['layer_11_norm']:g} is {quotient:.5f}",
    )


@claim("Table 12", tolerance="digits of Table 8 that are left away")
def table_12_numbers() -> Finding:
    """“7.31”, “0.00078”, “32,368”, “0.1276”, “13,472”"""
    wrong = []
    for layer, (text, _) in paper.printed_divergence().items():
        full = paper.printed_cells(8).loc[1, layer]
        if not full.startswith(text.replace(",", "")):
            wrong.append(f"layer {layer}: {text} and {full}")
    return Finding.printed_if(
        not wrong, "; ".join(wrong) or "all are Table 8's numbers of epoch 1, cut off, not rounded"
    )


@claim("Section 6.3.1", tolerance=PRINTED)
def average_2_7_trillion() -> Finding:
    """“layer 4 had exploding gradient values reaching an average of over 2.7 trillion”"""
    column = paper.printed_ratios(10)[4]
    return Finding.printed_if(
        not column.max() > SAID["average over"],
        f"{number(float(column[1]))} is layer 4's ratio of norms in Table 10, in epoch 1, not the "
        f"size of a gradient; over the ten epochs its mean is {number(float(column.mean()))}",
        Verdict.MISPRINT,
    )


@claim("Section 6.2.1", tolerance=PRINTED)
def average_norm_7() -> Finding:
    """“from layer 5 we were already at 7.31 as an average gradient norm”"""
    ratio = float(paper.printed_ratios(8).loc[1, 5])
    return Finding.printed_if(
        round(ratio, 2) != SAID["average norm"],
        f"{ratio:g} is layer 5's ratio of norms in Table 8, not a norm",
        Verdict.MISPRINT,
    )


@claim("Section 5.4.1", tolerance=EXACT)
def layers_1_to_14() -> Finding:
    """“the backpropagation breaks down in the early layers (Layers 1-14)”"""
    last = SAID["early layers"][1]
    infinite = np.isinf(paper.printed_ratios(11)).all()
    return Finding.printed_if(
        last <= len(paper.WIDTHS),
        f"there are {len(paper.WIDTHS)} layers; Table 11 is infinite in layers "
        f"{', '.join(str(layer) for layer in infinite.index[infinite])}, which is meant",
        Verdict.MISPRINT,
    )


@claim("Section 5.2.1", tolerance=PRINTED)
def layer_7_infinite() -> Finding:
    """“Layers 1 - 4, 7 are possibly inactive or cut off, since all upstream layers show ∞”"""
    layer = SAID["infinite too"]
    first = paper.printed_cells(8).loc[1]
    ratios = paper.printed_ratios(8).loc[1]
    norm = float(paper.printed_norms().loc[1, "layer_11_norm"]) / math.prod(ratios[[8, 9, 10]])
    return Finding.printed_if(
        first[layer] == "inf",
        f"Table 8 has {first[layer].capitalize()} for layer {layer} in epoch 1. By its ratios the "
        f"norm of layer 8 is {number(norm)}, and if that of layer 7 is anywhere from 1e-3 to 1e3 "
        f"times as large, layer 6's 0 asks for a norm of layer 6 of {number(norm / 1e3 / 5e-7)} or "
        "more. With a norm of 0 in layer 7 the sentence would be right, and Stable the misprint",
    )


@claim("Table 6", tolerance="read as about 1: a ratio of norms has no sign")
def healthy_ratio() -> Finding:
    """“±1”: “Healthy gradient flow”"""
    return Finding.printed_if(
        max(SAID["healthy ratio"]) == 1,
        "Section 5.3.1 has “~1.0” for the same",
        Verdict.MISPRINT,
    )


@claim("Tables 5 and 6, Figures 18 and 19", tolerance="no two captions alike")
def captions() -> Finding:
    """“Table 6. Training hyperparameters.”, “Figure 19. Sigmoid-Adam gradient norm ratio for Layers
    7 - 11.”
    """
    own = {place: text.lower() for place, text in SAID["captions"].items()}
    twice = [text for text, count in Counter(own.values()).items() if count > 1]
    places = [place for place, text in own.items() if text in twice]
    return Finding.printed_if(
        not twice,
        f"of {', '.join(places)} two each have the same caption: Table 6 that of Table 5, though "
        "it interprets ratios, and Figure 19 that of Figure 18, though it shows accuracy and loss",
        Verdict.MISPRINT,
    )


@claim("Table 12", tolerance="a head that names the column")
def heads_of_table_12() -> Finding:
    """“Layer1”, “Layer2”"""
    layers = [head for head in SAID["heads of Table 12"][1:] if head.startswith("Layer")]
    return Finding.printed_if(
        not layers,
        "the columns hold the ratio in epoch 1 and its reading, not layers 1 and 2",
        Verdict.MISPRINT,
    )


@claim("Section 5.2.4", tolerance="the activation that the section is on")
def activation_of_section_5_2_4() -> Finding:
    """“optimizer failure in deep networks using Sigmoid activation with SGD”"""
    return Finding.printed_if(
        SAID["activation of Section 5.2.4"] == "ReLU",
        "the section, and Figure 16 that it describes, are on ReLU with SGD",
        Verdict.MISPRINT,
    )

"""The paper's printed numbers: its Tables 7 to 12, its accuracies and losses, its widths.

The numbers are from Ntambwe, 2025, Vanishing Gradients in an Artificial Deep Neural Network: The
Impact of Activation Functions and Optimization Techniques, Journal of Computer and Communications
13, 128-162, https://doi.org/10.4236/jcc.2025.1311009, published under CC BY 4.0.
"""

import math
from functools import cache
from pathlib import Path

import pandas as pd

CITATION = (
    "Ntambwe, B. (2025) Vanishing Gradients in an Artificial Deep Neural Network: The Impact of "
    "Activation Functions and Optimization Techniques. Journal of Computer and Communications, 13, "
    "128-162."
)
ADDRESS = "https://doi.org/10.4236/jcc.2025.1311009"

EXPERIMENTS = ("relu_adam", "relu_sgd", "sigmoid_adam", "sigmoid_sgd")
STATED_DATASET = "mnist"
DATASETS = (STATED_DATASET, "fashion-mnist")
CONTROL_DATASET = "mnist-shuffled"  # MNIST's images with balanced labels that say nothing
TRAINING_IMAGES = 60_000
EPOCHS = 10
DECAY = 1e-3  # of the learning rate, per step: Table 5
OPTIMIZERS = {
    "sgd": {"learning_rate": 1.0, "decay": DECAY, "momentum": 0.0},
    "adam": {
        "learning_rate": 1e-3,
        "decay": DECAY,
        "epsilon": 1e-7,
        "beta_1": 0.9,
        "beta_2": 0.999,
    },
}
CONFIGURATION = {
    "hidden_widths": [128, 128, 64, 32, 16],
    "batch_size": 128,
    "dropout": 0.0,
    "batch_normalization": False,
    "initial_weight_scale": 0.01,
}
INPUTS = 784
WIDTHS = (128, 128, 128, 128, 64, 64, 32, 32, 16, 16, 10, 10)  # of layers 1 to 12, Figure 7
LAYERS = 12  # as the abstract counts them
CLASS_TABLE = "relu_adam"  # the experiment of Table 7; the other three have ratios
RATIO_TABLES = {"relu_adam": 7, "relu_sgd": 8, "sigmoid_adam": 10, "sigmoid_sgd": 11}

TABLES = Path(__file__).parent / "tables"


@cache
def printed_cells(table: int) -> pd.DataFrame:
    """Return Table 7, 8, 10 or 11 as text: epochs down, layers 1 to 11 across, `inf` for Infinity.

    Columns are the layers' numbers; a cell is a number, `inf`, `stable`, `vanishing`, `exploding`.
    """
    frame = _table(table, "str")
    frame.columns = [int(name.removeprefix("layer_")) for name in frame.columns]
    return frame


@cache
def printed_ratios(table: int) -> pd.DataFrame:
    """Return Table 8, 10 or 11 as float64: inf for Infinity, NaN for a word."""
    return printed_cells(table).map(_number)


@cache
def printed_norms() -> pd.DataFrame:
    """Return Table 9: layer_11_norm, layer_12_norm and ratio_12_11 by epoch, as float64."""
    return _table(9, "float64")


@cache
def printed_curves() -> pd.DataFrame:
    """Return the accuracies and losses in the text, by experiment.

    Columns accuracy_first, accuracy_last (fractions), loss_first, loss_last (nats).
    """
    frame = pd.read_csv(TABLES / "accuracy_and_loss.csv").set_index("experiment")
    return frame.drop(columns="text").astype("float64")


@cache
def printed_divergence() -> dict[int, tuple[str, str]]:
    """Return Table 12: layer -> (ratio in epoch 1, the paper's reading of it)."""
    return {
        5: ("7.31", "Exploding gradient zone"),
        6: ("0", "Dead neurons (no gradient flow)"),
        8: ("0.00078", "Near vanishing threshold"),
        9: ("32,368", "Severe gradient explosion"),
        10: ("0.1276", "Mild damping"),
        11: ("13,472", "Extreme explosion"),
    }


def _table(number: int, dtype: str) -> pd.DataFrame:
    (path,) = TABLES.glob(f"table{number:02}_*.csv")
    return pd.read_csv(path, dtype=dtype).astype({"epoch": "int64"}).set_index("epoch")


def _number(cell: str) -> float:
    return math.nan if cell.isalpha() and cell != "inf" else float(cell)

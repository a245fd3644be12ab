"""What the paper's text, tables and captions say besides Tables 7 to 12: transcribed, not judged.

Its words are those of the paper. Numbers are as printed; metrics are by the experiments for which
the paper shows them.
"""

from typing import Any

SAID: dict[str, Any] = {
    "layers": 12,  # Abstract
    "parts": (5, 1, 6),  # hidden, input and activation layers: Section 4.3.2
    "layers of weights": (1, 5, 1),  # input, hidden and output: Section 4.3.5
    "slope of the sigmoid": 0.25,  # Section 3.1.1
    "input neurons": 128,  # Section 4.3.1
    "neurons": (128, 128, 128, 64, 32, 16, 10),  # rows of Tables 1 to 4
    "derivatives": 16_384,  # per hidden layer: Section 4.3.5
    "rows": 3_676_960,  # per layer: Section 4.3.5
    "bytes": 45e9,  # per experiment: Section 4.3.5
    "images": (70_000, 60_000, 10_000),  # all, training, test: Section 4.3.4
    "features": 784,
    "side": 28,  # pixels
    "early layers": (1, 14),  # where backpropagation breaks down: Section 5.4.1
    "average norm": 7.31,  # of layer 5: Section 6.2.1
    "average over": 2.7e12,  # of layer 4, sigmoid with Adam: Section 6.3.1
    "infinite too": 7,  # a layer, in epoch 1 of ReLU with SGD: Section 5.2.1
    "healthy ratio": (-1, 1),  # Table 6
    "figure 7": (
        "layer_1_input", "layer_2_relu", "layer_3_hidden", "layer_4_relu", "layer_5_hidden",
        "layer_6_relu", "layer_7_hidden", "layer_8_relu", "layer_9_hidden", "layer_10_relu",
        "layer_11_hidden", "layer_12_softmax",
    ),
    "captions": {
        "Table 5": "Training hyperparameters.",
        "Table 6": "Training hyperparameters.",
        "Figure 17": "Sigmoid-Adam gradient norm ratio for layers 1 - 6.",
        "Figure 18": "Sigmoid-Adam gradient norm ratio for layers 7 - 11.",
        "Figure 19": "Sigmoid-Adam gradient norm ratio for Layers 7 - 11.",
    },
    "heads of Table 12": ("Layer", "Layer1", "Layer2"),
    "activation of Section 5.2.4": "Sigmoid",  # the section is on ReLU with SGD
    "spread over seeds": (),
    "near-zero frequency": (),
    "mean gradient": ("relu_adam", "relu_sgd"),  # of one layer each: Figures 11 and 15
    "convergence time": (),
}  # fmt: skip

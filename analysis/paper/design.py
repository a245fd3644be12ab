"""The paper's Tables 1 to 6, as printed: its networks, their settings, how it reads a ratio."""

NETWORKS = {
    1: ("sigmoid_sgd", "Group 1 neural network architecture: sigmoid and SGD"),
    2: ("sigmoid_adam", "Group 2 neural network architecture: sigmoid and Adam"),
    3: ("relu_sgd", "Group 3 neural network architecture: ReLU and SGD"),
    4: ("relu_adam", "Group 4 neural network architecture: ReLU and Adam"),
}
"""The experiment and the caption of Tables 1 to 4."""
NETWORK_HEAD = ("Layer", "Layer Type", "Number of Neurons", "Activation Function", "Optimizer")
ROWS = (
    ("Input Layer", "Input", 128),
    ("Hidden Layer 1", "Dense (Fully Connected)", 128),
    ("Hidden Layer 2", "Dense", 128),
    ("Hidden Layer 3", "Dense", 64),
    ("Hidden Layer 4", "Dense", 32),
    ("Hidden Layer 5", "Dense", 16),
    ("Output Layer", "Dense", 10),
)
"""The rows that Tables 1 to 4 share: layer, type, neurons."""
SPELLED = {"sigmoid": "Sigmoid", "relu": "ReLU", "softmax": "SoftMax", "sgd": "SGD", "adam": "Adam"}

SETTINGS = (
    ("Initial Adam learning rate", "0.001", ("adam", "optimizer", "learning_rate")),
    ("Initial SDG learning rate", "1", ("sgd", "optimizer", "learning_rate")),
    ("Initial Momentum", "0", ("sgd", "optimizer", "momentum")),
    ("Weight initialization scheme", "Random", ("", "initial_weight_scale")),
    ("Batch size", "128", ("", "batch_size")),
    ("Epochs", "10", ("", "epochs")),
    ("Optimizer Decay", "1e-3", ("", "optimizer", "decay")),
    ("Epsilon", "1e-7", ("adam", "optimizer", "epsilon")),
    ("beta_1", "0.9", ("adam", "optimizer", "beta_1")),
    ("beta_2", "0.999", ("adam", "optimizer", "beta_2")),
    ("Initial weight_regularizer_l1", "0", ("", "penalties", "weight_l1")),
    ("Initial weight_regularizer_l2", "0", ("", "penalties", "weight_l2")),
    ("Initial bias_regularizer_l2", "0", ("", "penalties", "bias_l2")),
)
"""Table 5: what is set, its value, and the optimizer ("": all) whose configuration has it where."""

READINGS = (
    ("> 5", "Possible exploding gradient", "exploding"),
    ("\N{LESS-THAN OR EQUAL TO} 1e-3", "Possible vanishing gradient", "vanishing"),
    ("± 1", "Healthy gradient flow", "stable"),
    ("It varies significantly per layer.",
     "Indicates possible instability or poor initialization", ""),
)  # fmt: skip
"""Table 6: the ratio, its interpretation, and the class that the views give to such a ratio."""

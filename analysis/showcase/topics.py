"""What an experiment changes of the paper's networks, by its configuration."""

from collections.abc import Mapping

from vanishing_gradients.analysis.comparison.differences import ABSENT, flat

# What the paper's four have in common; where a run has no such key it is at its default, as here.
PAPER = {
    "hidden_widths": "128, 128, 64, 32, 16",
    "batch_normalization": "false",
    "normalization": "none",
    "initial_weight_scale": "0.01",
    "dropout": "0",
    "penalties.weight_l1": "0",
    "penalties.weight_l2": "0",
    "penalties.bias_l1": "0",
    "penalties.bias_l2": "0",
    "batch_size": "128",
    "optimizer.momentum": "0",
    "optimizer.decay": "0.001",
    "optimizer.epsilon": "1e-07",
    "optimizer.beta_1": "0.9",
    "optimizer.beta_2": "0.999",
}
# In these they differ.
CHOICES = {"activation": ("sigmoid", "relu"), "optimizer.kind": ("sgd", "adam")}
LEARNING_RATES = {"sgd": "1", "adam": "0.001"}
RATE = "optimizer.learning_rate"

# The start of a key -> the topic; the first that fits.
TOPICS = {
    "hidden_widths": "Depth and width",
    "activation": "Activation",
    "initial": "Initialisation",
    "normalization": "Normalisation",
    "batch_normalization": "Normalisation",
    "residual": "Residual connections",
    "clipping": "Clipping",
    "dropout": "Dropout and penalties",
    "penalties": "Dropout and penalties",
    "loss": "Loss",
    "optimizer.schedule": "Learning rate",
    "optimizer.decay": "Learning rate",
    RATE: "Learning rate",
    "optimizer": "Optimizer",
    "batch_size": "Batch size",
}
NONE, SEVERAL, OTHER = "The paper's networks", "Several at once", "Other"
ORDER = (NONE, *dict.fromkeys(TOPICS.values()), OTHER, SEVERAL)
NOT_SETTINGS = ("name", "description", "epochs", "dataset", "limit")
OPTIMIZER, LEARNING_RATE = TOPICS["optimizer"], TOPICS[RATE]


def topic(config: Mapping[str, object]) -> str:
    """Return what a configuration, as registered with a run, changes of the paper's networks.

    Constants of an optimizer, its rate among them, belong to the optimizer where that is another.
    """
    settings = dict(flat({key: config[key] for key in config if key not in NOT_SETTINGS}))
    rate = settings.pop(RATE, None)
    changed = {_topic(key) for key, value in settings.items() if _changes(key, value)}
    usual = LEARNING_RATES.get(settings.get("optimizer.kind", ""))
    if OPTIMIZER in changed:
        changed.discard(LEARNING_RATE)
    elif rate not in (None, usual):
        changed.add(LEARNING_RATE)
    if len(changed) > 1:
        return SEVERAL
    return changed.pop() if changed else NONE


def _changes(key: str, value: str) -> bool:
    if key in CHOICES:
        return value not in CHOICES[key]
    return value not in (PAPER.get(key), ABSENT)


def _topic(key: str) -> str:
    return next((TOPICS[start] for start in TOPICS if key.startswith(start)), OTHER)

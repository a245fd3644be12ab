"""Remedies for watched models, as lines of PyTorch; `layer` stands for each of a model's own."""

from collections.abc import Iterator, Mapping

TORCH = "torch"
"""The source of runs whose remedies are such lines."""
TIMES = "optimizer.learning_rate.times"
"""The key of a learning rate that is so many times one that is not known."""
LAYERS = {"relu": "nn.ReLU()", "leaky_relu": "nn.LeakyReLU(0.01)"}
CALLS = {"glorot": "xavier_normal_", "orthogonal": "orthogonal_"}


def lines(change: Mapping[str, object], gain: float | None = None) -> Iterator[str]:
    """Yield what one would write in PyTorch for the changes of a remedy, by dotted key.

    `gain` is that of the model's activations, where it is known.
    """
    for key, value in change.items():
        if key == "optimizer.decay":  # which the trainer alone has
            continue
        yield _line(key, value, gain)


def _line(key: str, value: object, gain: float | None) -> str:
    match key, value:
        case "initialization", {"kind": "he"}:
            return 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'
        case "initialization", {"kind": "lecun"}:
            return 'nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")'
        case "initialization", {"kind": str(kind)}:
            more = f", gain={gain:.3g}" if kind == "orthogonal" and gain else ""
            return f"nn.init.{CALLS[kind]}(layer.weight{more})"
        case "activation", str(kind):
            return f"{LAYERS[kind]} in place of the activations"
        case "normalization", "layer":
            return "nn.LayerNorm(features), before the activations"
        case "normalization", _:
            return "nn.BatchNorm1d(features), or nn.BatchNorm2d(channels), before the activations"
        case "hidden_widths", [*widths]:
            return f"nn.Linear(..., {max(map(int, widths))}) in place of the narrow ones"
        case "loss", "cross_entropy":
            return "nn.CrossEntropyLoss(), and no softmax in the model"
        case "residual", _:
            return "x = x + block(x)"
        case "clipping", {"limit": float(limit)}:
            return f"torch.nn.utils.clip_grad_norm_(model.parameters(), {limit:g})"
        case "dropout", float(rate):
            return f"nn.Dropout({rate:g})"
        case "optimizer", {"kind": "adam", "learning_rate": float(rate)}:
            return f"optimizer = torch.optim.Adam(model.parameters(), lr={rate:g})"
        case "optimizer.learning_rate", float(rate):
            return f'for group in optimizer.param_groups: group["lr"] = {rate:g}'
        case "optimizer.learning_rate.times", float(times):
            return f'for group in optimizer.param_groups: group["lr"] *= {times:g}'
        case "optimizer.schedule", _:
            return "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)"
        case "optimizer.weight_decay" | "penalties.weight_l2", float(decay):
            return f'for group in optimizer.param_groups: group["weight_decay"] = {decay:g}'
        case "batch_size", int(size):
            return f"DataLoader(..., batch_size={size})"
        case "epochs", int(epochs):
            return f"for epoch in range({epochs}):"
        case _:
            raise ValueError(f"{key} = {value} has no line of PyTorch")

"""Numbers, layers and settings in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

MOST_NAMES = 3


def number(value: float) -> str:
    """Return a number with three digits: 0.0123, 1.23e-07, 4,530."""
    if not np.isfinite(value):
        return "not finite"
    if abs(value) >= 1e6 or 0.0 < abs(value) < 1e-3:
        return f"{value:.2e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def percent(fraction: float) -> str:
    """Return a fraction as 12 %; what is not quite all, or not quite none, is not rounded to it."""
    if 0.0 < fraction < 0.01:
        return f"{100 * fraction:.2g} %"
    if 0.995 <= fraction < 1.0:
        return f"{min(100 * fraction, 99.9):.1f} %"
    return f"{100 * fraction:.0f} %"


def layers(numbers: Sequence[int], names: Mapping[int, str]) -> str:
    """Return 'layer 2 (layer_2_relu)', or 'layers 2, 4 and 6'; of many, the first and last."""
    if len(numbers) == 1:
        return f"layer {numbers[0]} ({names[numbers[0]]})"
    if len(numbers) > MOST_NAMES:
        return f"{len(numbers)} layers, {numbers[0]} to {numbers[-1]}"
    return f"layers {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def ends(flow: pd.Series, names: Mapping[int, str]) -> str:
    """Return the last and the first of a series by layer, as a gradient passes them."""
    places = (flow.index[-1], flow.index[0])
    return " and ".join(f"{number(flow[each])} in {layers([each], names)}" for each in places)


def epochs(values: pd.Series) -> str:
    """Return values by epoch, at most six of them: 2.3, 1.9, ..., 0.4."""
    texts = [number(value) for value in values]
    return ", ".join(texts if len(texts) <= 6 else [*texts[:3], "...", *texts[-2:]])


def toml(value: object) -> str:
    """Return a value as a TOML file has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    return f"{value:g}" if isinstance(value, float) else str(value)


def replacement(changes: Mapping[str, object], given: Mapping[str, object]) -> str:
    """Return dotted keys and values as one would write them, and what each takes the place of.

    Each is followed by its table. `given` is what the file says now.
    """
    texts = [_written(key, value, given) for key, value in changes.items()]
    return ", ".join(text for text in texts if text)


def _written(key: str, value: object, given: Mapping[str, object]) -> str:
    """Return one key with its value; nothing where that is what the file says anyway."""
    *path, name = key.split(".")
    table: object = given
    for part in path:
        table = table.get(part) if isinstance(table, Mapping) else None
    present = table.get(name) if isinstance(table, Mapping) else None
    if present == value or not (present or value):
        return ""
    if name == "initialization" and "initial_weight_scale" in given:
        instead = "initial_weight_scale"
    elif isinstance(present, Mapping):
        instead = f"the table [{key}]"
    else:
        instead = toml(present) if present is not None else ""
    where = f" in [{'.'.join(path)}]" if path else ""
    return f"{name} = {toml(value)}{f' in place of {instead}' * bool(instead)}{where}"

"""A complaint is the one sentence that a user reads about an experiment that breaks the rules."""

from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trainer.experiments.experiment import Experiment

_FOUND_MAX = 80


def complain(error: ValidationError) -> str:
    """Say which key is wrong, what was found there and what is allowed; the first of several."""
    details = error.errors(include_url=False)
    rest = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return _sentence(details[0]) + rest


def _sentence(detail: ErrorDetails) -> str:
    key, record, allowed = _locate(detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = list(record.model_fields)
        close = get_close_matches(str(detail["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"key {_short(repr(key))} is unknown; {hint}allowed are {', '.join(known)}"
    if detail["type"] == "missing":
        return f"key {key!r} is missing; it must be {allowed}"
    return f"{key!r} is {_found(detail['input'])}; allowed is {allowed}"


def _locate(location: tuple[int | str, ...]) -> tuple[str, type[BaseModel], str]:
    """Return the dotted key, the record it is in, and what its field's description allows."""
    key, record, allowed = "", Experiment, ""
    variants: dict[str, type[BaseModel]] = {}
    for part in location:
        if isinstance(part, int):
            key += f"[{part}]"
        elif part in variants:  # which optimizer it is: a part of the location, not of the key
            record, variants = variants[part], {}
        else:
            key += f".{part}" if key else part
            if part not in record.model_fields:
                break
            field = record.model_fields[part]
            allowed = field.description or ""
            models = get_args(field.annotation) or (field.annotation,)
            if field.discriminator:
                variants = {get_args(m.model_fields["kind"].annotation)[0]: m for m in models}
            elif isinstance(models[0], type) and issubclass(models[0], BaseModel):
                record = models[0]
    return key, record, allowed


def _found(value: object) -> str:
    try:
        return _short(repr(value))
    except ValueError:  # Python prints no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    except RecursionError:  # a key with many dots makes tables within tables
        return "a table nested hundreds of levels deep"


def _short(text: str) -> str:
    return text if len(text) <= _FOUND_MAX else f"{text[:_FOUND_MAX]}..."

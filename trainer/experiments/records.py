"""Records are frozen tables of checked values; those of kinds follow from the network's classes.

Each field's description is what an error message says is allowed there.
"""

from collections.abc import Iterable, Mapping
from inspect import signature
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NoReturn,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from vanishing_gradients.trainer.network.clipping import CLIPPINGS
from vanishing_gradients.trainer.network.initializers import INITIALIZERS
from vanishing_gradients.trainer.network.optimizers import OPTIMIZERS, Optimizer
from vanishing_gradients.trainer.network.schedules import SCHEDULES, WARM_UP, WarmUp
from vanishing_gradients.trainer.network.settings import Setting, SettingError

COMBINATION = "combination"
"""The type of an error about values that are allowed each by itself, and not together."""


class Record(BaseModel):
    """Unknown keys, values of a neighbouring type, infinities and NaN are errors.

    Keys in `later` came when runs had been registered without them: a dump leaves them out where
    they are at their default, so that what was registered then still says the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    later: ClassVar[frozenset[str]] = frozenset()

    def left_out(self) -> set[str]:
        """Return the keys that a dump leaves out."""
        fields = type(self).model_fields
        return {
            name
            for name in self.later & fields.keys()
            if getattr(self, name) == fields[name].default
        }

    @model_serializer(mode="wrap")
    def _dump(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        left_out = self.left_out()
        return {name: value for name, value in dump(self).items() if name not in left_out}


class KindRecord(Record):
    """What a file says about a thing that there is in several kinds: which one, and its settings.

    Attributes:
        made: the class that the kind is.
        settings: those keys that are settings of the class.
    """

    made: ClassVar[type]
    settings: ClassVar[tuple[str, ...]]

    kind: str

    def build(self, **others: Any) -> Any:
        """Return what is asked for, made with the settings and with `others`."""
        return self.made(**{name: getattr(self, name) for name in self.settings} | others)


def one_of(records: Mapping[str, type[KindRecord]], *others: None) -> Any:
    """Return the type of a table of one of several kinds, or one of `others`."""
    description = f"a table whose kind is {quoted(records)}"
    field = Field(discriminator="kind", description=description)
    return Annotated[Union[(*records.values(), *others)], field]


def records_of(kinds: Mapping[str, type], base: type[KindRecord]) -> dict[str, type[KindRecord]]:
    """Return each class's record, by kind: its keys are those of `base`, and its settings."""
    records = {}
    for kind, made in kinds.items():
        hints = get_type_hints(made.__init__, include_extras=True)
        fields: dict[str, Any] = {}
        for name, parameter in signature(made).parameters.items():
            if get_origin(hints[name]) is Annotated:
                annotation, setting = get_args(hints[name])
                if name in base.model_fields:  # a rate or a whole schedule: the record has both
                    annotation = base.model_fields[name].annotation
                checked = Annotated[annotation, limits(setting, annotation)]
                fields[name] = (checked, parameter.default)
        record = create_model(
            f"{made.__name__}Record", __base__=base, __doc__=made.__doc__,
            kind=(Literal[kind], ...), **fields,
        )  # fmt: skip
        record.made, record.settings = made, tuple(fields)
        records[kind] = record
    return records


def setting_of(made: type, name: str) -> Setting:
    """Return the setting of a class's parameter."""
    return get_args(get_type_hints(made.__init__, include_extras=True)[name])[1]


def limits(setting: Setting, annotation: Any = float) -> FieldInfo:
    """Return pydantic's checks of a setting, and as description: 'a number from 0 to below 1'."""
    if setting.low is None:
        names = get_args(annotation)
        return Field(description=quoted(names) if names else "true or false")
    limits = {
        "gt" if setting.open_low else "ge": setting.low,
        "lt" if setting.open_high else "le": setting.high,
    }
    low, high = map(_number, limits.values())
    span = f"from {low} to {'below ' if setting.open_high else ''}{high}"
    if setting.open_low:
        span = f"above {low}, at most {high}"
    what = "a whole number" if annotation is int else "a number"
    of = f" of {setting.unit}" if setting.unit else ""
    return Field(**limits, description=f"{what}{of} {span}")


def quoted(names: Iterable[str], joined: str = " or ") -> str:
    """Return names in quotes, with commas between all but the last two."""
    *first, last = map(repr, names)
    return f"{', '.join(first)}{joined}{last}" if first else last


def shortened(text: str, most: int = 80) -> str:
    """Return at most so many characters of a text, and what says that there were more."""
    return text if len(text) <= most else f"{text[:most]}..."


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def refuse(key: str | tuple[str | int, ...], why: str) -> NoReturn:
    """Raise the error of a combination: `why` ends a sentence that begins with key and value."""
    where = (key,) if isinstance(key, str) else key
    raise PydanticCustomError(COMBINATION, "{why}", {"key": where, "why": why})


class ScheduleRecord(KindRecord):
    """What all schedules share: the rate may rise in even steps before it is the schedule's own."""

    warm_up: Annotated[int, limits(WARM_UP, int)] = 0


SCHEDULE = records_of(SCHEDULES, ScheduleRecord)


class OptimizerRecord(KindRecord):
    """What all optimizers share: a learning rate that decays with the steps, or has a schedule."""

    later: ClassVar[frozenset[str]] = frozenset({"schedule", "nesterov"})

    learning_rate: float
    decay: float = 0.0
    schedule: one_of(SCHEDULE, None) = None

    def optimizer(self, steps: int) -> Optimizer:
        """Return the optimizer of a run of so many steps; SettingError where settings clash.

        A schedule that is as long as the run, after its warm-up, is one whose class takes `steps`.
        """
        chosen = self.schedule
        if not chosen:
            return self.build()
        others: dict[str, float] = {"learning_rate": self.learning_rate}
        if "steps" in signature(chosen.made).parameters:
            others["steps"] = max(steps - chosen.warm_up, 1)
        rates = chosen.build(**others)
        return self.build(learning_rate=WarmUp(rates, chosen.warm_up) if chosen.warm_up else rates)

    @model_validator(mode="after")
    def _check_settings(self) -> Self:
        try:
            self.optimizer(steps=1)
        except SettingError as error:
            owner = () if error.name in self.settings else ("schedule",)
            refuse((*owner, error.name), error.why)
        return self


OPTIMIZER = records_of(OPTIMIZERS, OptimizerRecord)
INITIALIZATION = records_of(INITIALIZERS, KindRecord)
CLIPPING = records_of(CLIPPINGS, KindRecord)

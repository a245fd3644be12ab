"""A record is a frozen table of checked values; what all records of an experiment share.

Each field's description is what an error message says is allowed there.
"""

from typing import Annotated, Any, ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import PydanticCustomError

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
        return {name for name in self.later if getattr(self, name) == fields[name].default}

    @model_serializer(mode="wrap")
    def _dump(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        left_out = self.left_out()
        return {name: value for name, value in dump(self).items() if name not in left_out}


def refuse(key: str | tuple[str | int, ...], why: str) -> NoReturn:
    """Raise the error of a combination: the value at `key`, within the record, is there in vain.

    Args:
        key: where the value is that could be changed.
        why: what a sentence that begins with the value goes on with.
    """
    where = (key,) if isinstance(key, str) else key
    raise PydanticCustomError(COMBINATION, "{why}", {"key": where, "why": why})


LearningRate = Annotated[
    float, Field(gt=0, le=1e6, description="a number above 0, at most 1,000,000")
]
Decay = Annotated[float, Field(ge=0, le=1e6, description="a number from 0 to 1,000,000")]
Strength = Annotated[float, Field(ge=0, le=1e6, description="a number from 0 to 1,000,000")]
Fraction = Annotated[float, Field(ge=0, lt=1, description="a number from 0 to below 1")]
Epsilon = Annotated[float, Field(ge=1e-16, le=1, description="a number from 1e-16 to 1")]
Size = Annotated[float, Field(gt=0, le=1000, description="a number above 0, at most 1,000")]
Steps = Annotated[
    int, Field(ge=1, le=10**9, description="a whole number of steps from 1 to 1,000,000,000")
]

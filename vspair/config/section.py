"""What all parts of the configuration have in common."""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from vspair.config.numbers import fault_of_number


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, numbers are finite, values are fixed.

    Numbers may arrive as text, as all do inside a value given on Snakemake's command line; true and false are none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    # Of the section and not of each field: a discriminator, such as a method's kind, may have no such validator.
    @model_validator(mode="before")
    @classmethod
    def _truth_is_no_number(cls, values: Any) -> Any:
        """To Python true is 1, so that `threads: true` would be one thread."""
        if not isinstance(values, Mapping):
            return values
        wrong = {name: value for name, value in values.items() if _holds_truth(value) and name in _without_truth(cls)}
        if wrong:
            error = PydanticCustomError("truth", "must not be true or false")
            faults = [InitErrorDetails(type=error, loc=(name,), input=value) for name, value in wrong.items()]
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return values

    @field_validator("*", mode="after")
    @classmethod
    def _numbers_can_be_computed_with(cls, value: Any) -> Any:
        if fault := fault_of_number(value):
            raise ValueError(fault)
        return value


def _holds_truth(value: Any) -> bool:
    """Whether it is true or false, or a list that holds one; of a section its own fields are asked."""
    return isinstance(value, bool) or (isinstance(value, list | tuple) and any(map(_holds_truth, value)))


@cache
def _without_truth(section: type[BaseModel]) -> frozenset[str]:
    """The fields of a section whose types do not allow true and false."""
    return frozenset(name for name, field in section.model_fields.items() if not _has_truth(field.annotation))


def _has_truth(annotation: Any) -> bool:
    """Whether a type allows true and false."""
    return annotation in (bool, Any) or any(_has_truth(inner) for inner in get_args(annotation))

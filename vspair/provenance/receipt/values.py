"""The values that a receipt is made of, each with the words that an error has for it, and each with its bounds."""

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic import StringConstraints as Constraints
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from vspair.provenance.code.walk import dotted

EXPECTED = "expected"
"""Type of an error whose message is what a value should have been, such as `a text`."""

SECONDS = 1e9
"""No job takes thirty years; the sum of any number of durations below stays a number."""

LABEL, TEXT, NAME, PART = 1_000, 20_000, 2_000, 255
"""Letters of a label and of a text such as a command; bytes of a file's name and of each part of it."""

_PREFIX = re.compile(r"^(data|project|external):")
_YEARS = range(1970, 2262)
"""What a file system's times in nanoseconds can hold; a machine without a clock begins in the first."""

T = TypeVar("T")


class _Expected:
    """Says what a value should have been, in the place of the library's own sentence."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source), custom_error_type=EXPECTED, custom_error_message=self.wanted
        )


def _there(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError(EXPECTED, "an object or list, or no such key,")
    return value


Given = Annotated[T | None, BeforeValidator(_there)]
"""An object or list of a key that may be absent; None where it is, while null is neither."""


def _name(text: str) -> str:
    """A name that leads to one file and is written in one way."""
    plain = _PREFIX.sub("", text)
    path = PurePosixPath(plain)
    if not path.parts or path.is_absolute() or ".." in path.parts or str(path) != plain:
        raise ValueError(text)
    if len(text.encode()) > NAME or any(len(part.encode()) > PART for part in path.parts):
        raise ValueError(text)
    return text


def _folder(text: str) -> str:
    return text if text == "data:." else _name(text)


def _script(text: str) -> str:
    if set(text) & set(":\\") or not text.endswith(".py") or not text.isprintable():
        raise ValueError(text)
    return _name(text)


def _entry(text: str) -> str:
    if not dotted(text):
        raise ValueError(text)
    return text


def _moment(text: str) -> str:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None or when.year not in _YEARS:
        raise ValueError(text)
    return text


_NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, Constraints(pattern=_NO_NUL, max_length=TEXT), _Expected(f"a text of up to {TEXT} letters")]
Label = Annotated[str, Constraints(pattern=_NO_NUL, max_length=LABEL), _Expected(f"a text of up to {LABEL} letters")]
Name = Annotated[str, Constraints(pattern=_NO_NUL), AfterValidator(_name), _Expected("a file's name")]
"""A name of `Places`: relative, never upwards, and written in one way."""
Folder = Annotated[str, Constraints(pattern=_NO_NUL), AfterValidator(_folder), _Expected("a folder's name")]
"""The same of a folder, which may be the data folder itself."""
ProjectName = Annotated[Name, Constraints(pattern="^project:"), _Expected("a file of the project")]
Script = Annotated[str, Constraints(max_length=LABEL), AfterValidator(_script), _Expected("a script in the project")]
Entry = Annotated[
    str, Constraints(max_length=LABEL), AfterValidator(_entry), _Expected("a name such as package.module:object")
]
Sha256 = Annotated[str, Constraints(pattern="^[0-9a-f]{64}$"), _Expected("a SHA-256")]
Moment = Annotated[str, Constraints(max_length=LABEL), AfterValidator(_moment), _Expected("a moment by RFC 3339")]
Whole = Annotated[int, _Expected("a whole number")]
Count = Annotated[int, Field(ge=0, lt=1 << 53), _Expected("a whole number from 0 to 2^53")]
Threads = Annotated[int, Field(ge=1, le=1 << 20), _Expected("a number of threads")]
Number = Annotated[int | float, Field(allow_inf_nan=False), _Expected("a number")]
Seconds = Annotated[
    int | float, Field(ge=0, le=SECONDS, allow_inf_nan=False), _Expected(f"seconds from 0 to {SECONDS:g}")
]
Truth = Annotated[bool, _Expected("true or false")]
Fact = Annotated[Label | Number | Truth | None, _Expected("a short text, a number, true, false or null")]


class Model(BaseModel):
    """What a receipt is made of; strict and unchangeable, and keeps keys that it does not name."""

    # Strict: no text becomes a number. By alias: the keys of in-toto and SLSA are written in camel case.
    model_config = ConfigDict(
        strict=True, frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )

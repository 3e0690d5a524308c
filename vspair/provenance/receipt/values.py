"""The values that a receipt is made of, each with the words that an error has for it."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

EXPECTED = "expected"
"""Type of an error whose message is what a value should have been, such as `a text`."""

_PREFIX = re.compile(r"^(data|project|external):")


class _Expected:
    """Says what a value should have been, in the place of the library's own sentence."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source), custom_error_type=EXPECTED, custom_error_message=self.wanted
        )


def _name(text: str) -> str:
    path = PurePosixPath(_PREFIX.sub("", text))
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise ValueError(text)
    return text


def _folder(text: str) -> str:
    return text if text == "data:." else _name(text)


_NO_NUL = StringConstraints(pattern=r"^[^\x00]*$")
Text = Annotated[str, _NO_NUL, _Expected("a text")]
Name = Annotated[str, _NO_NUL, AfterValidator(_name), _Expected("a file's name")]
"""A name of `Places`: relative and never upwards."""
Folder = Annotated[str, _NO_NUL, AfterValidator(_folder), _Expected("a folder's name")]
"""The same of a folder, which may be the data folder itself."""
ProjectName = Annotated[Name, StringConstraints(pattern="^project:"), _Expected("a file of the project")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$"), _Expected("a SHA-256")]
Whole = Annotated[int, _Expected("a whole number")]
Number = Annotated[int | float, _Expected("a number")]
Truth = Annotated[bool, _Expected("true or false")]


class Model(BaseModel):
    """What a receipt is made of; strict and unchangeable, and keeps keys that it does not name."""

    # Strict: no text becomes a number. By alias: the keys of in-toto and SLSA are written in camel case.
    model_config = ConfigDict(
        strict=True, frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )

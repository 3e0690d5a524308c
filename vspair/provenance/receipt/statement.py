"""What a receipt holds: typed models of an in-toto Statement v1 with a SLSA Provenance v1 predicate.

They are written and read through the same models. Keys that are not named here are kept and not looked at, as in-toto
asks; a key that may be absent may be null. What a value must be stands beside its type, in the words of an error.
"""

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"

EXPECTED = "expected"
"""Type of an error whose message is what a value should have been, such as `a text`."""

WHOLE = "whole"
"""Type of an error whose message is a sentence on the whole receipt."""

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


_NO_NUL = StringConstraints(pattern=r"^[^\x00]*$")
Text = Annotated[str, _NO_NUL, _Expected("a text")]
Name = Annotated[str, _NO_NUL, AfterValidator(_name), _Expected("a file's name")]
"""A name of `Places`: relative and never upwards."""
ProjectName = Annotated[Name, StringConstraints(pattern="^project:"), _Expected("a file of the project")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$"), _Expected("a SHA-256")]
Whole = Annotated[int, _Expected("a whole number")]
Number = Annotated[int | float, _Expected("a number")]
Truth = Annotated[bool, _Expected("true or false")]


class _Model(BaseModel):
    # Strict: no text becomes a number. By alias: the keys of in-toto and SLSA are written in camel case.
    model_config = ConfigDict(
        strict=True, frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True, defer_build=True
    )


class Digest(_Model):
    """SHA-256 of a file, or of code."""

    sha256: Sha256


class CellNotes(_Model):
    """Where a cell comes from: the inputs behind it, the column or key in them, and `mean`, `value` or a formula."""

    inputs: list[Name]
    key: Text
    statistic: Text | None = None


class Notes(_Model):
    """What is noted of an output; of a table or figure also its cells, and the columns that name a line."""

    cells: dict[str, CellNotes] | None = None
    index: list[Text] | None = None
    published: Text | None = None
    comparable: Truth | None = None


class Output(_Model):
    """A file that the job made."""

    name: Name
    digest: Digest
    annotations: Notes | None = None


class Seen(_Model):
    """What the receipt of an input claimed when the job used it."""

    claims: Sha256 | None = None


class Input(_Model):
    """A file that the job was made from."""

    name: Name
    digest: dict[str, Text] | None = None
    annotations: Seen | None = None


class Reached(_Model):
    """The script, the objects that it loads by name, and a checksum for each source file that they reach."""

    script: Name
    entries: list[Text]
    files: dict[str, Sha256] | None = None


class Code(_Model):
    """The code that decides what the outputs are; its digest is the fingerprint."""

    name: Literal["code"] = "code"
    digest: Digest
    annotations: Reached


class Surroundings(_Model):
    """Code that decides nothing: the frame that records jobs, or the words of errors and log lines."""

    name: Literal["frame", "words"]
    digest: Digest


class Commit(_Model):
    """A commit of the project."""

    git_commit: Text | None = None


class Tree(_Model):
    """Whether the project had changes that are in no commit."""

    dirty: Truth | None = None


class Source(_Model):
    """The state of the project that the code came from."""

    name: Literal["source"] = "source"
    uri: Text | None = None
    digest: Commit | None = None
    annotations: Tree


class Lock(_Model):
    """The file with the versions that the environment was made from."""

    name: Literal["lock"] = "lock"
    uri: ProjectName | None = None
    digest: Digest


_KINDS = {"code", "source", "lock", "frame", "words"}


def _kind(entry: Any) -> str:
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    return name if isinstance(name, str) and name in _KINDS else "input"


Dependency = Annotated[
    Annotated[Input, Tag("input")]
    | Annotated[Code, Tag("code")]
    | Annotated[Source, Tag("source")]
    | Annotated[Lock, Tag("lock")]
    | Annotated[Surroundings, Tag("frame")]
    | Annotated[Surroundings, Tag("words")],
    Discriminator(_kind),
]


class External(_Model):
    """What the job was told."""

    rule: Text
    wildcards: dict[str, Text]
    preset: Text
    seed: Whole | None = None
    stochastic: Truth
    configuration: dict[str, Any]
    parameters: Any = None
    target: Name


class Internal(_Model):
    """How the job was run, and the name of its receipt."""

    receipt: Name
    command: Text
    threads: Whole | None = None
    resources: dict[str, Any] | None = None


class Definition(_Model):
    """What was run, from what."""

    build_type: Text
    external_parameters: External
    internal_parameters: Internal
    resolved_dependencies: list[Dependency]


class Builder(_Model):
    """What ran it, with the versions of what it had loaded."""

    id: Text
    version: dict[str, Text]


class Moments(_Model):
    """When it ran, by RFC 3339."""

    invocation_id: Text | None = None
    started_on: Text
    finished_on: Text


class Facts(_Model):
    """Of a duration its seconds, of the machine whatever is known of it."""

    seconds: Number | None = None


class Byproduct(_Model):
    """What was noted on the side: machine, duration, and the duration of the evidence itself."""

    name: Text
    uri: Text | None = None
    annotations: Facts


class Details(_Model):
    """Where, when and how long."""

    builder: Builder
    metadata: Moments
    byproducts: list[Byproduct]


class Predicate(_Model):
    """SLSA Provenance v1."""

    build_definition: Definition
    run_details: Details


class Statement(_Model):
    """The whole receipt of one job."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: list[Output]
    predicate_type: Literal["https://slsa.dev/provenance/v1"]
    predicate: Predicate

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """What no single value shows: that files are named once, and that code, source and lock are there."""
        outputs = [entry.name for entry in self.subject]
        dependencies = [entry.name for entry in self.predicate.build_definition.resolved_dependencies]
        if not outputs:
            raise PydanticCustomError(WHOLE, "expected an output in the receipt, found none")
        for wanted in ("code", "source", "lock"):
            if wanted not in dependencies:
                raise PydanticCustomError(WHOLE, f"expected a dependency named {wanted} in the receipt, found none")
        for named in (outputs, dependencies):
            if len(set(named)) < len(named):
                twice = Counter(named).most_common(1)[0][0]
                raise PydanticCustomError(WHOLE, f"expected each file once in the receipt, found {twice} twice")
        return self

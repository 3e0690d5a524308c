"""What a receipt holds: typed models of an in-toto Statement v1 with a SLSA Provenance v1 predicate.

Receipts are written and read through these models. Keys that are not named here are kept and not looked at, as in-toto
asks; a key that may be absent may be null.
"""

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from vspair.provenance.receipt.values import Model, Name, Number, ProjectName, Sha256, Text, Truth, Whole

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"

WHOLE = "whole"
"""Type of an error whose message is a sentence on the whole receipt."""


class Digest(Model):
    """SHA-256 of a file, or of code."""

    sha256: Sha256


class CellNotes(Model):
    """Where a cell comes from: the inputs behind it, the column or key in them, and how.

    The statistic is `mean`, `known mean` or `value`, or empty for a formula.
    """

    inputs: list[Name]
    key: Text
    statistic: Text | None = None


class Promised(Model):
    """How many test images a file is of, and the setting that promised them."""

    number: Whole
    key: Text | None = None


class Notes(Model):
    """What is noted of an output; of a table or figure also its cells, and the columns that name a line.

    Of pairs, and of a metric file with one line an image, the number of test images.
    """

    cells: dict[str, CellNotes] | None = None
    index: list[Text] | None = None
    published: Text | None = None
    comparable: Truth | None = None
    images: Promised | None = None


class Output(Model):
    """A file that the job made."""

    name: Name
    digest: Digest
    annotations: Notes | None = None


class Seen(Model):
    """What the receipt of an input claimed when the job used it."""

    claims: Sha256 | None = None


class Input(Model):
    """A file that the job was made from."""

    name: Name
    digest: dict[str, Text] | None = None
    annotations: Seen | None = None


class Reached(Model):
    """The script, the objects that it loads by name, and a checksum for each source file that they reach."""

    script: Name
    entries: list[Text]
    files: dict[str, Sha256] | None = None


class Code(Model):
    """The code that decides what the outputs are; its digest is the fingerprint."""

    name: Literal["code"] = "code"
    digest: Digest
    annotations: Reached


class Surroundings(Model):
    """Code that decides nothing: the frame that records jobs, or the words of errors and log lines."""

    name: Literal["frame", "words"]
    digest: Digest


class Commit(Model):
    """A commit of the project."""

    git_commit: Text | None = None


class Tree(Model):
    """Whether the project had changes that are in no commit."""

    dirty: Truth | None = None


class Source(Model):
    """The state of the project that the code came from."""

    name: Literal["source"] = "source"
    uri: Text | None = None
    digest: Commit | None = None
    annotations: Tree


class Lock(Model):
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


class External(Model):
    """What the job was told."""

    rule: Text
    wildcards: dict[str, Text]
    preset: Text
    seed: Whole | None = None
    stochastic: Truth
    configuration: dict[str, Any]
    parameters: Any = None
    target: Name


class Internal(Model):
    """How the job was run, and the name of its receipt."""

    receipt: Name
    command: Text
    threads: Whole | None = None
    resources: dict[str, Any] | None = None


class Definition(Model):
    """What was run, from what."""

    build_type: Text
    external_parameters: External
    internal_parameters: Internal
    resolved_dependencies: list[Dependency]


class Builder(Model):
    """What ran it, with the versions of what it had loaded."""

    id: Text
    version: dict[str, Text]


class Moments(Model):
    """When it ran, by RFC 3339."""

    invocation_id: Text | None = None
    started_on: Text
    finished_on: Text


class Facts(Model):
    """Of a duration its seconds, of the machine whatever is known of it."""

    seconds: Number | None = None


class Byproduct(Model):
    """What was noted on the side: machine, duration, and the duration of the evidence itself."""

    name: Text
    uri: Text | None = None
    annotations: Facts


class Details(Model):
    """Where, when and how long."""

    builder: Builder
    metadata: Moments
    byproducts: list[Byproduct]


class Predicate(Model):
    """SLSA Provenance v1."""

    build_definition: Definition
    run_details: Details


class Statement(Model):
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

"""What a receipt holds: typed models of an in-toto Statement v1 with a SLSA Provenance v1 predicate.

Receipts are written and read through these models. Keys that are not named here are kept and not looked at, as in-toto
asks. Of a key that may be absent, a text or number may be null, and an object or list may not.
"""

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, FailFast, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from vspair.provenance.receipt.values import (
    LABEL,
    Count,
    Entry,
    Fact,
    Folder,
    Given,
    Label,
    Model,
    Moment,
    Name,
    ProjectName,
    Script,
    Seconds,
    Sha256,
    Text,
    Threads,
    Truth,
    Whole,
)

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

    inputs: Annotated[list[Name], FailFast()]
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

    cells: Given[dict[Text, CellNotes]] = None
    index: Given[list[Text]] = None
    published: Text | None = None
    comparable: Truth | None = None
    images: Given[Promised] = None


class Output(Model):
    """A file that the job made."""

    name: Name
    digest: Digest
    annotations: Given[Notes] = None


class Seen(Model):
    """What the receipt of an input claimed when the job used it."""

    claims: Sha256 | None = None


class Input(Model):
    """A file that the job was made from."""

    name: Name
    digest: Given[dict[Label, Text]] = None
    annotations: Given[Seen] = None


class Reached(Model):
    """The script, the objects that it loads by name, and a checksum for each source file that they reach."""

    script: Script
    entries: Annotated[list[Entry], FailFast()]
    files: Given[dict[Text, Sha256]] = None


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

    git_commit: Label | None = None


class Tree(Model):
    """Whether the project had changes that are in no commit, the first of them and how many more; why it had none."""

    dirty: Truth | None = None
    changes: Given[list[Text]] = None
    more: Whole | None = None
    reason: Text | None = None


class Source(Model):
    """The state of the project that the code came from."""

    name: Literal["source"] = "source"
    uri: Text | None = None
    digest: Given[Commit] = None
    annotations: Tree


class Lock(Model):
    """The file with the versions that the environment was made from."""

    name: Literal["lock"] = "lock"
    uri: ProjectName | None = None
    digest: Digest


_KINDS = {"code", "source", "lock", "frame", "words"}


def _named(entry: Any, kinds: set[str], other: str) -> str:
    """The name of an entry where it is one of those that mean something, else what it is otherwise."""
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    return name if isinstance(name, str) and name in kinds else other


Dependency = Annotated[
    Annotated[Input, Tag("input")]
    | Annotated[Code, Tag("code")]
    | Annotated[Source, Tag("source")]
    | Annotated[Lock, Tag("lock")]
    | Annotated[Surroundings, Tag("frame")]
    | Annotated[Surroundings, Tag("words")],
    Discriminator(lambda entry: _named(entry, _KINDS, "input")),
]


class External(Model):
    """What the job was told."""

    rule: Label
    wildcards: dict[Label, Label]
    preset: Label
    seed: Whole | None = None
    stochastic: Truth
    configuration: dict[Label, Any]
    parameters: Any = None
    target: Name
    folders: Given[list[Folder]] = None
    """Inputs that are folders; their files are among the inputs. Of older receipts it is not known which were."""


class Internal(Model):
    """How the job was run, and the name of its receipt."""

    receipt: Name
    command: Text
    threads: Threads | None = None
    resources: Given[dict[Label, Fact]] = None


class Definition(Model):
    """What was run, from what."""

    build_type: Text
    external_parameters: External
    internal_parameters: Internal
    resolved_dependencies: Annotated[list[Dependency], FailFast()]


class Builder(Model):
    """What ran it, with the versions of what it had loaded."""

    id: Text
    version: dict[Label, Label]


class Moments(Model):
    """When it ran, by RFC 3339."""

    invocation_id: Text | None = None
    started_on: Moment
    finished_on: Moment


class Facts(Model):
    """What is known of a machine: its memory in bytes, and null for what it does not have."""

    __pydantic_extra__: dict[Label, Fact]

    cpu: Label | None = None
    cores: Count | None = None
    memory: Count | None = None
    gpu: Label | None = None
    driver: Label | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        # The library looks at the values of further keys, and not at the keys.
        if any(len(key) > LABEL for key in self.model_extra or ()):
            raise PydanticCustomError(WHOLE, f"expected names of up to {LABEL} letters for facts of the machine")
        return self


class Machine(Model):
    """The machine that the job ran on."""

    name: Literal["machine"] = "machine"
    uri: Text | None = None
    annotations: Facts


class Duration(Model):
    """A duration in seconds."""

    seconds: Seconds | None = None


class Timed(Model):
    """How long the job took, and how much of that its evidence."""

    name: Literal["duration", "evidence"]
    uri: Text | None = None
    annotations: Duration


class Byproduct(Model):
    """Anything else that was noted on the side, which is not looked at."""

    name: Text
    annotations: Any = None


Noted = Annotated[
    Annotated[Byproduct, Tag("other")]
    | Annotated[Machine, Tag("machine")]
    | Annotated[Timed, Tag("duration")]
    | Annotated[Timed, Tag("evidence")],
    Discriminator(lambda entry: _named(entry, {"machine", "duration", "evidence"}, "other")),
]


class Details(Model):
    """Where, when and how long."""

    builder: Builder
    metadata: Moments
    byproducts: Annotated[list[Noted], FailFast()]


class Predicate(Model):
    """SLSA Provenance v1."""

    build_definition: Definition
    run_details: Details


class Statement(Model):
    """The whole receipt of one job."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: Annotated[list[Output], FailFast()]
    predicate_type: Literal["https://slsa.dev/provenance/v1"]
    predicate: Predicate

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """What no single value shows: that everything is named once, and that code, source and lock are there."""
        outputs = [entry.name for entry in self.subject]
        dependencies = [entry.name for entry in self.predicate.build_definition.resolved_dependencies]
        if not outputs:
            raise PydanticCustomError(WHOLE, "expected an output in the receipt, found none")
        for wanted in ("code", "source", "lock"):
            if wanted not in dependencies:
                raise PydanticCustomError(WHOLE, f"expected a dependency named {wanted} in the receipt, found none")
        byproducts = [entry.name for entry in self.predicate.run_details.byproducts]
        for named in (outputs, dependencies, byproducts):
            if len(set(named)) < len(named):
                twice = Counter(named).most_common(1)[0][0]
                raise PydanticCustomError(WHOLE, f"expected each name once in the receipt, found {twice} twice")
        return self

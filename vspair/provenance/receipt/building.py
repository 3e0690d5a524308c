"""Build and write the receipt of a job: one file beside its outputs."""

import json
import shlex
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from vspair import files
from vspair.errors import VspairError
from vspair.provenance.code import sources
from vspair.provenance.receipt.machine import machine
from vspair.provenance.receipt.places import Places
from vspair.provenance.receipt.state import State
from vspair.provenance.receipt.statement import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    Builder,
    Code,
    Commit,
    Definition,
    Details,
    Digest,
    Duration,
    External,
    Facts,
    Input,
    Internal,
    Lock,
    Machine,
    Moments,
    Output,
    Predicate,
    Reached,
    Seen,
    Source,
    Statement,
    Surroundings,
    Timed,
    Tree,
)
from vspair.provenance.receipt.versions import versions
from vspair.regular import parsed

BUILD_TYPE = "urn:vspair:job:v1"
BUILDER = "urn:vspair:snakemake"
NOTE = "urn:vspair:"


def build(
    *,
    places: Places,
    evidence: Mapping[str, object],
    parameters: Mapping[str, object],
    settings: Mapping[str, object],
    state: State,
    rule: str,
    wildcards: Mapping[str, str],
    threads: int,
    resources: Mapping[str, object],
    outputs: Mapping[str, str],
    inputs: Mapping[str, str],
    folders: Sequence[str],
    claims: Mapping[str, str],
    target: str,
    asked: str,
    directory: str | None,
    receipt: str,
    annotations: Mapping[str, dict],
    started: datetime,
    finished: datetime,
    evidence_seconds: Callable[[], float],
) -> Statement:
    """The statement of one job.

    Args:
        places: the folders that names are relative to.
        evidence: what the rule handed over (script, entries, fingerprint, configuration, seed, stochastic, preset,
            results).
        parameters: the rule's other parameters, such as labels.
        settings: what the workflow was given on its command line beside preset and data folder.
        state: of the project when the job began.
        rule: the job's rule.
        wildcards: the rule's wildcards and their values.
        threads: CPU threads given to the job.
        resources: the job's resources; only numbers and texts are kept, and no temporary folder.
        outputs: name of each output to its SHA-256.
        inputs: name of each input to its SHA-256.
        folders: names of the inputs that are folders, whose files stand among the inputs.
        claims: name of each input that a job made to what that job's receipt claims (see `Receipt.claims`).
        target: name of the first output.
        asked: the first output as it is asked of Snakemake (see `asked_for`).
        directory: working folder of the workflow, relative to the project's root; None where it is the root.
        receipt: name of the receipt.
        annotations: further facts about an output, by its name.
        started: when the job began.
        finished: when the job ended.
        evidence_seconds: tells how much time has gone into evidence; asked last, and before the receipt is written.
    """
    definition = Definition(
        build_type=BUILD_TYPE,
        external_parameters=External(
            rule=rule,
            wildcards={key: str(value) for key, value in wildcards.items()},
            preset=evidence["preset"],
            seed=evidence["seed"],
            stochastic=evidence["stochastic"],
            configuration=places.scrub(dict(evidence["configuration"])),
            parameters=places.scrub(dict(parameters)),
            target=target,
            **({"folders": list(folders)} if folders else {}),
        ),
        internal_parameters=Internal(
            threads=threads,
            resources=_plain(resources, places),
            receipt=receipt,
            command=_command({"preset": evidence["preset"], **places.scrub(dict(settings))}, threads, asked, directory),
        ),
        resolved_dependencies=[
            *_inputs(inputs, claims),
            _code(places.root, evidence),
            *_project(state),
        ],
    )
    details = Details(
        builder=Builder(id=BUILDER, version=versions()),
        metadata=Moments(invocation_id=str(uuid.uuid4()), started_on=_moment(started), finished_on=_moment(finished)),
        byproducts=[
            # A resource descriptor must carry a uri, a digest or content.
            Machine(name="machine", uri=f"{NOTE}machine", annotations=Facts(**machine())),
            # A clock that was set back meanwhile says nothing on how long the job took, and is no damage.
            _timed("duration", round(max(0.0, (finished - started).total_seconds()), 3)),
            # In the order of evaluation the last: what stands above takes most of the time.
            _timed("evidence", round(evidence_seconds(), 4)),
        ],
    )
    return Statement(
        type_=STATEMENT_TYPE,
        subject=[_output(name, sha, annotations.get(name)) for name, sha in sorted(outputs.items())],
        predicate_type=PREDICATE_TYPE,
        predicate=Predicate(build_definition=definition, run_details=details),
    )


def write(path: Path | str, statement: Statement) -> None:
    """Write a receipt whole or not at all.

    Raises:
        VspairError: it holds what no reader takes, such as a number that is not finite, or the disk is full.
    """
    values = statement.model_dump(by_alias=True, exclude_unset=True)
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)
    try:
        # Before it stands there: what cannot be read vouches for nothing.
        parsed(text)
    except ValueError as error:
        raise VspairError(
            f"expected settings and notes for the receipt {path} that JSON can hold, found {error}: mend the setting"
        ) from error
    files.write_text(path, text + "\n")


def _output(name: str, sha: str, notes: dict | None) -> Output:
    digest = Digest(sha256=sha)
    return Output(name=name, digest=digest, annotations=notes) if notes else Output(name=name, digest=digest)


def _inputs(inputs: Mapping[str, str], claims: Mapping[str, str]) -> Iterator[Input]:
    for name, sha in sorted(inputs.items()):
        seen = {"annotations": Seen(claims=claims[name])} if name in claims else {}
        yield Input(name=name, digest={"sha256": sha}, **seen)


def _code(root: Path, evidence: Mapping[str, object]) -> Code:
    script, entries = evidence["script"], sorted(evidence["entries"])
    reached = Reached(script=script, entries=entries, files=sources(root, script, entries, remembered=True))
    return Code(name="code", digest=Digest(sha256=evidence["fingerprint"]), annotations=reached)


def _project(state: State) -> Iterator[Source | Lock | Surroundings]:
    tree = state.tree
    digest = {"digest": Commit(git_commit=tree.commit)} if tree.commit else {}
    told = {"changes": list(tree.changes), "more": tree.more, "reason": tree.reason}
    facts = {key: value for key, value in told.items() if value}
    yield Source(name="source", uri="project:.", annotations=Tree(dirty=tree.dirty, **facts), **digest)
    yield Lock(name="lock", uri=f"project:{state.lock}", digest=Digest(sha256=state.lock_sha256))
    yield Surroundings(name="frame", digest=Digest(sha256=state.frame))
    yield Surroundings(name="words", digest=Digest(sha256=state.words))


def asked_for(path: Path, places: Places, results: str) -> str:
    """A file as it is asked of Snakemake: as its rule has it, wherever links on the way there lead.

    Arguments:
        path: the file.
        places: the folders that names are relative to.
        results: the run folder as rules have it, such as `results/demo`.
    """
    if not path.is_absolute():
        return path.as_posix()
    if places.inside(path):
        return f"{results}/{places.name(path)}"
    return places.name(path).removeprefix("project:").removeprefix("external:").replace("data:", "data/", 1)


def _command(given: Mapping[str, object], threads: int, asked: str, directory: str | None) -> str:
    """What is typed in the project's root to remake the target."""
    settings = " ".join(_assignment(key, value) for key, value in given.items())
    place = f"--directory {shlex.quote(directory)} " if directory else ""
    return f"snakemake {place}--cores {threads} --config {settings} --force {shlex.quote(asked)}"


def _assignment(key: str, value: object) -> str:
    """A setting as it is typed in a shell: `device=cpu`, `'seeds=[0, 1]'`."""
    return shlex.quote(f"{key}={value if isinstance(value, str) else json.dumps(value)}")


def _plain(resources: Mapping[str, object], places: Places) -> dict[str, int | str]:
    kept = {key: value for key, value in resources.items() if not key.startswith("_") and key != "tmpdir"}
    return {key: places.scrub(value) for key, value in sorted(kept.items()) if isinstance(value, int | str)}


def _timed(name: str, seconds: float) -> Timed:
    return Timed(name=name, uri=f"{NOTE}{name}", annotations=Duration(seconds=seconds))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

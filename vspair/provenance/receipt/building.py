"""Receipts of jobs: in-toto Statements v1 with a SLSA Provenance v1 predicate, one file beside a job's outputs."""

import json
import shlex
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from vspair import files
from vspair.errors import VspairError
from vspair.provenance.receipt import form
from vspair.provenance.receipt.machine import machine, versions
from vspair.provenance.receipt.places import Places
from vspair.provenance.sources import sources

BUILD_TYPE = "urn:vspair:job:v1"
BUILDER = "urn:vspair:snakemake"
LOCK = "envs/constraints.txt"


def build(
    *,
    places: Places,
    evidence: Mapping[str, object],
    parameters: Mapping[str, object],
    settings: Mapping[str, object],
    source: tuple[str | None, bool | None],
    rule: str,
    wildcards: Mapping[str, str],
    threads: int,
    resources: Mapping[str, object],
    outputs: Mapping[str, str],
    inputs: Mapping[str, str],
    claims: Mapping[str, str],
    target: str,
    receipt: str,
    annotations: Mapping[str, dict],
    started: datetime,
    finished: datetime,
    evidence_seconds: Callable[[], float],
) -> dict:
    """The statement of one job.

    Args:
        places: the folders that names are relative to.
        evidence: what the rule handed over (script, entries, fingerprint, configuration, seed, stochastic, preset,
            results).
        parameters: the rule's other parameters, such as labels.
        settings: what the workflow was given on its command line beside preset and data folder.
        source: commit and dirtiness of the tree that the code came from, as `machine.commit` gives them.
        rule: the job's rule.
        wildcards: the rule's wildcards and their values.
        threads: CPU threads given to the job.
        resources: the job's resources; only numbers and texts are kept, and no temporary folder.
        outputs: name of each output to its SHA-256.
        inputs: name of each input to its SHA-256.
        claims: name of each input that a job made to what that job's receipt claims (see `Receipt.claims`).
        target: name of the first output.
        receipt: name of the receipt.
        annotations: further facts about an output, by its name.
        started: when the job began.
        finished: when the job ended.
        evidence_seconds: tells how much time has gone into evidence; asked last, and before the receipt is written.

    Raises:
        VspairError: the lock of the environment is missing.
    """
    given = {"preset": evidence["preset"], **places.scrub(dict(settings))}
    call = " ".join(_assignment(key, value) for key, value in given.items())
    command = f"snakemake --cores {threads} --config {call} --force {_target(places, target)}"
    return {
        "_type": form.STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": sha}} | _optional("annotations", annotations.get(name))
            for name, sha in sorted(outputs.items())
        ],
        "predicateType": form.PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "rule": rule,
                    "wildcards": {key: str(value) for key, value in wildcards.items()},
                    "preset": evidence["preset"],
                    "seed": evidence["seed"],
                    "stochastic": evidence["stochastic"],
                    "configuration": places.scrub(dict(evidence["configuration"])),
                    "parameters": places.scrub(dict(parameters)),
                    "target": target,
                },
                "internalParameters": {
                    "threads": threads,
                    "resources": _plain(resources, places),
                    "receipt": receipt,
                    "command": command,
                },
                "resolvedDependencies": _dependencies(places.root, evidence, source, inputs, claims),
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": versions()},
                "metadata": {
                    "invocationId": str(uuid.uuid4()),
                    "startedOn": _moment(started),
                    "finishedOn": _moment(finished),
                },
                "byproducts": [
                    _byproduct("machine", machine()),
                    _byproduct("duration", {"seconds": round((finished - started).total_seconds(), 3)}),
                    # In the order of evaluation the last: what stands above takes most of the time.
                    _byproduct("evidence", {"seconds": round(evidence_seconds(), 4)}),
                ],
            },
        },
    }


def write(path: Path | str, statement: dict) -> None:
    """Write a receipt whole or not at all; raises VspairError when the disk is full."""
    files.write_text(path, json.dumps(statement, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _dependencies(
    root: Path,
    evidence: Mapping[str, object],
    source: tuple[str | None, bool | None],
    inputs: Mapping[str, str],
    claims: Mapping[str, str],
) -> list[dict]:
    lock = root / LOCK
    if not lock.is_file():
        raise VspairError(f"expected the environment's lock at {lock}, found no file: restore it from the repository")
    sha, dirty = source
    script, entries = evidence["script"], sorted(evidence["entries"])
    code = {"script": script, "entries": entries, "files": sources(root, script, entries)}
    return [
        *(
            {"name": name, "digest": {"sha256": digest}}
            | _optional("annotations", {"claims": claims[name]} if name in claims else None)
            for name, digest in sorted(inputs.items())
        ),
        {"name": "code", "digest": {"sha256": evidence["fingerprint"]}, "annotations": code},
        {"name": "source", "uri": "project:.", "annotations": {"dirty": dirty}}
        | _optional("digest", {"gitCommit": sha} if sha else None),
        {"name": "lock", "uri": f"project:{LOCK}", "digest": {"sha256": files.sha256(lock)}},
    ]


def _target(places: Places, name: str) -> str:
    """The target as it is typed in the project's root: below it, or below the run folder's own name elsewhere."""
    folder = Places(run=places.root, root=places.root).name(places.run)
    return f"{folder.removeprefix('external:')}/{name}"


def _assignment(key: str, value: object) -> str:
    """A setting as it is typed in a shell: `device=cpu`, `'seeds=[0, 1]'`."""
    return shlex.quote(f"{key}={value if isinstance(value, str) else json.dumps(value)}")


def _plain(resources: Mapping[str, object], places: Places) -> dict[str, int | str]:
    kept = {key: value for key, value in resources.items() if not key.startswith("_") and key != "tmpdir"}
    return {key: places.scrub(value) for key, value in sorted(kept.items()) if isinstance(value, int | str)}


def _byproduct(name: str, annotations: dict) -> dict:
    # A resource descriptor must carry a uri, a digest or content.
    return {"name": name, "uri": f"urn:vspair:{name}", "annotations": annotations}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _optional(key: str, value: object) -> dict:
    return {key: value} if value else {}

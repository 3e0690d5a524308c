"""The record of an audit, which a person can sign off."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance.audit.findings import Finding
from vspair.provenance.audit.notes import notes
from vspair.provenance.receipt.worktree import commit
from vspair.provenance.run.chain import Run

FILE = "audit.json"
_SCHEMA = 1


def record(
    run: Run, findings: Sequence[Finding], full: bool, signed: dict[str, str] | None = None
) -> dict[str, object]:
    """What an audit found, as JSON values.

    Args:
        run: the run folder that was audited.
        findings: its breaks.
        full: whether every file was read anew.
        signed: `name` and `note` of the person who signs it off.

    Returns:
        `schema`, `when` (RFC 3339), `commit` and `dirty` of the auditing code, `full`, numbers of `receipts` and
        `outputs`, `unvouched` (first outputs of jobs that no later job vouches for), `evidence` (see there), `counts`
        of each kind of break, `findings`, `notes` (see there) and `signed`.
    """
    sha, dirty = commit(run.places.root)
    return {
        "schema": _SCHEMA,
        "when": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "commit": sha,
        "dirty": dirty,
        "full": full,
        "receipts": len(run.receipts) + len(run.damaged),
        "outputs": len(run.makers),
        "unvouched": run.unvouched(),
        "evidence": evidence(run),
        "counts": dict(sorted(Counter(finding.word for finding in findings).items())),
        "findings": [vars(finding) for finding in findings],
        "notes": notes(run),
        "signed": signed,
    }


def evidence(run: Run) -> str:
    """SHA-256 over names and checksums of all receipts, and so over all that they vouch for."""
    names = sorted([*map(run.name, run.receipts), *run.damaged])
    lines = "".join(f"{_sha256(run.places.run / name)}  {name}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


def read_record(folder: Path) -> dict[str, object] | None:
    """The record in a run folder; None without one.

    Raises:
        VspairError: it is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["schema"] != _SCHEMA or not isinstance(found["evidence"], str):
            raise ValueError(f"schema {found['schema']}")
        if not isinstance(found["signed"], dict | None):
            raise ValueError(f"signed {found['signed']!r}")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise VspairError(f"expected the record of an audit at {path}, found: {error}; remove it") from error
    return found


def vouched(run: Run) -> bool:
    """Whether a person has signed the audit off over the very receipts that are there now."""
    return signed(run.places.run) and outdated(run) is None


def signed(folder: Path) -> bool:
    """Whether a person has signed the record in a run folder; a damaged one counts as signed, for it may have been."""
    try:
        known = read_record(folder)
    except VspairError:
        return True
    return known is not None and bool(known["signed"])


def outdated(run: Run) -> Finding | None:
    """That a record was signed off over other receipts than those that are there now."""
    try:
        known = read_record(run.places.run)
    except VspairError as error:
        return Finding(FILE, "stale record", str(error))
    if known is None or not known["signed"] or known["evidence"] == evidence(run):
        return None
    who = f"{known['signed'].get('name')} signed it off on {known.get('when')}"
    return Finding(
        FILE, "stale record", f"{who} over other receipts than these: see what changed, and sign it off anew"
    )


def _sha256(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:
        # A link to nowhere, or a folder of that name: the audit tells a damaged receipt.
        return "unreadable"

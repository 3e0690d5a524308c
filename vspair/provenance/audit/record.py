"""The record of an audit, which a person can sign off."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from vspair.errors import VspairError
from vspair.printable import brief
from vspair.provenance.audit.findings import Finding
from vspair.provenance.audit.notes import notes
from vspair.provenance.receipt.reading import LARGEST
from vspair.provenance.receipt.worktree import commit
from vspair.provenance.run.chain import Run
from vspair.regular import content, parsed, text

FILE = "audit.json"
_SCHEMA = 1
_LARGEST = 1 << 26
_FORM = {
    **{"when": str, "commit": str | None, "dirty": bool | None, "full": bool, "evidence": str},
    **{"receipts": int, "outputs": int, "findings": list, "signed": dict | None},
}


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
    lines = "".join(f"{_sha256(run.places.path(name))}  {name}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


def read_record(folder: Path) -> dict[str, object] | None:
    """The record in a run folder; None without one.

    Raises:
        VspairError: it is damaged.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return None
    try:
        found = parsed(text(path, _LARGEST))
        _require_form(found)
    except (OSError, ValueError) as error:
        raise VspairError(f"expected the record of an audit at {path}, found: {error}; remove it") from error
    return found


def _require_form(found: object) -> None:
    if not isinstance(found, dict) or found.get("schema") != _SCHEMA:
        raise ValueError(f"another form than number {_SCHEMA}")
    for key, kind in _FORM.items():
        # A truth is a whole number too, for Python.
        if not isinstance(found.get(key), kind) or (kind is int and isinstance(found[key], bool)):
            raise ValueError(f"{brief(repr(found.get(key)), 80)} as {key}")
    signed = found["signed"]
    if signed is not None and not all(isinstance(signed.get(key), str) for key in ("name", "note")):
        raise ValueError("a signature without name and note")


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
        return hashlib.sha256(content(path, LARGEST)).hexdigest()
    except OSError:
        # A link, a folder of that name, or more than a receipt can be: the audit tells a damaged receipt.
        return "unreadable"

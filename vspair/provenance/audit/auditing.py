"""Check every link of a run folder's chains of evidence."""

from collections.abc import Callable, Iterable
from pathlib import Path

from vspair.printable import brief
from vspair.provenance.audit.cells import contradicted
from vspair.provenance.audit.chains import misplaced, mixed_chains, mixed_claims, mixed_presets, rewritten
from vspair.provenance.audit.commits import against_history
from vspair.provenance.audit.environment import changed_locks
from vspair.provenance.audit.findings import Configuration, Finding
from vspair.provenance.audit.images import incomplete
from vspair.provenance.audit.jobs import check
from vspair.provenance.audit.ledger import contradicted_ledger
from vspair.provenance.audit.record import outdated, vouched
from vspair.provenance.run.chain import LEDGER, Run

_ALL = "*.receipt.json"
"""In the place of a file, where the checks are of all receipts together."""


def audit(
    folder: Path | str,
    root: Path,
    configuration: Configuration | None = None,
    data_dir: Path | None = None,
    full: bool = False,
) -> list[Finding]:
    """Every break of a run folder, sorted by file; an empty list means that all of it is still true.

    Args:
        folder: the run folder, wherever it lies.
        root: the project's root, with the code as it is now.
        configuration: value now of a dotted key (a KeyError or VspairError says that there is none); without it,
            configurations are not compared with the present one.
        data_dir: the data folder; without it, files in it are not checked.
        full: read every file anew, look every commit up in git's history, and want each result vouched for.

    Raises:
        VspairError: the folder does not exist, holds no receipts, or is only a part of a run folder.
    """
    return audited(Run(folder, root, data_dir, full), configuration, full)


def audited(run: Run, configuration: Configuration | None = None, full: bool = False) -> list[Finding]:
    """`audit` of a run folder that was read already."""
    if run.left_out is not None:
        # A bundle holds results of the past, with the settings of then.
        configuration = None
    found = {Finding(name, "damaged receipt", sentence) for name, sentence in run.damaged.items()}
    for receipt in run.receipts:
        found.update(_guarded(run.name(receipt), check, run, receipt, configuration))
        for alone in (contradicted, incomplete):
            found.update(_guarded(run.name(receipt), alone, run, receipt))
    for between in (mixed_presets, mixed_claims, mixed_chains, misplaced, rewritten, changed_locks):
        found.update(_guarded(_ALL, between, run))
    # A bundle holds results of the past: without its commit there is nothing to compare its code with.
    strict = full or run.left_out is not None
    if strict:
        found.update(_guarded(_ALL, against_history, run))
    found.update(_guarded(LEDGER, contradicted_ledger, run))
    for name in run.linked():
        sentence = "a symbolic link stands in the place of this folder: put the folder itself there"
        found.add(Finding(name, "edited", sentence))
    for name in run.unreceipted():
        found.add(Finding(name, "unreceipted", "no receipt covers this file: remove it, or make it by the workflow"))
    if (stale := outdated(run)) is not None:
        found.add(stale)
    if strict and not vouched(run):
        for name in run.unvouched():
            sentence = "neither a ledger nor a signed record vouches for it: run the whole workflow, or sign it off"
            found.add(Finding(name, "unvouched", sentence))
    run.checksums.remember()
    return sorted(found)


def _guarded(name: str, checks: Callable[..., Iterable[Finding]], *arguments: object) -> list[Finding]:
    """What some checks find, and where they end in an error that nobody foresaw, that they do: no other check ends."""
    try:
        return list(checks(*arguments))
    except Exception as error:
        told = f"{type(error).__name__}: {brief(error)}"
        sentence = f"it could not be checked, which ended in {told}; remake what it stands for, and report this defect"
        return [Finding(name, "damaged receipt", sentence)]

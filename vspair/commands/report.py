"""`python -m vspair report FOLDER`: one offline HTML page of a run folder, with the chain behind every number."""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vspair.commands.audit import audit_of
from vspair.commands.settings import add_config
from vspair.errors import VspairError
from vspair.printable import tell
from vspair.problems.configuration import RunSettings
from vspair.provenance.audit.findings import Finding
from vspair.provenance.audit.notes import notes
from vspair.provenance.audit.record import read_record, vouched
from vspair.provenance.run.chain import Run
from vspair.provenance.run.ledger import ledger

if TYPE_CHECKING:
    from vspair.published import Published


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("report", help="one offline HTML page of a run folder")
    command.add_argument("folder", help="a run folder such as results/demo, or a bundle of one")
    command.add_argument("--output", metavar="FILE", help="the page (default: report.html in the folder)")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Write the page; breaks stand first in it and are no error here."""
    write_report(options.folder, root, options.config, options.output and Path(options.output))
    return 0


def write_report(
    folder: Path | str, root: Path, settings: Sequence[str] | RunSettings = (), output: Path | None = None
) -> None:
    """Audit a run folder, write its page and say where it is.

    Args:
        folder: the run folder or a bundle.
        root: the project's root.
        settings: as for `vspair.commands.audit.audit_of`.
        output: the page; `report.html` in the folder by default.

    Raises:
        VspairError: the folder holds no run, a table cannot be read, or the page cannot be written.
    """
    from vspair.reporting.page import write_page

    audited, findings = audit_of(folder, root, settings)
    folder = audited.places.run
    output = output or folder / "report.html"
    write_page(
        ledger=ledger(audited),
        findings=[_placeless(finding, (folder, root)) for finding in findings],
        record=_record(folder),
        folder=folder,
        captions=captions(root),
        published=published(root),
        output=output,
        when=datetime.now(UTC),
        limits=_limits(audited),
    )
    tell(f"{output}: {len(findings) or 'no'} break{'' if len(findings) == 1 else 's'} found by the audit")


def verdicts(audited: Run, root: Path) -> dict[str, int]:
    """How many published values got each verdict, those of tables that were not made among them."""
    from vspair.reporting.page import tally, with_not_run

    return tally(with_not_run(ledger(audited), published(root)))


def captions(root: Path) -> dict[str, str]:
    """Name of each table and figure -> its caption in the workflow."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((root / "workflow/captions").glob("*.rst"))}


def published(root: Path) -> Mapping[str, "Published"]:
    """Name of each table with published numbers -> these numbers."""
    from vspair.published import published_tables, read_published

    return {
        table: read_published(path, table)
        for path in sorted((root / "config/published").glob("*.yaml"))
        for table in published_tables(path)
    }


def _placeless(finding: Finding, folders: Sequence[Path]) -> Finding:
    """The finding without the places of this machine."""
    sentence = finding.sentence
    for folder in folders:
        sentence = sentence.replace(f"{folder}/", "")
    return dataclasses.replace(finding, sentence=sentence)


def _record(folder: Path) -> dict | None:
    try:
        return read_record(folder)
    except VspairError:
        # The audit has a finding on it.
        return None


def _limits(audited: Run) -> list[str]:
    """What the audit says beside the breaks, and what it could not check, in sentences."""
    raw = {name for receipt in audited.receipts for name in receipt.inputs if name.startswith("data:")}
    found = [f"Since these jobs ran, {note}; no result depends on it." for note in notes(audited)]
    if raw and audited.places.data is None:
        found.append(f"Raw files that were not there to be checked: {len(raw)}; their checksums are in the chains.")
    if audited.left_out is not None:
        found.append(
            f"{len(audited.left_out)} large files are not kept with these results and known by checksum alone."
        )
    if behind := audited.behind():
        found.append(f"Files that stayed behind at a join and are known by checksum alone: {len(behind)}.")
    if (ends := audited.unvouched()) and not vouched(audited):
        found.append(f"Nothing but its own receipt vouches for {', '.join(ends)}.")
    return found

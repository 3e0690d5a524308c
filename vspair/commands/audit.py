"""`python -m vspair audit FOLDER`: check every link of a run folder, and sign the outcome off."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vspair.commands.settings import add_config, compared, resolved
from vspair.errors import VspairError
from vspair.files import write_text
from vspair.printable import first_few, json_text, tell
from vspair.problems.configuration import RunSettings
from vspair.provenance.audit.auditing import audited
from vspair.provenance.audit.findings import CODES, SEVERAL, Finding, exit_code
from vspair.provenance.audit.notes import notes
from vspair.provenance.audit.record import FILE, record, vouched
from vspair.provenance.run.chain import Run

_WIDTH = 80
"""Letters of a column of names; longer ones stand out, and do not move the others away."""

_CODES = ", ".join(f"{code} {word}" for word, code in CODES.items())


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser(
        "audit",
        help="check every link of a run folder",
        epilog=f"exit codes: 0 clean, {_CODES}, {SEVERAL} several kinds, 2 bad input",
    )
    command.add_argument("folder", help="a run folder such as results/demo, or a bundle of one")
    command.add_argument(
        "--full",
        action="store_true",
        help="read every file anew, look commits up in git, and want each result vouched for",
    )
    command.add_argument("--json", metavar="FILE", help="write the findings as JSON (- for the standard output)")
    command.add_argument(
        "--sign-off", metavar="NAME", help=f"do a full audit and write its record, with your name, to FOLDER/{FILE}"
    )
    command.add_argument("--note", default="", metavar="TEXT", help="what you want to say with --sign-off")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Print or write the findings and give the audit's exit code."""
    full = options.full or options.sign_off is not None
    audited_run, findings = audit_of(options.folder, root, options.config, full)
    signature = None
    if options.sign_off is not None:
        signature = {"name": options.sign_off, "note": options.note}
        # An outdated record is the one that this one replaces, and the person vouches for what nothing else does.
        findings = [finding for finding in findings if finding.word not in ("stale record", "unvouched")]
        if findings and not options.note:
            raise VspairError(
                f"expected no breaks to sign off, found {len(findings)} in {options.folder}: mend them (run without "
                "--sign-off to see them), or say with --note why they stand"
            )
    text = json_text(record(audited_run, findings, full, signature)) + "\n"
    if signature:
        write_text(audited_run.places.run / FILE, text)
    if options.json == "-":
        sys.stdout.write(text)
        return exit_code(findings)
    if options.json:
        write_text(options.json, text)
    print_findings(audited_run, findings)
    return exit_code(findings)


def audit_of(
    folder: Path | str, root: Path, settings: Sequence[str] | RunSettings = (), full: bool = False
) -> tuple[Run, list[Finding]]:
    """A run folder and its breaks, against the present configuration.

    Args:
        folder: the run folder, or a bundle, which is not compared with the present configuration.
        root: the project's root.
        settings: those that the workflow was given (`KEY=VALUE`), or the configuration that they lead to.
        full: as for `vspair.provenance.audit`.

    Raises:
        VspairError: the folder holds no run, or the settings are not valid.
    """
    run = Run(folder, root, full=full)
    config = settings if isinstance(settings, RunSettings) else resolved(root, run.preset, settings)
    configuration, data_dir = compared(root, config)
    run.name_data(data_dir)
    return run, audited(run, configuration, full)


def print_findings(run: Run, findings: Sequence[Finding]) -> None:
    """One line per break and per note, and a sentence on the whole."""
    width = min(_WIDTH, max((len(finding.file) for finding in findings), default=0))
    for finding in findings:
        tell(f"{finding.file:<{width}}  {finding.word:<19}  {finding.sentence}")
    for note in notes(run):
        tell(f"note: {note}")
    counts = Counter(finding.word for finding in findings)
    kinds = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    of = f" of the preset {run.preset}" if run.preset else ""
    checked = f"{len(run.receipts) + len(run.damaged)} receipts{of} checked"
    tell(f"{checked}: {kinds or 'every link is still true'}")
    if "unvouched" not in counts and (ends := run.unvouched()) and not vouched(run):
        tell(f"Nothing but its own receipt vouches for {first_few(ends)}: a ledger or a signed record would")
    raw = {name for receipt in run.receipts for name in receipt.inputs if not run.checkable(name)}
    if raw:
        tell(f"{len(raw)} raw files were not checked: name their folder with --config data_dir=FOLDER")
    if behind := run.behind():
        tell(f"{len(behind)} files stayed behind when jobs were joined and are known by checksum alone")
    if run.left_out is not None:
        commits = ", ".join(sorted({receipt.commit[:12] for receipt in run.receipts if receipt.commit}))
        tell(f"A bundle: compared with its own commit ({commits}); {len(run.left_out)} files known by checksum alone.")

"""`python -m vspair release-check FOLDER`: a report of results that pass a full audit, and of no others."""

import argparse
from pathlib import Path

from vspair.commands.audit import audit_of, print_findings
from vspair.commands.settings import add_config
from vspair.errors import VspairError
from vspair.files import write_text
from vspair.printable import json_text
from vspair.provenance.audit.findings import exit_code
from vspair.provenance.audit.record import FILE, record, signed


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("release-check", help="a full audit, and a report only if it finds no break")
    command.add_argument("folder", help="a run folder such as results/paper")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Audit, write the record, and only then the report; give the audit's exit code."""
    from vspair.commands.report import verdicts, write_report

    audited, findings = audit_of(options.folder, root, options.config, full=True)
    folder = audited.places.run
    if audited.left_out is not None:
        raise VspairError(f"expected a run folder, found the bundle {folder}: check the run that it was made of")
    # What a person signed is never written over: where it no longer holds, that is among the findings.
    if not signed(folder):
        text = json_text(record(audited, findings, full=True)) + "\n"
        write_text(folder / FILE, text)
    print_findings(audited, findings)
    if findings:
        print("no report was built: mend what the audit found, then run the same command again")
        return exit_code(findings)
    counts = verdicts(audited, root)
    print(f"verdicts: {', '.join(f'{count} {word}' for word, count in counts.items())}")
    write_report(folder, root, options.config)
    return 0

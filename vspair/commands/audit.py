"""`python -m vspair audit FOLDER`: check every link of a run folder."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vspair.commands.settings import add_config, compared, preset_of, resolved
from vspair.files import write_text
from vspair.provenance.audit import CODES, SEVERAL, Finding, audit, exit_code
from vspair.provenance.receipts import SUFFIX

_CODES = ", ".join(f"{code} {word}" for word, code in CODES.items())


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser(
        "audit",
        help="check every link of a run folder",
        epilog=f"exit codes: 0 clean, {_CODES}, {SEVERAL} several kinds, 2 bad input",
    )
    command.add_argument("folder", help="a run folder such as results/demo")
    command.add_argument("--json", metavar="FILE", help="write the findings as JSON (- for the standard output)")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Print or write the findings and give the audit's exit code."""
    receipts = sum(1 for _ in Path(options.folder).rglob(f"*{SUFFIX}"))
    preset = preset_of(options.folder)
    configuration, data_dir = None, None
    if preset is not None:
        configuration, data_dir = compared(root, resolved(root, preset, options.config))
    findings = audit(options.folder, root, configuration, data_dir)
    text = json.dumps(_report(findings, receipts), indent=1) + "\n"
    if options.json == "-":
        sys.stdout.write(text)
        return exit_code(findings)
    if options.json:
        write_text(options.json, text)
    _print(findings, receipts)
    return exit_code(findings)


def _report(findings: Sequence[Finding], receipts: int) -> dict[str, object]:
    return {
        "receipts": receipts,
        "counts": dict(sorted(Counter(finding.word for finding in findings).items())),
        "findings": [vars(finding) for finding in findings],
    }


def _print(findings: Sequence[Finding], receipts: int) -> None:
    width = max((len(finding.file) for finding in findings), default=0)
    for finding in findings:
        print(f"{finding.file:<{width}}  {finding.word:<19}  {finding.sentence}")
    counts = Counter(finding.word for finding in findings)
    kinds = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    print(f"{receipts} receipts checked: {kinds or 'every link is still true'}")

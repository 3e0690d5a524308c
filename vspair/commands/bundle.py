"""`python -m vspair bundle FOLDER TARGET`: results with their evidence and without their large files, to be kept."""

import argparse
from collections.abc import Sequence
from fnmatch import fnmatch
from glob import escape
from pathlib import Path

from vspair.commands.audit import audit_of, print_findings
from vspair.commands.settings import add_config
from vspair.errors import VspairError
from vspair.printable import tell
from vspair.provenance.audit.findings import exit_code
from vspair.provenance.receipt.places import SUFFIX
from vspair.provenance.run.bundle import write_bundle
from vspair.provenance.run.chain import Run
from vspair.provenance.run.joined import FILE as JOINED

_WITHOUT = ("*.safetensors", "*.h5")


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("bundle", help="copy results and their evidence without the large files")
    command.add_argument("folder", help="a run folder such as results/paper")
    command.add_argument("target", help="a new folder such as docs/reproduction/paper")
    command.add_argument(
        "--without",
        nargs="+",
        action="extend",
        metavar="PATTERN",
        help=f"files known by their checksum alone (default {' '.join(_WITHOUT)})",
    )
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Copy what a full audit finds no break in; give the audit's exit code."""
    audited, findings = audit_of(options.folder, root, options.config, full=True)
    if findings:
        print_findings(audited, findings)
        tell(f"no bundle was made of {options.folder}: it fails the audit")
        return exit_code(findings)
    without = [*(options.without or _WITHOUT), *map(escape, audited.joined.left_behind)]
    _keep_metrics(audited, without)
    folder = audited.places.run
    receipts = [path.relative_to(folder).as_posix() for path in folder.rglob(f"*{SUFFIX}")]
    notes = [name for name in ("audit.json", "audit.json.sig", JOINED) if (folder / name).is_file()]
    outputs = {name: claims[0].outputs[name] for name, claims in audited.makers.items()}
    left = write_bundle(folder, sorted([*outputs, *receipts, *notes]), outputs, Path(options.target), without)
    tell(f"{len(outputs) - left} results and {len(receipts)} receipts in {options.target}, {left} files left out")
    return 0


def _keep_metrics(run: Run, without: Sequence[str]) -> None:
    """Refuse patterns that would leave out what the audit works cells out from."""
    for receipt in run.receipts:
        for cell, note in receipt.cells.items():
            for name in note.inputs if note.statistic else ():
                if any(fnmatch(name, pattern) for pattern in without):
                    raise VspairError(
                        f"expected patterns that keep metric files, found one for {name}, from which the cell {cell} "
                        f"of {receipt.target} is worked out again: give other patterns to --without"
                    )

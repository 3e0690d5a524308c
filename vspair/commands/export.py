"""`python -m vspair export FOLDER OUTPUT`: hand on a finished run as an RO-Crate."""

import argparse
from collections import Counter
from pathlib import Path

from vspair.commands.audit import audit_of
from vspair.commands.settings import add_config
from vspair.errors import VspairError
from vspair.printable import tell


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("export", help="write a finished run as an RO-Crate")
    command.add_argument("folder", help="a run folder such as results/demo")
    command.add_argument("output", help="a file ending in .zip, or a folder; must not exist yet")
    command.add_argument(
        "--without",
        nargs="+",
        action="extend",
        default=[],
        metavar="GLOB",
        help="files of the run folder to list but leave out, such as '*.safetensors'",
    )
    command.add_argument(
        "--with-breaks", action="store_true", help="export though the audit finds breaks, and state them in the crate"
    )
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Audit, then write the crate.

    Raises:
        VspairError: the package rocrate is not there, or the audit finds breaks and nobody asked for a crate that
            states them.
    """
    from vspair.provenance.crate import export, require_library

    require_library()
    _, findings = audit_of(options.folder, root, options.config)
    if findings and not options.with_breaks:
        counts = Counter(finding.word for finding in findings)
        kinds = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
        raise VspairError(
            f"expected a run that passes the audit, found in {options.folder}: {kinds}; see "
            f"`python -m vspair audit {options.folder}`, mend them, or export with --with-breaks"
        )
    done = export(options.folder, options.output, root, findings, options.without)
    tell(f"{options.output}: {done.jobs} jobs, {done.files} files, {done.size / 1e6:.1f} MB before packing")
    if done.left_out:
        tell(f"listed but left out: {done.left_out} files, {done.left_out_size / 1e6:.1f} MB")
    if findings:
        tell(f"the crate states {len(findings)} breaks of its evidence")
    return 0

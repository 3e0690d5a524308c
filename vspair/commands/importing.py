"""`python -m vspair import CRATE FOLDER`: unpack the run folder of an RO-Crate that `export` wrote."""

import argparse
from pathlib import Path

from vspair.printable import tell


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("import", help="unpack the run folder of an RO-Crate after checking every file")
    command.add_argument("crate", help="a ZIP file or folder that `export` wrote")
    command.add_argument("folder", help="the run folder to make, such as results/demo; must not exist yet")
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Check and unpack the crate."""
    from vspair.provenance.crate import restore

    done = restore(options.crate, options.folder)
    tell(f"{options.folder}: {done.files} files, {done.size / 1e6:.1f} MB; every checksum of the crate holds")
    if done.left_out:
        tell(f"a bundle: {len(done.left_out)} files were left out of the crate and are known by checksum alone")
    tell(f"next: python -m vspair audit {options.folder}")
    return 0

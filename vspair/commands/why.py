"""`python -m vspair why FILE [--cell ROW COLUMN]`: the chain behind a file or one number in it."""

import argparse
from pathlib import Path

from vspair.commands.settings import add_config, compared, resolved
from vspair.errors import VspairError
from vspair.printable import json_text, shown_all, tell
from vspair.provenance.receipt.lookup import find
from vspair.provenance.receipt.reading import read
from vspair.provenance.why import why
from vspair.provenance.why.text import render


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("why", help="the chain behind a file, a cell of a table or a number in a figure")
    command.add_argument("file", help="any result, such as results/demo/tables/table3.csv")
    command.add_argument(
        "--cell",
        nargs=2,
        action="append",
        metavar=("ROW", "COLUMN"),
        help="one cell of a table, or line and column of a figure's CSV",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Print the chain.

    Raises:
        VspairError: more than one cell is asked for, or the file cannot be explained.
    """
    cells = options.cell or []
    if len(cells) > 1:
        raise VspairError(f"expected one cell after --cell, found {len(cells)}: ask for one at a time")
    receipt = find(options.file)
    configuration, data_dir = None, None
    if receipt is not None:
        configuration, data_dir = compared(root, resolved(root, read(receipt).preset, options.config))
    cell = tuple(cells[0]) if cells else None
    answer = why(options.file, root, cell, configuration, data_dir)
    if options.json:
        print(json_text(answer))
    else:
        tell(render(shown_all(answer)), keep="\n")
    return 0

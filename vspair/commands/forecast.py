"""`python -m vspair forecast --preset paper`: what a run will cost, from the receipts of earlier runs."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vspair.commands.settings import add_config, assigned, resolved
from vspair.errors import VspairError
from vspair.printable import json_text, shown_all, tell
from vspair.provenance.receipt.places import SUFFIX

FOLDERS = ("results", "docs/reproduction")


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("forecast", help="what a run will cost, from the receipts of earlier runs")
    command.add_argument("targets", nargs="*", metavar="TARGET", help="rules or files; by default everything")
    command.add_argument("--preset", required=True, help="the preset that is to be run")
    command.add_argument("--gpus", type=int, help="GPUs of the machine; by default 1 if the preset uses them")
    command.add_argument("--cores", type=int, default=8, help="CPU cores of the machine (8)")
    command.add_argument(
        "--records", nargs="+", action="extend", metavar="FOLDER", help="run folders; by default all that are here"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Print the forecast."""
    from vspair.provenance.forecast import estimate, flat, plan, read_records, render, summary

    config = resolved(root, options.preset, options.config)
    gpus = (1 if config.device == "cuda" else 0) if options.gpus is None else options.gpus
    if options.cores < 1 or gpus < 0:
        raise VspairError(f"expected at least 1 core and no negative GPUs, found {options.cores} and {gpus}: mend that")
    records, damaged = read_records(_folders(root, options.records))
    given = assigned(options.config) | {"preset": options.preset}
    tasks, laws, absent = plan(root, given, options.targets, options.cores)
    # As receipts have it: of a section what differs from its default.
    settings = flat(config.model_dump(mode="json", exclude_defaults=True))
    times, sizes = (estimate(tasks, laws, records, settings, what) for what in ("time", "size"))
    answer = summary(tasks, times, sizes, options.cores, gpus, config.jobs_per_gpu)
    lines = [*(f"{name} is not here: planned as if it came" for name in absent), *damaged]
    if options.json:
        print(json_text(answer | {"note": "".join(f"{line}\n" for line in lines)}))
        return 0
    tell(render(shown_all(answer)).removesuffix("\n"), keep="\n")
    for line in lines:
        tell(line)
    return 0


def _folders(root: Path, named: Sequence[str] | None) -> list[Path]:
    if not named:
        parents = [root / name for name in FOLDERS]
        return sorted(path for parent in parents if parent.is_dir() for path in parent.iterdir() if path.is_dir())
    folders = [Path(name) for name in named]
    for folder in folders:
        if not folder.is_dir() or not any(folder.rglob(f"*{SUFFIX}")):
            raise VspairError(f"expected a run folder with receipts at {folder}, found none: name such as results/demo")
    return folders

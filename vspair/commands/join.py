"""`python -m vspair join FROM INTO`: take finished jobs of another folder into a run folder, and go on from there."""

import argparse
from pathlib import Path

from vspair.commands.settings import add_config, assigned, compared, resolved
from vspair.printable import first_few, tell
from vspair.provenance.join.joining import Outcome, join
from vspair.provenance.receipt.receipt import Receipt


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("join", help="take finished jobs of another run folder or bundle into one")
    command.add_argument("source", metavar="FROM", help="a run folder of another machine or checkout, or a bundle")
    command.add_argument("into", metavar="INTO", help="the run folder, results/PRESET; may not exist yet")
    command.add_argument("--dry-run", action="store_true", help="check, and print what would be taken")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Join, and say what was taken, what was there, what stayed behind and what was passed by."""
    preset = Path(options.into).absolute().name
    config = resolved(root, preset, options.config)
    configuration, data = compared(root, config)
    settings = assigned(options.config) | {"preset": preset}
    done = join(options.source, options.into, root, settings, configuration, data, dry_run=options.dry_run)
    if options.dry_run:
        for receipt in done.choice.taken:
            tell(_line(done, receipt))
    tell(_summary(done, "would be taken" if options.dry_run else "taken"))
    for reason, passed in done.choice.passed.items():
        tell(f"not taken, {reason}: {first_few([receipt.target for receipt in passed])}")
    if done.wanted:
        tell(
            f"jobs still to be made read {first_few(done.wanted)}; they would make that anew, and all that was made "
            "from it: to keep what was joined, bring it too or make it alone, and join again"
        )
    return 0


def _line(done: Outcome, receipt: Receipt) -> str:
    job = " ".join((receipt.rule, *receipt.wildcards.values()))
    files = sum(name in done.load.copies for name in receipt.outputs)
    behind = sum(name in done.load.left_behind for name in receipt.outputs)
    return f"{job}: {files} results" + (f", {behind} left behind" if behind else "")


def _summary(done: Outcome, taken: str) -> str:
    files = len(done.load.copies)
    behind = [r for r in done.choice.accepted if any(name in done.load.left_behind for name in r.outputs)]
    return (
        f"{taken}: {len(done.choice.taken)} jobs ({files} files, {done.load.size / 1e6:.1f} MB); "
        f"already there: {len(done.choice.there)}; "
        f"left behind: {len(done.load.left_behind)} files of {len(behind)} jobs"
    )

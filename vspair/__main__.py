"""Command line of the evidence: `python -m vspair audit FOLDER` and `python -m vspair why FILE`."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml

import vspair
from vspair.config.resolve import merge, resolve
from vspair.errors import VspairError
from vspair.files import write_text
from vspair.provenance.audit import CODES, SEVERAL, Configuration, Finding, audit, exit_code
from vspair.provenance.receipts import SUFFIX, find, read
from vspair.provenance.why import render, why

_CODES = ", ".join(f"{code} {word}" for word, code in CODES.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 when all is well, 2 for bad input, else the audit's (see `CODES`)."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options, Path(vspair.__file__).resolve().parent.parent)
    except VspairError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python would complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vspair", description="Check and explain results.")
    commands = parser.add_subparsers(required=True)
    check = commands.add_parser(
        "audit",
        help="check every link of a run folder",
        epilog=f"exit codes: 0 clean, {_CODES}, {SEVERAL} several kinds, 2 bad input",
    )
    check.add_argument("folder", help="a run folder such as results/demo")
    check.add_argument("--json", metavar="FILE", help="write the findings as JSON (- for the standard output)")
    check.set_defaults(command=_audit)
    explain = commands.add_parser("why", help="the chain behind a file or one cell of a table")
    explain.add_argument("file", help="any result, such as results/demo/tables/table3.csv")
    explain.add_argument("--cell", nargs=2, metavar=("ROW", "COLUMN"), help="one cell of a table's CSV")
    explain.add_argument("--json", action="store_true", help="print JSON")
    explain.set_defaults(command=_why)
    for command in (check, explain):
        command.add_argument(
            "--config", nargs="+", default=[], metavar="KEY=VALUE", help="the settings that the workflow was given"
        )
    return parser


def _audit(options: argparse.Namespace, root: Path) -> int:
    receipts = sorted(Path(options.folder).rglob(f"*{SUFFIX}"))
    presets = Counter(read(path).preset for path in receipts)
    configuration, data_dir = None, None
    if presets:
        configuration, data_dir = _configuration(root, presets.most_common(1)[0][0], options.config)
    findings = audit(options.folder, root, configuration, data_dir)
    text = json.dumps(_report(findings, len(receipts)), indent=1) + "\n"
    if options.json == "-":
        sys.stdout.write(text)
        return exit_code(findings)
    if options.json:
        write_text(options.json, text)
    _print(findings, len(receipts))
    return exit_code(findings)


def _why(options: argparse.Namespace, root: Path) -> int:
    receipt = find(options.file)
    configuration, data_dir = None, None
    if receipt is not None:
        configuration, data_dir = _configuration(root, read(receipt).preset, options.config)
    cell = tuple(options.cell) if options.cell else None
    answer = why(options.file, root, cell, configuration, data_dir)
    print(json.dumps(answer, indent=1) if options.json else render(answer))
    return 0


def _configuration(root: Path, preset: str, assignments: Sequence[str]) -> tuple[Configuration, Path]:
    """The configuration as the workflow would resolve it now for that preset, and the data folder it names."""
    file = root / "config" / "config.yaml"
    settings = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.is_file() else {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not (key and equals):
            raise VspairError(f"expected --config KEY=VALUE, found {assignment!r}: write for instance device=cpu")
        settings = merge(settings, _nested(key.split("."), yaml.safe_load(value)))
    # The preset is what the receipts say it was.
    config = resolve(root, {**settings, "preset": preset})
    return lambda key: config.select([key])[key], root / (config.data_dir or "data")


def _nested(keys: Sequence[str], value: object) -> object:
    return {keys[0]: _nested(keys[1:], value)} if keys else value


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


if __name__ == "__main__":
    sys.exit(main())

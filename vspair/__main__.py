"""Command line: `python -m vspair COMMAND`, with one module in `vspair.commands` for each command."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import vspair
from vspair.commands import (
    audit,
    bundle,
    campaign,
    debug,
    docs,
    export,
    forecast,
    importing,
    join,
    release_check,
    report,
    why,
)
from vspair.errors import VspairError
from vspair.printable import bear_any_locale, tell

COMMANDS = (audit, why, report, release_check, bundle, join, export, importing, forecast, campaign, debug, docs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 when all is well, 2 for bad input, else the command's own."""
    parser = argparse.ArgumentParser(prog="python -m vspair", description="Check, explain and hand on results.")
    commands = parser.add_subparsers(required=True)
    for command in COMMANDS:
        command.add(commands)
    bear_any_locale()
    options = parser.parse_args(arguments)
    try:
        return options.command(options, Path(vspair.__file__).resolve().parent.parent)
    except VspairError as error:
        tell(f"error: {error}", to_errors=True)
        return 2
    except PermissionError as error:
        tell(f"error: expected to read or write {error.filename}, found {error.strerror}", to_errors=True)
        return 2
    except IsADirectoryError as error:
        tell(f"error: expected a file at {error.filename}, found a folder", to_errors=True)
        return 2
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python would complain again when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())

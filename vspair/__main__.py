"""Command line: `python -m vspair COMMAND`, with one module in `vspair.commands` for each command."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
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
from vspair.printable import bear_any_locale, shown
from vspair.refusals import refusal

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
        code = options.command(options, Path(vspair.__file__).resolve().parent.parent)
        # Here and not when Python ends: what cannot be printed is an error like others.
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except VspairError as error:
        return _failed(str(error))
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        _drop_output()
        return 0
    except OSError as error:
        if (sentence := _sentence(error)) is None:
            raise
        if error.filename is None:
            _drop_output()
        return _failed(sentence)


def _sentence(error: OSError) -> str | None:
    if error.errno == errno.ENOENT and error.filename is not None:
        return f"expected {error.filename}, found none: restore it, or give another name"
    return refusal(error)


def _failed(sentence: str) -> int:
    # Where the standard error cannot be written either, the exit code says it.
    with suppress(OSError):
        print(shown(f"error: {sentence}"), file=sys.stderr, flush=True)
    return 2


def _drop_output() -> None:
    """Point the standard output to nothing: Python would complain again when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())

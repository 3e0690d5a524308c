"""A command that is interrupted when its time is over, in such a way that what it has finished stays."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

GRACE = 60.0
"""Seconds that a command has to end after it was interrupted, before it is killed."""


class KilledError(Exception):
    """The command did not end when it was interrupted, and was killed with all that it had started."""


def run_for(command: Sequence[str], folder: Path, seconds: float | None, grace: float = GRACE) -> int | None:
    """Run a command in a folder; after so many seconds it and all that it started are sent INT, as by Ctrl-C.

    Arguments:
        command: program and arguments.
        folder: its working folder.
        seconds: time that it has, none for any.
        grace: seconds that it has to end then.

    Returns:
        Its exit code; None where it was interrupted.

    Raises:
        KeyboardInterrupt: this process was sent INT or TERM; the command was interrupted too, and has ended.
        KilledError: it did not end within the grace.
    """
    with _interruptible():
        # A session of its own: the signal reaches its jobs, and a Ctrl-C of the user's reaches it through here alone.
        process = subprocess.Popen(command, cwd=folder, start_new_session=True)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(process, grace)
            return None
        except KeyboardInterrupt:
            _end(process, grace)
            raise


def _end(process: subprocess.Popen, grace: float) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(grace)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise KilledError from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """INT and TERM end this process's waiting; and a child starts with both at their default.

    A shell that starts a command in the background has INT ignored, which the command's children would inherit, so that
    no interrupt ever reached them.
    """

    def raised(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, raised) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

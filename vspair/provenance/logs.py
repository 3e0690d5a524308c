"""Where the log lines of a job go: to the standard error and to the job's log file."""

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vspair.printable import ShownFormatter, tell
from vspair.refusals import refusal, writing


def handlers_of(logs: Sequence[Path]) -> list[logging.Handler]:
    """A handler for the standard error and one for the first of these files, which is begun anew.

    Raises:
        VspairError: the machine does not let it be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    for path in logs[:1]:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(_LogFile(path, mode="w", encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(ShownFormatter("%(message)s"))
    return handlers


class _LogFile(logging.FileHandler):
    """A log, which no receipt covers: that it cannot be written any more is said once, and the job goes on."""

    _said = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        sentence = refusal(sys.exc_info()[1], self.baseFilename)
        if sentence is None:
            super().handleError(record)
        elif not self._said:
            self._said = True
            tell(f"warning: the log is not complete: {sentence}", to_errors=True)

    def close(self) -> None:
        # What could not be written is tried once more here.
        with suppress(OSError):
            super().close()

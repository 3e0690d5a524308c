"""What an audit says beside the breaks: what has changed since and decides no result."""

from collections.abc import Callable
from functools import cache

from vspair.errors import VspairError
from vspair.provenance.code import frame, words
from vspair.provenance.run.chain import Run


def notes(run: Run) -> list[str]:
    """Sentences on the frame that records jobs and on the words of errors and log lines, where these have changed.

    Neither is in the fingerprint of any job. The frame hands settings and seed to scripts, so that a reader may want to
    know. Receipts that do not tell of them are not counted.
    """
    # Jobs of one script share its digests.
    now = cache(_now)
    pairs = {
        "the frame that records jobs has": lambda folder, job: (job.frame, now(frame, folder)),
        "words of errors and log lines have": lambda folder, job: (
            job.words,
            now(words, folder, job.script, tuple(job.entries)),
        ),
    }
    found = []
    for what, pair in pairs.items():
        read = ((run.code(receipt), receipt) for receipt in run.receipts)
        digests = (pair(folder, receipt) for folder, receipt in read if folder is not None)
        changed = sum(None not in (then, present) and then != present for then, present in digests)
        found += [f"{what} changed since {changed} of {len(run.receipts)} receipts"] if changed else []
    return found


def _now(digest: Callable[..., str], *arguments: object) -> str | None:
    """A digest as it is now; None where there is none any more, which the check of the code tells."""
    try:
        return digest(*arguments)
    except (VspairError, OSError):
        return None

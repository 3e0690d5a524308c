"""Snakemake's own records of jobs that were not run here."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.forecast.plan import ONLY_PLANNED, assignments

_LOCKS = ".snakemake/locks"


def require_unlocked(root: Path) -> None:
    """Refuse a project in which Snakemake is at work.

    Raises:
        VspairError: Snakemake holds a lock.
    """
    if any((root / _LOCKS).glob("*.lock")):
        raise VspairError(
            f"expected no Snakemake at work in {root}, found its lock: wait for it, or if it was killed, "
            "run snakemake --unlock"
        )


def mark(root: Path, receipts: Sequence[Path], settings: Mapping[str, object]) -> None:
    """Let Snakemake write down that these jobs are finished with the parameters and inputs that they have now.

    Without such records it never sees that a job has other parameters than when it was run, and so would not repeat
    a job of elsewhere when its code changes. The files need not be there yet.

    Args:
        root: the project's root.
        receipts: receipts of the jobs, below the root.
        settings: those that the workflow is given, `preset` among them.

    Raises:
        VspairError: Snakemake refuses, with its own words.
    """
    targets = [path.relative_to(root).as_posix() for path in receipts]
    # Raw data need not be here either.
    given = assignments({**settings, ONLY_PLANNED: True})
    options = ["--touch", "--force", "--no-hooks", "--cores", "1", "--config", *given, "--", *targets]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *options],
        cwd=root,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(f"{done.stdout}\n{done.stderr}".split())
        raise VspairError(f"expected Snakemake to note the joined jobs, found that it refuses; mend this: {words}")

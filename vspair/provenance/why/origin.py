"""What a cell was made from: the files, runs, checkpoints and data behind its number."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run
from vspair.provenance.why.cell import Cell

_PROJECT = "project:"
_CHECKPOINT = "weights"


def behind(run: Run, receipt: Receipt, cell: Cell) -> dict[str, object]:
    """What a cell was made from, summed up over its chain, each file as a dict with `file` and `sha256`.

    Returns:
        `metrics`: the files that the number was read from, with `rule`, `wildcards` and `seed` of the job that made
        each; `seeds` of these jobs; `checkpoints` in the chain; `data`: files in the chain that no checkpoint went
        into, down to the raw data; `commits`, `locks` and `machines` of all jobs in the chain.
    """
    known: dict[str, _File] = {}
    inputs = receipt.inputs if cell.inputs is None else {name: receipt.inputs[name] for name in cell.inputs}
    read = [_collect(run, name, sha, known) for name, sha in inputs.items() if not name.startswith(_PROJECT)]
    below = [file for file in known.values() if file not in read and not file.name.startswith(_PROJECT)]
    makers = [(file, run.maker(file.name)) for file in read]
    jobs = [receipt, *(job for name in known if (job := run.maker(name)) is not None)]
    return {
        "metrics": [
            file.json() | {"rule": job.rule, "wildcards": job.wildcards, "seed": job.seed}
            for file, job in makers
            if job is not None
        ],
        "seeds": _each(job.seed for _, job in makers if job is not None and job.seed is not None),
        "checkpoints": [file.json() for file in below if file.is_checkpoint],
        "data": [file.json() for file in below if not file.trained],
        "commits": _each(job.commit for job in jobs if job.commit),
        "locks": [{"file": file, "sha256": sha} for file, sha in _each((job.lock_file, job.lock) for job in jobs)],
        "machines": _each(
            " + ".join(str(job.machine[part]) for part in ("cpu", "gpu") if job.machine.get(part)) for job in jobs
        ),
    }


@dataclass(frozen=True)
class _File:
    """A file of a chain: whether it is a checkpoint, and whether one went into it (or it is one)."""

    name: str
    sha256: str
    is_checkpoint: bool
    trained: bool

    def json(self) -> dict[str, object]:
        return {"file": self.name, "sha256": self.sha256}


def _collect(run: Run, name: str, sha: str, known: dict[str, _File]) -> _File:
    """Add a file and all that it was made from to `known`, by name, nearest first."""
    if name not in known:
        known[name] = _File(name, sha, False, False)
        job = run.maker(name)
        below = [] if job is None else [_collect(run, item, digest, known) for item, digest in job.inputs.items()]
        is_checkpoint = Path(name).stem == _CHECKPOINT
        known[name] = _File(name, sha, is_checkpoint, is_checkpoint or any(file.trained for file in below))
    return known[name]


def _each(values: Iterable) -> list:
    return list(dict.fromkeys(values))

"""Copies of finished jobs, made aside and put in their places together, with times that Snakemake accepts."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import time_ns

from tqdm import tqdm

from vspair.errors import VspairError
from vspair.files import require_space, whole
from vspair.provenance.join.choosing import Choice
from vspair.provenance.join.planned import Planned
from vspair.provenance.join.sides import Home
from vspair.provenance.run.chain import Run
from vspair.refusals import writing
from vspair.regular import opened

_ASIDE = ".joining"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Load:
    """Files that come to a run folder.

    Attributes:
        copies: name of each file -> its SHA-256; None for logs and benchmarks, which no receipt covers.
        size: their bytes.
        left_behind: name of each output of an accepted job that neither folder has -> its SHA-256.
    """

    copies: Mapping[str, str | None]
    size: int
    left_behind: Mapping[str, str]


def load_of(run: Run, home: Home, choice: Choice, plan: Mapping[str, Planned]) -> Load:
    """What is to be copied so that a run folder has the chosen jobs as whole as the other folder has them.

    Raises:
        VspairError: something else than a file stands in the way.
    """
    copies: dict[str, str | None] = {}
    left_behind = {}
    for receipt in choice.accepted:
        for name, sha in receipt.outputs.items():
            if home.digest(name) is None:
                (left_behind if run.digest(name) is None else copies)[name] = sha
        if receipt.path in choice.there:
            continue
        for path in plan[receipt.place].passing:
            name = home.places.name(path)
            if home.digest(name) is None and (run.places.run / name).is_file() and run.elsewhere(name) is None:
                copies[name] = None
        # Behind the outputs: a job whose receipt is there is whole.
        copies[receipt.place] = None
    size = sum((run.places.run / name).stat().st_size for name in copies)
    return Load(copies, size, left_behind)


@contextmanager
def copied(run: Run, home: Home, load: Load) -> Iterator[dict[str, Path]]:
    """Name of each file to copy -> its copy, aside in the receiving folder, compared with its receipt when written.

    Raises:
        VspairError: another join is at work there, a file changed meanwhile, or the disk is full.
    """
    aside = home.places.run / _ASIDE
    require_space(aside, load.size)
    with writing(aside):
        aside.mkdir(parents=True, exist_ok=True)
    with (aside / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise VspairError(f"expected no other join into {home.places.run}, found one: wait for it") from None
        # Numbers and not names: what a killed join leaves must not be taken for receipts.
        copies = {name: aside / str(number) for number, name in enumerate(load.copies)}
        try:
            with tqdm(total=load.size, unit="B", unit_scale=True, desc="join", disable=None) as bar:
                for name, copy in copies.items():
                    _copy(run.places.run / name, copy, load.copies[name], bar)
            yield copies
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _copy(source: Path, target: Path, wanted: str | None, bar: tqdm) -> None:
    digest = sha256()
    with whole(target) as temporary, opened(source) as reader, temporary.open("wb") as writer:
        while block := reader.read(_BLOCK):
            digest.update(block)
            writer.write(block)
            bar.update(len(block))
    if wanted is not None and digest.hexdigest() != wanted:
        raise VspairError(f"expected {source} to stay as it was, found it changed while it was copied: join again")


def put(copies: Mapping[str, Path], home: Home, times: Mapping[str, int]) -> None:
    """Move copies to their places with their times; nothing is written over, except logs that are empty.

    Raises:
        VspairError: a file has appeared in one of the places.
    """
    for name, copy in copies.items():
        path = home.places.run / name
        if path.exists() and path.stat().st_size:
            raise VspairError(f"expected no file at {path} yet, found one that appeared meanwhile: join again")
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.utime(copy, ns=(times[name], times[name]))
            copy.replace(path)


def moments(home: Home, choice: Choice, plan: Mapping[str, Planned], load: Load) -> dict[str, int]:
    """Name of each file of the accepted jobs, logs and benchmarks too -> modification time (ns).

    Snakemake repeats a job when an input is younger than an output. The clocks of two machines say nothing about
    that, and all that was made here from a file must stay younger than it: a file gets the time of its youngest input,
    and one that was here never a later one than it has.
    """
    found: dict[str, int] = {}
    for receipt in choice.accepted:
        job = plan[receipt.place]
        own = [*receipt.outputs, receipt.place]
        times = [_moment(home.places.name(path), path, found, load) for path in job.inputs]
        finished = int(datetime.fromisoformat(receipt.finished).timestamp() * 1e9)
        moment = max((time for time in times if time is not None), default=min(finished, time_ns()))
        if receipt.path in choice.there:
            here = [home.places.run / name for name in own if (home.places.run / name).exists()]
            moment = min([moment, *(path.stat().st_mtime_ns for path in here)])
        found.update(dict.fromkeys((*own, *map(home.places.name, job.passing)), moment))
    return found


def set_times(home: Home, times: Mapping[str, int]) -> None:
    """Give files of the run folder their modification times."""
    for name, time in times.items():
        if (home.places.run / name).is_file():
            os.utime(home.places.run / name, ns=(time, time))


def _moment(name: str, path: Path, found: Mapping[str, int], load: Load) -> int | None:
    """The time that an input will have; None for one that stayed behind."""
    if name in found:
        return found[name] if name in load.copies or path.exists() else None
    return path.stat().st_mtime_ns if path.exists() else None

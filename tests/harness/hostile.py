"""Read mutated files in processes of their own, within limits, and say of each what became of it.

`python tests/harness/hostile.py READER --tries 300 --seed 13` prints one line of JSON a try; with `--number 17` that
one is tried alone and without a fork, its files are kept in `--keep FOLDER`, and an exception keeps its traceback.
"""

import argparse
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mutations import mutated

SECONDS = 20
"""Longest time of one try on the processor, so that a busy machine counts as an idle one."""
WAITING = 3
"""Times as long may it take by the clock."""
MEMORY = 768 << 20
"""Bytes that a try may take beyond what the process had."""
CHUNK = 20
"""Tries in one process."""
LONGEST = 2000
"""Characters of a sentence."""


@dataclass(frozen=True)
class Reader:
    """One reader of the project.

    Attributes:
        name: of the reader.
        make: writes small valid files into an empty folder; each subfolder is one sample, of which a try takes one.
        read: reads a sample's folder and gives what it read; may write into a second folder, which does not exist yet.
        fault: what is wrong with what was read: given it, what the unchanged sample gives, and the folder; else None.
        files: pattern of the files that are changed.
        ways: suffix of a file -> damage of its kind, beside that which any file can have.
        tries: of one run of the harness.
    """

    name: str
    make: Callable[[Path], None]
    read: Callable[[Path, Path], object]
    fault: Callable[[object, object, Path], str | None]
    files: str = "**/*"
    ways: Mapping[str, tuple[Callable, ...]] = field(default_factory=dict)
    tries: int = 300


class SlowError(Exception):
    """A try took too long."""


class Trials:
    """Mutated copies of a reader's samples, each by its number."""

    def __init__(self, reader: Reader, seed: int, work: Path, seconds: int = SECONDS):
        self.reader, self.seed, self.work, self.seconds = reader, seed, work, seconds
        reader.make(work / "samples")
        self.samples = sorted(path for path in (work / "samples").iterdir() if path.is_dir())
        self.truths = {sample: self._truth(sample) for sample in self.samples}

    def _truth(self, sample: Path) -> object:
        copy = shutil.copytree(sample, self.work / "truth" / sample.name, symlinks=True)
        truth = self.reader.read(copy, self.work / "truth-out")
        fault = self.reader.fault(truth, truth, copy)
        assert fault is None, f"the sample {sample.name} itself is refused: {fault}"
        shutil.rmtree(self.work / "truth-out", ignore_errors=True)
        return truth

    def tried(self, number: int, folder: Path) -> dict[str, object]:
        """What became of one try: `refused`, `right` or `lost`, and how the file was changed."""
        from vspair.errors import VspairError

        draw = random.Random(f"{self.seed} {self.reader.name} {number}")
        sample = draw.choice(self.samples)
        shutil.copytree(sample, folder, symlinks=True)
        files = sorted(path for path in folder.glob(self.reader.files) if path.is_file())
        file = draw.choice(files)
        content, how = mutated(file.read_bytes(), draw, self.reader.ways.get(file.suffix, ()))
        file.write_bytes(content)
        found = {"number": number, "file": f"{sample.name}/{file.relative_to(folder)}", "how": how}
        before, out = _listed(folder), folder.with_name(f"{folder.name}-out")
        try:
            with _watched(self.seconds):
                value = self.reader.read(folder, out)
                fault = self.reader.fault(value, self.truths[sample], folder)
            # A command refuses by its exit code and not by an exception.
            well = "refused" if getattr(value, "refused", False) else "right"
            found |= {"outcome": "lost", "cause": fault} if fault else {"outcome": well}
        except VspairError as error:
            fault = _fault(str(error)) or ("half-written: " + ", ".join(_listed(out)) if out.exists() else None)
            found |= {"outcome": "lost", "cause": fault} if fault else {"outcome": "refused", "cause": str(error)}
        except BaseException as error:
            found |= {"outcome": "lost", "cause": _cause(error), "traceback": traceback.format_exc()[-3000:]}
        # What a command leaves on purpose has a name for readers; what it was still writing is hidden.
        new = [Path(name) for name in {*_listed(folder), *_listed(out)} - set(before)]
        if strange := sorted(path.name for path in new if path.name.startswith(".") or path.suffix == ".partial"):
            found |= {"outcome": "lost", "cause": f"left behind: {', '.join(strange)}"}
        shutil.rmtree(out, ignore_errors=True)
        return found


def _fault(sentence: str) -> str | None:
    """What is wrong with the sentence of a refusal."""
    if not sentence or len(sentence) > LONGEST:
        return f"a sentence of {len(sentence)} characters"
    strange = sorted({character for character in sentence if not character.isprintable()})
    return f"unprintable characters in the sentence: {''.join(strange)!a}" if strange else None


def _cause(error: BaseException) -> str:
    """Kind of an exception and the last place in the project where it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "/vspair/" in frame.filename or "/scripts/" in frame.filename]
    frame = (inside or frames)[-1]
    place = re.sub(r"^.*/(vspair|scripts)/", r"\1/", frame.filename)
    return f"{type(error).__name__} in {place}:{frame.lineno} {frame.name}"


def _listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@contextmanager
def _watched(seconds: int) -> Iterator[None]:
    """Ends a block that waits too long."""

    def late(*_):
        raise SlowError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(WAITING * seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _limit() -> None:
    """Limits for this process from here on."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _in_process(trials: Trials, numbers: range, pipe: int) -> None:
    """Try several in this process, one line in the pipe before and one after each."""
    _limit()
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    for number in numbers:
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + trials.seconds, resource.RLIM_INFINITY))
        os.write(pipe, f"{json.dumps({'number': number, 'begun': True})}\n".encode())
        with tempfile.TemporaryDirectory(dir=trials.work) as folder:
            found = trials.tried(number, Path(folder) / f"case-{number}")
        os.write(pipe, f"{json.dumps(found)}\n".encode())


def outcomes(trials: Trials, tries: int) -> Iterator[dict[str, object]]:
    """What became of each try, in order; a process that dies is lost, and the next one goes on after it."""
    number = 0
    while number < tries:
        reading, writing = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if not child:
            os.close(reading)
            try:
                _in_process(trials, range(number, min(number + CHUNK, tries)), writing)
            except BaseException:
                os.write(writing, json.dumps({"broken": traceback.format_exc()[-3000:]}).encode())
            os._exit(0)
        os.close(writing)
        begun = None
        for line in _lines(reading, child, 2 * WAITING * trials.seconds):
            found = json.loads(line)
            assert "broken" not in found, found["broken"]
            begun = found["number"] if "begun" in found else None
            if "begun" not in found:
                number = found["number"] + 1
                yield found
        status = os.waitpid(child, 0)[1]
        if begun is not None:
            what = signal.Signals(status & 127).name if status & 127 else f"exit code {status >> 8}"
            yield {"number": begun, "outcome": "lost", "cause": f"the process ended by {what}", "how": "see --number"}
            number = begun + 1


def _lines(pipe: int, child: int, deadline: int) -> Iterator[bytes]:
    """Lines of a process, which is killed when nothing comes for too long."""
    rest = b""
    while True:
        if not select.select([pipe], [], [], deadline)[0]:
            os.kill(child, signal.SIGKILL)
        block = os.read(pipe, 1 << 16)
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    os.close(pipe)


def main() -> None:
    """Try a reader, or one number of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("--tries", type=int)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--number", type=int)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    from readers import READERS

    if options.reader == "list":
        print(json.dumps({reader.name: reader.tries for reader in READERS.values()}))
        return
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    warnings.simplefilter("ignore")
    began, reader = time.monotonic(), READERS[options.reader]
    with tempfile.TemporaryDirectory() as work:
        os.environ["XDG_CACHE_HOME"] = f"{work}/cache"
        trials = Trials(reader, options.seed, Path(work), options.seconds)
        if options.number is not None:
            found = trials.tried(options.number, (options.keep or Path(work) / "kept") / f"case-{options.number}")
            print(*(f"{key}: {value}" for key, value in found.items()), sep="\n")
            return
        for found in outcomes(trials, options.tries or reader.tries):
            print(json.dumps(found), flush=True)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

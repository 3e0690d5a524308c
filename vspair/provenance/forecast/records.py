"""What earlier jobs cost, read from their receipts, their files and Snakemake's benchmark files."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.forecast.laws import flat
from vspair.provenance.receipt.places import SUFFIX, spelled
from vspair.provenance.receipt.reading import read
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.receipt.values import SECONDS
from vspair.regular import text

_LARGEST = 1 << 24


@dataclass(frozen=True)
class Record:
    """The cost of one job that was run.

    Attributes:
        rule: its rule.
        wildcards: the rule's wildcards and their values.
        read: what it read of the configuration, dotted key -> value.
        run: all settings that are known of its run, as flat dotted keys.
        seconds: that its work took.
        start: seconds beside them for starting Python and loading libraries, the mean over its run.
        size: bytes of its outputs and its receipt; None when some of them are not there.
        gpu: name of the GPU if it used one.
        machine: the machine, in words.
        threads: its CPU threads.
        origin: the run folder that it is from, such as `results/demo`.
    """

    rule: str
    wildcards: Mapping[str, str]
    read: Mapping[str, object]
    run: Mapping[str, object]
    seconds: float
    start: float
    size: int | None
    gpu: str | None
    machine: str
    threads: int
    origin: str

    @cached_property
    def known(self) -> dict[str, object]:
        """Settings of the run, and where these are not clear what the job itself read, as flat dotted keys."""
        own = {key: value for prefix, tree in self.read.items() for key, value in flat(tree, prefix).items()}
        return {**self.run, **own}


def read_records(folders: Iterable[Path]) -> tuple[list[Record], list[str]]:
    """The records of all receipts in some run folders, and a line on each receipt that cannot be read.

    Folders without receipts give none.
    """
    found, damaged = [], []
    for folder in folders:
        receipts = []
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            try:
                receipts.append(read(path))
            except VspairError as error:
                name = spelled(path.relative_to(folder).as_posix())
                damaged.append(f"{_origin(folder)}/{name}  damaged receipt  {error}")
        receipts = [receipt for receipt in receipts if receipt.seconds is not None]
        run, start = _settings(receipts), _start(folder, receipts)
        found += [_record(receipt, run, start, folder) for receipt in receipts]
    return found, damaged


def _record(receipt: Receipt, run: Mapping[str, object], start: float, folder: Path) -> Record:
    machine = receipt.machine
    gpu = str(machine.get("gpu") or "unnamed GPU") if receipt.resources.get("gpu") else None
    place = f"{gpu or machine.get('cpu')}, {machine.get('cores')} cores"
    files = [receipt.run_folder / name for name in receipt.outputs]
    whole = all(file.is_file() for file in files)
    return Record(
        rule=receipt.rule,
        wildcards=receipt.wildcards,
        read=receipt.configuration,
        run=run,
        seconds=receipt.seconds,
        start=start,
        size=sum(file.stat().st_size for file in (*files, receipt.path)) if whole else None,
        gpu=gpu,
        machine=place,
        threads=receipt.threads or 1,
        origin=_origin(folder),
    )


def _origin(folder: Path) -> str:
    return spelled("/".join(folder.absolute().parts[-2:]))


def _settings(receipts: Iterable[Receipt]) -> dict[str, object]:
    """What all receipts of a run say together; a key with two values says nothing."""
    known: dict[str, object] = {}
    unclear = set()
    for receipt in receipts:
        for prefix, tree in receipt.configuration.items():
            for key, value in flat(tree, prefix).items():
                if known.setdefault(key, value) != value:
                    unclear.add(key)
    return {key: value for key, value in known.items() if key not in unclear}


def _start(folder: Path, receipts: list[Receipt]) -> float:
    """Mean seconds of a run's jobs before and after what a receipt times: starting Python and loading libraries.

    A receipt times the work inside the script and a benchmark file the whole process. They do not name each other, so
    only their sums are compared, and only where there is one benchmark for each receipt.
    """
    benchmarks = [time for path in sorted((folder / "benchmarks").rglob("*.tsv")) for time in _benchmark(path)]
    if not receipts or len(benchmarks) != len(receipts) or not all(0 <= time <= SECONDS for time in benchmarks):
        return 0.0
    return max(0.0, (sum(benchmarks) - sum(receipt.seconds for receipt in receipts)) / len(receipts))


def _benchmark(path: Path) -> list[float]:
    """Seconds of each line of a benchmark; none of what is no benchmark, as where there is no such file."""
    try:
        lines = csv.DictReader(io.StringIO(text(path, _LARGEST), newline=""), delimiter="\t")
        return [float(line["s"]) for line in lines]
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return []

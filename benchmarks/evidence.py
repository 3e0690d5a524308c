"""Share of a run's time that went into its evidence, beside `sha256sum` of the same files.

python benchmarks/evidence.py RUN_FOLDER [--data FOLDER]

A receipt says how long its job took and how much of that were checks, checksums and the receipt. What it cannot say is
timed here in fresh processes: the import of `vspair.provenance`, and the fingerprints of a plan. With a benchmark file
of Snakemake for each receipt, shares are of whole processes, start included; otherwise of the time in the receipts.
"""

import argparse
import csv
import statistics
import subprocess
import sys
import time
from pathlib import Path

from vspair.provenance.receipt.places import SUFFIX, Places
from vspair.provenance.receipt.reading import read

ROOT = Path(__file__).parents[1]
ROUNDS = 5

FINGERPRINTS = """
import sys, time
from pathlib import Path
from vspair.provenance import fingerprint
began = time.perf_counter()
for line in sys.stdin.read().splitlines():
    script, *entries = line.split()
    fingerprint(Path({root!r}), script, entries)
print(time.perf_counter() - began)
"""
IMPORT = """
import time
began = time.perf_counter()
import vspair.provenance
print(time.perf_counter() - began)
"""


def printed(code, text=""):
    """Median of the number that fresh Pythons print."""
    command = [sys.executable, "-c", code]
    answers = [
        subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(ROUNDS)
    ]
    return statistics.median(map(float, answers))


def processes(folder, receipts):
    """Seconds of all jobs with their start, from the benchmark files; None where these are not one per receipt."""
    rows = [
        float(row["s"])
        for path in (folder / "benchmarks").rglob("*.tsv")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    ]
    return sum(rows) if len(rows) == len(receipts) else None


def checksums(receipts, data):
    """Seconds of `sha256sum` over all inputs and outputs of all receipts that are here, each once, and their bytes."""
    places = Places(run=receipts[0].run_folder, root=ROOT, data=data)
    named = {name for receipt in receipts for name in (*receipt.inputs, *receipt.outputs)}
    paths = [path for name in sorted(named) if (path := places.path(name)) is not None and path.is_file()]
    began = time.perf_counter()
    subprocess.run(["sha256sum", "--", *map(str, paths)], check=True, capture_output=True)
    return time.perf_counter() - began, sum(path.stat().st_size for path in paths), len(paths)


def line(label, group):
    """Jobs, median job, median evidence and share of one rule."""
    job, evidence = ([getattr(receipt, name) for receipt in group] for name in ("seconds", "evidence_seconds"))
    share = 100 * sum(evidence) / sum(job)
    median = statistics.median(job), 1000 * statistics.median(evidence)
    print(f"{label:18} {len(group):5} {median[0]:12.2f} {median[1]:13.0f} {share:9.2f} %")


def main():
    """Print one line per rule, and the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="the data folder of the run")
    options = parser.parse_args()
    receipts = [read(path) for path in sorted(options.folder.rglob(f"*{SUFFIX}"))]
    timed = [receipt for receipt in receipts if receipt.evidence_seconds is not None]
    if not timed:
        sys.exit(f"expected receipts that time their evidence in {options.folder}, found {len(receipts)} of older runs")
    print(f"{'rule':18} {'jobs':>5} {'median job s':>12} {'evidence ms':>13} {'share':>11}")
    for rule in sorted({receipt.rule for receipt in timed}):
        line(rule, [receipt for receipt in timed if receipt.rule == rule])
    line("all", timed)
    evidence, work = (sum(getattr(receipt, name) for receipt in timed) for name in ("evidence_seconds", "seconds"))
    whole = processes(options.folder, timed)
    what = "processes" if whole else "receipts (no benchmark file for each)"
    load = printed(IMPORT)
    every = evidence + load * len(timed)
    print(f"\nevidence {evidence:.2f} s of {whole or work:.0f} s in {what}: {100 * evidence / (whole or work):.2f} %")
    print(f"with the import of vspair.provenance, {1000 * load:.0f} ms a job: {100 * every / (whole or work):.2f} %")
    scripts = sorted({" ".join([receipt.script, *receipt.entries]) for receipt in timed})
    planning = printed(FINGERPRINTS.format(root=str(ROOT)), "\n".join(scripts))
    print(f"planning: {len(scripts)} fingerprints in {planning:.2f} s, {1000 * planning / len(scripts):.0f} ms each")
    seconds, size, count = checksums(timed, options.data)
    print(f"sha256sum of the {count} files behind them ({size / 1e6:.0f} MB), each once: {seconds:.2f} s")


if __name__ == "__main__":
    main()

"""Damaged files for every reader: a sentence or a right result each time, within memory and time, nothing half-written.

A try changes one file of a small valid sample in one way drawn from the seed (`mutations.py`) and reads it as the
project does (`readers_*.py`), in a process of its own with limits. It is lost where the reader ends otherwise than in a
`VspairError` of one printable sentence or in what the reader's own rule says is right: for values that the mutation did
not touch those that were written, else well-formed and finite ones. Crashes of a C library count as lost.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HOSTILE = Path(__file__).with_name("hostile.py")
SEED = int(os.environ.get("VSPAIR_HARNESS_SEED", "13"))
READERS = (
    *("idx", "hounsfield", "lodopab", "dicom"),
    *("pairs", "selection", "blocks", "weights", "checkpoint", "trainings"),
    *("receipts", "tables", "notes", "bundle", "crates"),
    *("settings", "campaign", "published", "bookmark"),
    *("aggregate", "table"),
    *("subsets", "mixtures", "analyses"),
)
COLUMNS = ("reader", "tried", "refused", "read right", "lost")
NAMED = 12
"""Losses that a failure names."""


def run(root, *arguments):
    result = subprocess.run(
        [sys.executable, str(HOSTILE), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return [json.loads(line) for line in result.stdout.splitlines()]


def said(reader, losses):
    """Each cause with the first try that has it, and how to see it again."""
    causes = Counter(loss["cause"] for loss in losses)
    first = {loss["cause"]: loss for loss in reversed(losses)}
    lines = [
        f"{count} x {cause}: number {first[cause]['number']}, {first[cause].get('file', '')}: {first[cause]['how']}"
        for cause, count in causes.most_common(NAMED)
    ]
    again = f"again: python tests/harness/hostile.py {reader} --seed {SEED} --number NUMBER --keep FOLDER"
    return "\n".join([f"{reader}, seed {SEED}: {len(losses)} lost", *lines, again])


def test_every_reader_is_tried(root):
    assert set(run(root, "list")[0]) == {*READERS, *PLANTED}


@pytest.fixture(scope="module")
def tried(root, request):
    """What became of each reader that is asked for, two at a time."""
    asked = [item.callspec.params["reader"] for item in request.session.items if item.name.startswith("test_damage")]
    with ThreadPoolExecutor(2) as pool:
        yield {reader: pool.submit(run, root, reader, "--seed", SEED) for reader in asked}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("reader", READERS)
def test_damage_is_refused_in_a_sentence_or_read_right(tried, noted, reader):
    found = tried[reader].result()
    counts = Counter(one["outcome"] for one in found)
    noted(COLUMNS, (reader, len(found), *(counts[outcome] for outcome in ("refused", "right", "lost"))))
    losses = [one for one in found if one["outcome"] == "lost"]
    assert not losses, said(reader, losses)


PLANTED = {
    "crashing": "the process ended by SIGSEGV",
    "exiting": "the process ended by exit code 7",
    "hanging": "SlowError",
    "spinning": "the process ended by SIGXCPU",
    "swelling": "MemoryError",
    "wrong": "the content is another",
    "raising": "KeyError",
    "rambling": "unprintable characters in the sentence: '\\x1b'",
    "littering": "left behind: .half",
    "halving": "half-written: half",
}


@pytest.mark.parametrize("reader", PLANTED)
def test_a_planted_fault_is_lost(root, reader):
    """Of a reader that fails on every second try, half are told as lost, each once, with the cause."""
    found = run(root, reader, "--tries", 4, "--seconds", 1)
    assert [one["number"] for one in found] == [0, 1, 2, 3]
    assert [one["outcome"] for one in found] == ["right", "lost"] * 2
    assert all(one["cause"].startswith(PLANTED[reader]) for one in found[1::2])


def test_a_mutation_is_the_same_each_time(root):
    first, again = (run(root, "raising", "--tries", 6, "--seed", seed) for seed in (5, 5))
    assert first == again
    assert [one["how"] for one in run(root, "raising", "--tries", 6, "--seed", 6)] != [one["how"] for one in first]

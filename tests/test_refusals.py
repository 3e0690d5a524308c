import errno
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from vspair.errors import VspairError
from vspair.files import whole, write_text

FULL_DISK = """
import json, sys
from pathlib import Path
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from vspair.data import Pairs, Split, write_pairs
from vspair.data.blocks import write_block
from vspair.errors import VspairError
from vspair.files import whole, write_text
from vspair.training import Checkpoint, save_weights
from vspair.training.tensors import write_tensors

disk = Path(sys.argv[1])
large = torch.nn.Linear(1024, 1024)
zeros = np.zeros((4, 1, 512, 512), np.uint8)
split = Split(zeros, zeros, zeros == 1, np.arange(4), np.arange(4))

def by_whole(path):
    with whole(path) as temporary:
        temporary.write_bytes(bytes(2**21))

def by_figure(path):
    figure = plt.figure(figsize=(8, 8), dpi=100)
    figure.figimage(np.random.default_rng(0).random((800, 800, 3)))
    with whole(path) as temporary:
        figure.savefig(temporary, format="png")

def by_table(path):
    with whole(path) as temporary:
        pd.DataFrame(np.zeros((2**17, 8))).to_csv(temporary)

writers = {
    "whole": by_whole,
    "text": lambda path: write_text(path, "x" * 2**21),
    "weights": lambda path: save_weights(path, large),
    "checkpoint": lambda path: Checkpoint(path, {"run": 1}).save(large, torch.optim.Adam(large.parameters()), []),
    "pairs": lambda path: write_pairs(path, Pairs(split, split)),
    "block": lambda path: write_block(path, {"qoi": zeros}),
    "tensors": lambda path: write_tensors(path, {"weight": large.weight}),
    "figure": by_figure,
    "table": by_table,
}
report = {}
for name, write in writers.items():
    path = disk / f"{name}.safetensors"
    write_text(path, "old")
    try:
        write(path)
        message = None
    except VspairError as error:
        message = str(error)
    report[name] = {"message": message, "old": path.read_text(), "files": [p.name for p in disk.iterdir()]}
    path.unlink()
print(json.dumps(report))
"""


WRITERS = ("whole", "text", "weights", "checkpoint", "pairs", "block", "tensors", "figure", "table")


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory):
    """What each writer did on a real disk of 1 MiB that cannot hold its file."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare on this machine, so no private disk can be mounted")
    disk = tmp_path_factory.mktemp("disk")
    mount = f"mount -t tmpfs -o size=1m tmpfs {disk}"
    trial = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True, check=False)
    if trial.returncode:
        pytest.skip(f"no private disk can be mounted here: {trial.stderr.strip()}")
    command = ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$0" -c "$1" {disk}', sys.executable, FULL_DISK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_said_and_loses_nothing(full_disk, writer):
    found = full_disk[writer]
    assert found["message"].startswith("no space left on the disk")
    assert f"{writer}.safetensors was not written" in found["message"]
    assert (found["old"], found["files"]) == ("old", [f"{writer}.safetensors"])


@pytest.fixture(scope="module")
def small_files(tmp_path_factory):
    """What each writer did where no file may have more than 64 KiB: a real refusal, on every machine."""
    folder = tmp_path_factory.mktemp("limited")
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n{FULL_DISK}"
    done = subprocess.run([sys.executable, "-c", limited, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_limit_on_the_size_of_files_is_said_and_loses_nothing(small_files, writer):
    found = small_files[writer]
    assert re.fullmatch(
        rf"files in .* may not be that large, so {writer}.safetensors was not written: raise the limit .* same command "
        "again",
        found["message"],
    )
    assert (found["old"], found["files"]) == ("old", [f"{writer}.safetensors"])


REFUSED = {
    errno.ENOSPC: "no space left on the disk that holds {folder}, so a.csv was not written: free some space",
    errno.EDQUOT: "the disk quota for {folder} is used up, so a.csv was not written: remove files",
    errno.EROFS: "the disk that holds {folder} may only be read, so a.csv was not written: have it mounted",
    errno.EACCES: "no permission for {folder}, so a.csv was not written: get it from the owner",
    errno.EPERM: "the system permits no change in {folder}, so a.csv was not written: see",
    errno.ENAMETOOLONG: "the name is too long for the disk that holds {folder}, so a.csv was not written: use shorter",
    errno.EMFILE: "this process has as many files open as it may, so a.csv was not written: raise the limit",
    errno.ENFILE: "this machine has as many files open as it can, so a.csv was not written: end",
    errno.EFBIG: "files in {folder} may not be that large, so a.csv was not written: raise the limit",
    errno.EIO: "the disk that holds {folder} fails (input/output error), so a.csv was not written: see `dmesg`",
    errno.ESTALE: "the network disk that holds {folder} has lost it, so a.csv was not written: have it mounted",
}


HIDDEN = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)


@pytest.mark.parametrize(
    ("code", "how"),
    [(code, how) for code in REFUSED for how in ("by number", "without a file")]
    + [(code, "in a library's words") for code in HIDDEN],
)
def test_each_refusal_has_its_sentence_and_the_old_file_stays(tmp_path, code, how):
    """Also where it is only in the text of another exception, as safetensors has it for what happens while writing."""
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(VspairError) as caught, whole(path) as temporary:
        temporary.write_text("half")
        if how == "in a library's words":
            raise RuntimeError(f"Error while serializing: I/O error: {os.strerror(code)} (os error {code})")
        raise OSError(code, os.strerror(code), *([str(temporary)] if how == "by number" else []))
    assert str(caught.value).startswith(REFUSED[code].format(folder=tmp_path))
    assert str(caught.value).endswith(" and run the same command again")
    assert [(item.name, item.read_text()) for item in tmp_path.iterdir()] == [("a.csv", "old")]


def test_another_file_that_cannot_be_read_meanwhile_is_the_one_that_is_named(tmp_path):
    error = PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/elsewhere/input.csv")
    words = r"no permission for /elsewhere, so input\.csv was not read or written"
    with pytest.raises(VspairError, match=words), whole(tmp_path / "a.csv"):
        raise error


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "none", "b"), ValueError("No space"), KeyError(28)])
def test_what_is_no_refusal_of_the_machine_keeps_its_traceback(tmp_path, error):
    with pytest.raises(type(error)) as caught, whole(tmp_path / "a.csv"):
        raise error
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def in_a_file(folder):
    (folder / "file").touch()
    return folder / "file/a.csv"


def below_a_link_to_nowhere(folder):
    (folder / "results").symlink_to(folder / "gone")
    return folder / "results/a.csv"


def in_a_circle(folder):
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    return folder / "one/a.csv"


def a_folder(folder):
    (folder / "a.csv").mkdir()
    return folder / "a.csv"


def a_pipe(folder):
    os.mkfifo(folder / "a.csv")
    return folder / "a.csv"


PLACES = {
    in_a_file: "stands in the place of",
    below_a_link_to_nowhere: "a file or a link to nowhere stands in the place of",
    in_a_circle: "symbolic links on the way to .* lead in a circle|stands in the place of",
    a_folder: "expected a file or nothing at .*, found a folder: give another name",
    a_pipe: "expected a file or nothing at .*, found a device or a pipe: give another name",
    lambda folder: folder / ("x" * 300): "the name is too long",
}


@pytest.mark.parametrize("number", range(len(PLACES)))
def test_places_where_no_file_can_be(tmp_path, number):
    place, words = list(PLACES.items())[number]
    path = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(VspairError, match=words):
        write_text(path, "x")
    assert sorted(tmp_path.rglob("*")) == before

import hashlib
import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from vspair.errors import VspairError
from vspair.files import require_space, sha256, whole, write_text
from vspair.training import save_weights

FULL_DISK = """
import json, sys
from pathlib import Path
import numpy as np
import torch
from vspair.data import Pairs, Split, write_pairs
from vspair.data.blocks import write_block
from vspair.errors import VspairError
from vspair.files import whole, write_text
from vspair.training import Checkpoint, save_weights

disk = Path(sys.argv[1])
large = torch.nn.Linear(1024, 1024)
zeros = np.zeros((4, 1, 512, 512), np.uint8)
split = Split(zeros, zeros, zeros == 1, np.arange(4), np.arange(4))

def by_whole(path):
    with whole(path) as temporary:
        temporary.write_bytes(bytes(2**21))

writers = {
    "whole": by_whole,
    "text": lambda path: write_text(path, "x" * 2**21),
    "weights": lambda path: save_weights(path, large),
    "checkpoint": lambda path: Checkpoint(path, {"run": 1}).save(large, torch.optim.Adam(large.parameters()), []),
    "pairs": lambda path: write_pairs(path, Pairs(split, split)),
    "block": lambda path: write_block(path, {"qoi": zeros}),
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


def test_checksum_is_that_of_the_content(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_file_appears_only_when_the_block_ends_well_and_else_the_old_one_stays(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with whole(path) as temporary:
        assert (temporary.suffix, temporary.parent) == (".csv", path.parent)
        temporary.write_text("new")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), whole(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_text_is_utf8_and_replaces(tmp_path):
    write_text(tmp_path / "a.md", "first")
    write_text(tmp_path / "a.md", "ρ ≤ ½")
    assert (tmp_path / "a.md").read_bytes() == "ρ ≤ ½".encode()


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


@pytest.mark.parametrize("writer", ["whole", "text", "weights", "checkpoint", "pairs", "block"])
def test_a_full_disk_is_said_and_loses_nothing(full_disk, writer):
    found = full_disk[writer]
    assert found["message"].startswith("no space left on the disk")
    assert f"{writer}.safetensors was not written" in found["message"]
    assert (found["old"], found["files"]) == ("old", [f"{writer}.safetensors"])


def test_a_file_has_the_permissions_that_its_user_gives_to_new_files(tmp_path):
    """safetensors makes files that only their owner may read; results are shared."""
    (tmp_path / "usual").touch()
    save_weights(tmp_path / "weights.safetensors", torch.nn.Linear(1, 1))
    assert (tmp_path / "weights.safetensors").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("free", [2_000_000_000, 1_999_999_999])
@pytest.mark.parametrize("path", ["slices.safetensors", "new/deeper/slices.safetensors"])
def test_space_is_looked_for_on_the_disk_that_the_file_will_be_on(tmp_path, monkeypatch, free, path):
    """The last byte may be used; of folders that are not there yet the nearest one that is there counts."""
    asked = []
    usage = SimpleNamespace(free=free)
    monkeypatch.setattr("vspair.files.shutil.disk_usage", lambda folder: asked.append(folder) or usage)
    monkeypatch.chdir(tmp_path)
    path = path if path.startswith("slices") else tmp_path / path
    if free == 2_000_000_000:
        require_space(path, 2_000_000_000, "lower the number of images")
    else:
        with pytest.raises(VspairError) as caught:
            require_space(path, 2_000_000_000, "lower the number of images")
        assert str(caught.value).startswith("expected 2.00 GB of free disk space for ")
        assert f"{path}, found 2.00 GB: free some space, or lower" in str(caught.value)
    assert asked == [tmp_path]
    assert list(tmp_path.iterdir()) == []

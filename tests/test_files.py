import errno
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from vspair.errors import VspairError
from vspair.files import require_space, require_writable, sha256, whole, write_text
from vspair.training import save_weights


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


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path):
    name = "x" * 251 + ".csv"
    write_text(tmp_path / name, "all")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "all")]


def test_a_folder_is_tried_before_hours_of_work(tmp_path, monkeypatch):
    require_writable(tmp_path / "new/deeper")
    assert list((tmp_path / "new/deeper").iterdir()) == []
    monkeypatch.setattr(Path, "write_bytes", refusing(errno.EDQUOT))
    with pytest.raises(VspairError, match=r"the disk quota for .* is used up, so new was not written"):
        require_writable(tmp_path / "new")


def refusing(code):
    """In the place of a method of a path: what the machine does that takes nothing."""

    def refuse(path, *arguments, **options):
        raise OSError(code, os.strerror(code), str(path))

    return refuse


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

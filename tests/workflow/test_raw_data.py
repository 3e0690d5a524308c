"""Raw data are never lost, fetched only where they are missing, and tracked from there on; with the real Snakemake."""

import hashlib
import json
import os
import shutil

import numpy as np
import pytest

from vspair.data.sources import CHECKSUMS, IMAGES, LABELS, raw_files

MNIST = ("--config", "inpainting={data: {source: mnist}}")
PAIRS = "results/demo/inpainting/pairs/mnist.safetensors"
LISTING = "results/sources/MNIST.files.json"
FETCH = "getattr(torchvision.datasets, name)(root=str(folder), train=True, download=True)"
FRAME = ("vspair/provenance/recording.py", 'logging.getLogger("vspair")\n\n', 'logging.getLogger(name="vspair")\n\n')


def idx(array):
    sides = b"".join(side.to_bytes(4, "big") for side in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sides + array.tobytes()


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """A whole MNIST of 160 images in torchvision's layout."""
    folder, rng = tmp_path_factory.mktemp("mirror"), np.random.default_rng(0)
    arrays = {
        IMAGES: rng.integers(0, 256, (160, 28, 28), dtype=np.uint8),
        LABELS: rng.integers(0, 10, 160, dtype=np.uint8),
    }
    for name in raw_files("mnist"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(idx(arrays[path.name]))
    return folder


@pytest.fixture(scope="module")
def published(fresh, mirror, tmp_path_factory):
    """A checkout for which that MNIST is the published one, and the only place to fetch it from."""
    project = fresh.copy(tmp_path_factory.mktemp("published") / "project")
    for name in raw_files("mnist"):
        path = mirror / name
        size, md5 = CHECKSUMS["mnist"][path.name]
        content = path.read_bytes()
        was = f'({size:_}, "{md5}")'
        now = f'({len(content)}, "{hashlib.md5(content, usedforsecurity=False).hexdigest()}")'
        project.edit("vspair/data/sources.py", was, now)
    copied = f"import shutil; shutil.copytree({str(mirror / 'MNIST')!r}, folder / name)"
    project.edit("vspair/data/vision.py", FETCH, copied)
    project.commit()
    return project


@pytest.fixture
def checkout(published, tmp_path):
    return published.copy(tmp_path / "project")


def offline(project):
    """Let a download fail from now on."""
    path = project.folder / "vspair/data/vision.py"
    path.write_text(path.read_text().replace("import shutil; shutil.copytree(", "raise OSError("))
    project.commit()


def planted(mirror, folder):
    """MNIST and what else a user may keep beside it, put into a data folder."""
    shutil.copytree(mirror / "MNIST", folder / "MNIST")
    (folder / "MNIST/raw/t10k-images-idx3-ubyte").write_text("a user's own")
    (folder / "LoDoPaB-CT").mkdir()
    (folder / "LoDoPaB-CT/ground_truth_train_000.hdf5").write_text("a user's own")
    return folder


def state(folder):
    """Content and time of every file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def ran(project, *arguments, **environment):
    result = project.snakemake(*arguments, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("named", [pytest.param(False, id="data"), pytest.param(True, id="data_dir")])
def test_no_command_touches_raw_data(checkout, mirror, tmp_path, named):
    """In `data` and in a folder that the user names, which is read-only, without a network: what is there is used."""
    offline(checkout)
    folder = planted(mirror, tmp_path / "own" if named else checkout.folder / "data")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    given = (PAIRS, *MNIST, *([f"data_dir={folder}"] if named else []))
    before = state(folder)
    ran(checkout, *given)
    checkout.edit(*FRAME)
    checkout.commit()
    for option in ((), ("--forceall",), ("--delete-all-output",), *([] if named else [("--delete-temp-output",)])):
        text = ran(checkout, *option, *given)
        assert "download" not in text, option
        assert state(folder) == before, option
    assert not (checkout.folder / "results/sources").exists()


@pytest.mark.slow
def test_what_is_missing_is_fetched_once_and_tracked(checkout, mirror, tmp_path):
    assert checkout.planned(PAIRS, *MNIST) == {"download_mnist", "pairs mnist"}
    ran(checkout, PAIRS, *MNIST)
    data = checkout.folder / "data"
    fetched = state(data)
    assert {str(name) for name in fetched} == set(raw_files("mnist"))
    assert {str(name): content for name, (content, _) in fetched.items()} == {
        name: (mirror / name).read_bytes() for name in raw_files("mnist")
    }
    listing = {name: (mirror / name).stat().st_size for name in sorted(raw_files("mnist"))}
    assert json.loads((checkout.folder / LISTING).read_text()) == listing
    receipt = json.loads((checkout.folder / LISTING.replace("files", "receipt")).read_text())
    assert [entry["name"] for entry in receipt["subject"]] == [f"project:{LISTING}"]
    assert checkout.planned(PAIRS, *MNIST) == checkout.planned(PAIRS, "table8", *MNIST) - {"table8"} == set()

    # A list of files that are gone is not believed, and the other file stays what it was.
    labels, kept = data / raw_files("mnist")[1], fetched[(data / raw_files("mnist")[0]).relative_to(data)]
    labels.unlink()
    assert checkout.planned(PAIRS, *MNIST) == {"download_mnist", "pairs mnist"}
    ran(checkout, PAIRS, *MNIST)
    assert state(data)[(data / raw_files("mnist")[0]).relative_to(data)] == kept
    assert checkout.planned(PAIRS, *MNIST) == set()
    assert checkout.run("vspair", "audit", "results/demo", *MNIST).returncode == 0

    # An edit is seen by both, and stays.
    with labels.open("r+b") as file:
        file.write(b"\0\0\0\0")
    edited = state(data)
    refused = checkout.snakemake(PAIRS, *MNIST)
    assert refused.returncode != 0
    assert "train-labels-idx1-ubyte has MD5" in refused.stdout + refused.stderr
    found = checkout.run("vspair", "audit", "results/demo", *MNIST)
    assert "stale data" in found.stdout
    assert "data:MNIST/raw/train-labels-idx1-ubyte" in found.stdout
    assert state(data) == edited


def test_a_file_that_is_there_and_wrong_is_refused_before_the_others_are_fetched(checkout, mirror):
    path = checkout.folder / "data" / raw_files("mnist")[1]
    path.parent.mkdir(parents=True)
    path.write_text("labels of one's own")
    before = state(checkout.folder / "data")
    result = checkout.snakemake(PAIRS, *MNIST)
    assert result.returncode != 0
    assert "train-labels-idx1-ubyte has 19 bytes" in result.stdout + result.stderr
    assert not (checkout.folder / "results").exists()
    assert state(checkout.folder / "data") == before


@pytest.mark.slow
def test_a_download_that_fails_leaves_what_was_there(checkout, mirror):
    offline(checkout)
    path = checkout.folder / "data" / raw_files("mnist")[0]
    path.parent.mkdir(parents=True)
    shutil.copy(mirror / raw_files("mnist")[0], path)
    before = state(checkout.folder / "data")
    result = checkout.snakemake("--forceall", PAIRS, *MNIST)
    assert result.returncode != 0
    assert "MNIST could not be downloaded to data" in result.stdout + result.stderr
    assert state(checkout.folder / "data") == before


@pytest.mark.parametrize("option", ["data_dir", "VSPAIR_DATA"])
def test_nothing_is_fetched_into_a_folder_that_the_user_names(checkout, tmp_path, option):
    (tmp_path / "own").mkdir()
    named = ([f"data_dir={tmp_path / 'own'}"], {}) if option == "data_dir" else ([], {option: str(tmp_path / "own")})
    result = checkout.snakemake(PAIRS, *MNIST, *named[0], **named[1])
    text = result.stdout + result.stderr
    assert result.returncode != 0
    assert "train-images-idx3-ubyte is missing: put MNIST in torchvision's layout" in text
    assert "download:" not in text
    assert not (checkout.folder / "results").exists()
    assert list((tmp_path / "own").iterdir()) == []


@pytest.mark.slow
def test_a_finished_job_is_taken_where_its_raw_data_are_not(checkout, published, mirror, tmp_path):
    """A join plans and notes the job as if they were there, and neither fetches nor makes them."""
    planted(mirror, checkout.folder / "data")
    ran(checkout, PAIRS, *MNIST)
    home = published.copy(tmp_path / "home")
    result = home.run("vspair", "join", str(checkout.folder / "results/demo"), "results/demo", *MNIST)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("taken: 1 jobs (")
    assert not (home.folder / "data").exists()
    planted(mirror, home.folder / "data")
    for name in raw_files("mnist"):
        os.utime(home.folder / "data" / name, (0, 0))
    assert home.planned(PAIRS, *MNIST) == set()


LODOPAB = "{source: lodopab, path: LoDoPaB-CT, download: true}"


def test_lodopab_is_fetched_beside_what_the_user_has(untouched, papers, tmp_path):
    """An output of the rule is a list in the results; a folder of the user is never asked for."""
    settings = ("results/paper/tomography/slices/split.json", "--dry-run", "--config", *papers(LODOPAB), "device=cpu")
    text = ran(untouched, *settings)
    outputs = [line.split()[1:] for line in text.splitlines() if line.startswith("    output:")]
    assert "scan_download" in text
    assert all(name.startswith("results/") for names in outputs for name in names)
    (tmp_path / "own").mkdir()
    result = untouched.snakemake(*settings, f"data_dir={tmp_path / 'own'}")
    assert result.returncode != 0
    assert "LoDoPaB-CT is missing, and tomography.data.download fetches nothing into" in result.stdout + result.stderr


DIVAL = """
from pathlib import Path
import h5py, numpy as np

def download_lodopab():
    folder = Path(input())
    for part, count in (("train", 24), ("test", 40)):
        for kind, shape in (("ground_truth", (362, 362)), ("observation", (1000, 513))):
            values = np.linspace(0, 0.4, count * shape[0] * shape[1], dtype=np.float32).reshape(count, *shape)
            with h5py.File(folder / f"{kind}_{part}_000.hdf5", "w") as file:
                file["data"] = values
    return True
"""


@pytest.mark.slow
def test_lodopab_is_fetched_whole_and_read_from_there_on(untouched, papers, tmp_path):
    """With another dival, which brings 64 slices; `data/LoDoPaB-CT` may be a link to a larger disk."""
    (tmp_path / "dival/datasets").mkdir(parents=True)
    (tmp_path / "dival/datasets/lodopab_dataset.py").write_text(DIVAL)
    for package in ("dival", "dival/datasets"):
        (tmp_path / package / "__init__.py").touch()
    untouched.edit("vspair/data/lodopab.py", "SPACE_NEEDED = 150e9", "SPACE_NEEDED = 1")
    untouched.commit()
    (tmp_path / "disk").mkdir()
    (untouched.folder / "data").mkdir()
    (untouched.folder / "data/LoDoPaB-CT").symlink_to(tmp_path / "disk/LoDoPaB-CT")
    target = "results/paper/tomography/slices/split.json"
    slices = "{source: lodopab, path: LoDoPaB-CT, download: true, train: 24, test: 40}"
    settings = (target, "--config", *papers(slices), "device=cpu")
    paths = {"PYTHONPATH": f"{tmp_path}:{untouched.folder}"}
    ran(untouched, *settings, **paths)
    assert sorted(path.name for path in (tmp_path / "disk").iterdir()) == ["LoDoPaB-CT"]
    before = state(tmp_path / "disk")
    assert len(before) == 4
    assert untouched.planned(*settings) == set()
    ran(untouched, "--forceall", *settings)
    ran(untouched, "--delete-all-output", *settings)
    assert state(tmp_path / "disk") == before
    shutil.rmtree(tmp_path / "disk/LoDoPaB-CT")
    assert untouched.planned(*settings) == {"scan_download", "scan_slices"}


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["demo", "quick", "paper"])
def test_no_rule_has_an_output_where_users_keep_data(untouched, papers, preset):
    """All rules of all sections, with everything missing."""
    given = papers(LODOPAB) if preset == "paper" else (f"preset={preset}",)
    targets = ("all", "determinism") if preset != "quick" else ("inpainting", "theory")
    text = ran(untouched, *targets, "--forceall", "--dry-run", "--config", *given, "device=cpu")
    outputs = {name.strip(",") for line in text.splitlines() if "    output:" in line for name in line.split()[1:]}
    assert outputs
    assert all(name.startswith("results/") for name in outputs)

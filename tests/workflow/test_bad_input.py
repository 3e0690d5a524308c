"""Bad input: one clear sentence, an exit code other than 0, and nothing half-written."""

import h5py
import numpy as np
import pytest

from vspair.data.sources import CHECKSUMS, IMAGES


def refused(project, *arguments, **environment):
    """Run Snakemake, expect a refusal before any job, and return what it said."""
    result = project.snakemake(*arguments, **environment)
    text = result.stdout + result.stderr
    assert result.returncode != 0, text
    assert "Traceback" not in text
    assert not (project.folder / "results").exists()
    return text


SETTINGS = {
    "colour=red": "unknown key 'colour'",
    "preset=huge": "preset must be one of demo, paper, quick, found 'huge'",
    "inpainting={training: {epochs: 0}}": "inpainting.training.epochs: must be greater than 0, found '0'",
    "inpainting={data: {train: 5000}}": "data.train=5000 and data.test=40 are more than the 1797 images",
    "inpainting={figures: {examples: [99]}}": "figures.examples names test image 99, but data.test=40",
    "inpainting={studies: {lambda3: {train: 900}}}": "studies.lambda3 wants 900 training",
    "inpainting={studies: {lambda3: {axes: {methods.vsPAIR.colour: [1]}}}}": "'methods.vsPAIR.colour'",
    "inpainting={studies: {lambda3: {methods: [vPAIR]}}}": "need the method vsPAIR and values on the axes",
    "inpainting={studies: {hyperprior: {axes: {methods.vsPAIR.beta0: []}}}}": "values on methods.vsPAIR.alpha0: change",
    "inpainting={studies: {../../x: {methods: [vsPAIR], design: grid, axes: {training.epochs: [1]}}}}": (
        "inpainting.studies.../../x: a name is made of letters"
    ),
    "inpainting={methods: {vsPAIR: {latent_x: 1000000000000}}}": "latent_x: must be less than or equal to 16777216",
    "inpainting={methods: {vsPAIR: {latent_x: 10000000, hidden: 10000000}}}": "methods.vsPAIR has weights of at least",
    "inpainting={training: {epochs: 2, epochs: 3}}": "found the key 'epochs' twice in one section",
    "data_dir=a{b}": "data_dir: must be a path without braces",
    "lock=envs/absent.txt": "found no file: name one with --config lock=",
    "tomography={data: {path: ../x}}": "tomography.data.path: must be a path inside its folder",
    "tomography={data: {blocks: 1000}}": "data.blocks=1000 is more than the 64 slices",
    "tomography={scan: {binning: 3}}": "image=20x20 times scan.binning=3 is more than the scan's 44x44",
    "tomography={noise: {convention: theirs}}": "must be 'relative_norm' or 'mean_abs', found 'theirs'",
}


TELLING = (
    *("colour=red", "inpainting={training: {epochs: 0}}", "inpainting={studies: {lambda3: {methods: [vPAIR]}}}"),
    *("inpainting={methods: {vsPAIR: {latent_x: 10000000, hidden: 10000000}}}", "data_dir=a{b}"),
    *("lock=envs/absent.txt", "tomography={data: {blocks: 1000}}"),
)
"""One of each place that refuses; the others are asked of the real Snakemake among the slow tests."""


def slow_but(kept, names):
    return [name if name in kept else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("setting", slow_but(TELLING, SETTINGS))
def test_an_impossible_configuration_is_named(untouched, setting):
    assert SETTINGS[setting] in refused(untouched, "--config", setting)


def test_settings_in_two_options_are_refused_and_not_lost(untouched):
    """Snakemake would plan with the last option alone: preset and seeds of another run, without a word."""
    text = refused(untouched, "--config", "preset=quick", "--config", "threads=2")
    assert "expected --config once, found it 2 times" in text


def test_a_file_of_settings_that_states_a_key_twice_is_refused(untouched):
    """In the project's own place and behind an option; Snakemake would keep the last."""
    twice = "threads: 1\nthreads: 2\n"
    (untouched.folder / "other.yaml").write_text(twice)
    assert "the key 'threads' twice in one section" in refused(untouched, "--configfile", "other.yaml")
    (untouched.folder / "config/config.yaml").write_text(twice)
    assert "the key 'threads' twice in one section" in refused(untouched)


def test_what_this_machine_has_no_memory_for_is_refused_before_its_first_job(untouched):
    """And planned all the same, for a machine that has it: 4 x 10^11 weights are some terabytes."""
    large = "inpainting={methods: {vsPAIR: {latent_x: 100000, hidden: 600000}}}"
    target = "results/demo/inpainting/runs/vsPAIR/digits/seed0/weights.safetensors"
    assert "train of inpainting, vsPAIR, needs at least" in refused(untouched, target, "--config", large)
    assert untouched.planned(target, "--config", large) == {"pairs digits", "train vsPAIR digits"}


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_refused_before_anything_runs(untouched):
    text = refused(untouched, "--config", "device=cuda", CUDA_VISIBLE_DEVICES="")
    assert "this machine shows 0 GPU(s)" in text


def test_more_gpus_than_there_are_are_refused_before_anything_runs(untouched):
    text = refused(untouched, "--resources", "gpu=5", "--config", "device=cuda", CUDA_VISIBLE_DEVICES="0,1")
    assert "5 job(s)" in text
    assert "2 GPU(s)" in text


def raw_folder(tmp_path):
    """A data folder in torchvision's layout with files of the right size and the wrong content."""
    folder = tmp_path / "data/MNIST/raw"
    folder.mkdir(parents=True)
    for name, (size, _) in CHECKSUMS["mnist"].items():
        with (folder / name).open("wb") as file:
            file.truncate(size)
    return folder


def fault(project, folder):
    """What is said about a data folder."""
    return refused(project, "--config", "preset=quick", f"data_dir={folder.parents[1]}")


def test_a_missing_file_of_a_named_folder_is_missed(untouched, tmp_path):
    folder = raw_folder(tmp_path)
    (folder / IMAGES).unlink()
    assert f"{IMAGES} is missing" in fault(untouched, folder)


def test_a_truncated_file_is_noticed(untouched, tmp_path):
    folder = raw_folder(tmp_path)
    with (folder / IMAGES).open("r+b") as file:
        file.truncate(1000)
    assert "has 1000 bytes instead of 47040016" in fault(untouched, folder)


def test_a_file_with_another_content_is_noticed(untouched, tmp_path):
    assert "instead of 6bbc9ace898e44ae57da46a324031adb" in fault(untouched, raw_folder(tmp_path))


def hdf5(path, **datasets):
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values


def truncated(folder):
    path = folder / "ct/ct_slices.h5"
    hdf5(path, hu=np.full((8, 44, 44), -1000, np.int16))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def without_slices(folder):
    (folder / "ct").mkdir()
    (folder / "ct/notes.txt").write_text("not a slice")


SLICES = {
    "no file": (
        "source: hounsfield",
        lambda folder: None,
        "ct_slices.h5 is missing: put the HDF5 file there, or set",
    ),
    "truncated": ("source: hounsfield", truncated, "ct_slices.h5 cannot be read as HDF5"),
    "another's file": (
        "source: hounsfield",
        lambda folder: hdf5(folder / "ct/ct_slices.h5", images=np.zeros((8, 44, 44))),
        "ct_slices.h5 has no dataset `hu` (it has: images)",
    ),
    "another shape": (
        "source: hounsfield",
        lambda folder: hdf5(folder / "ct/ct_slices.h5", hu=np.full((8, 40, 40), -1000, np.int16)),
        "`hu` has shape (8, 40, 40) instead of (slices, 44, 44)",
    ),
    "no slice in the folder": ("source: dicom, path: ct", without_slices, "holds no CT slice in DICOM"),
}


@pytest.mark.parametrize("fault", slow_but(("no file", "another's file"), SLICES))
def test_slices_that_cannot_be_used_are_noticed_before_anything_runs(untouched, tmp_path, fault):
    settings, make, sentence = SLICES[fault]
    folder = tmp_path / "raw"
    folder.mkdir()
    make(folder)
    assert sentence in refused(untouched, "--config", f"tomography={{data: {{{settings}}}}}", f"data_dir={folder}")


def test_the_paper_preset_says_what_it_lacks(untouched, papers):
    text = refused(untouched, "tomography", "--config", *papers(), CUDA_VISIBLE_DEVICES="")
    sentence = "data/LoDoPaB-CT is missing: put LoDoPaB-CT's HDF5 files there, set data.path to where"
    assert sentence in text


def test_a_failing_job_says_one_sentence_and_leaves_nothing(untouched, tmp_path):
    """A single slice is noticed by the job that divides them."""
    hdf5(tmp_path / "ct/ct_slices.h5", hu=np.arange(-1000, 936, dtype=np.int16).reshape(1, 44, 44))
    settings = ("tomography={data: {source: hounsfield}}", f"data_dir={tmp_path}")
    result = untouched.snakemake("table_ct", "--config", *settings)
    text = result.stdout + result.stderr
    assert result.returncode != 0
    assert "error: the source has 1 slices, but a split needs at least two" in text
    assert "Traceback" not in text
    assert list((untouched.folder / "results/demo/tomography").rglob("*.*")) == []

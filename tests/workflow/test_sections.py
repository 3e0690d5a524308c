"""A section looks only at what it needs: neither at the data nor at the settings of another; real plans."""

import h5py
import numpy as np
import pytest

SMALL_DIGITS = "inpainting={data: {source: digits, train: 60, test: 20}}"
BAD_STUDY = "inpainting={studies: {lambda3: {methods: [vPAIR]}}}"
FEW_SLICES = "tomography={data: {test: 30}}"
OTHER_SCAN = "tomography={data: {source: lodopab}}"
MNIST = "inpainting={data: {source: mnist}}"
FILE = "tomography={data: {source: hounsfield, path: ct/ct_slices.h5}}"
TARGETS = {
    "inpainting": ("inpainting", "table3", "fig7", "results/demo/inpainting/pairs/digits.safetensors"),
    "tomography": ("tomography", "table_ct", "fig9", "results/demo/tomography/pairs/noise5.safetensors"),
    "neither": ("fig_theory",),
}


def planned(project, targets, *settings):
    return project.snakemake("--dry-run", *targets, "--config", *settings)


@pytest.fixture
def slices(tmp_path):
    """A data folder with CT slices alone."""
    (tmp_path / "slices/ct").mkdir(parents=True)
    values = np.random.default_rng(0).integers(-1000, 1000, (80, 44, 44)).astype(np.int16)
    with h5py.File(tmp_path / "slices/ct/ct_slices.h5", "w") as file:
        file["hu"], file["patient"] = values, np.arange(80) // 4
    return tmp_path / "slices"


@pytest.mark.parametrize("wrong", [SMALL_DIGITS, BAD_STUDY])
def test_slices_are_planned_whatever_is_wrong_with_the_images(fresh, slices, wrong):
    result = planned(fresh, (*TARGETS["tomography"], *TARGETS["neither"]), FILE, wrong, f"data_dir={slices}")
    assert result.returncode == 0, result.stdout + result.stderr


def test_slices_alone_are_enough_for_their_section(fresh, slices):
    """In a data folder without MNIST; asked for both sections, the missing one is told before anything runs."""
    given = (FILE, MNIST, f"data_dir={slices}")
    result = planned(fresh, TARGETS["tomography"], *given)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "MNIST" not in result.stdout + result.stderr
    result = planned(fresh, (), *given)
    assert result.returncode != 0
    assert "train-images-idx3-ubyte is missing" in result.stdout + result.stderr


@pytest.mark.parametrize("wrong", [FEW_SLICES, pytest.param(OTHER_SCAN, marks=pytest.mark.slow), FILE])
def test_images_are_planned_whatever_is_wrong_with_the_slices(fresh, tmp_path, wrong):
    result = planned(fresh, (*TARGETS["inpainting"], *TARGETS["neither"]), wrong, f"data_dir={tmp_path}")
    assert result.returncode == 0, result.stdout + result.stderr


REFUSED = {
    "few images": ("inpainting", SMALL_DIGITS, "figures.scatter=24 is more than the data.test=20 test images"),
    "few images, one table": ("table3", SMALL_DIGITS, "figures.scatter=24 is more than the data.test=20 test images"),
    "a table without data": ("table8", SMALL_DIGITS, "figures.scatter=24 is more than the data.test=20 test images"),
    "another study": ("fig3", BAD_STUDY, "studies.lambda3: its table and figure need the method vsPAIR"),
    "few slices": ("tomography", FEW_SLICES, "leaves 15 images for the conformal scaling"),
    "another scan": ("fig9", OTHER_SCAN, "data.source=lodopab were made with"),
    "no slices": ("tomography", FILE, "ct_slices.h5 is missing: put the HDF5 file there"),
    "all": ("all", FEW_SLICES, "leaves 15 images for the conformal scaling"),
}


SOON = ("few images", "another study", "few slices")


@pytest.mark.parametrize(
    "name", [name if name in SOON else pytest.param(name, marks=pytest.mark.slow) for name in REFUSED]
)
def test_the_section_that_is_asked_for_is_refused_before_anything_runs(untouched, tmp_path, name):
    target, wrong, sentence = REFUSED[name]
    result = untouched.snakemake(target, "--config", wrong, f"data_dir={tmp_path}")
    assert result.returncode != 0
    assert sentence in result.stdout + result.stderr
    assert not (untouched.folder / "results").exists()


def test_commands_look_at_no_data_of_another_section(fresh, slices):
    for wrong in (BAD_STUDY, "inpainting={data: {source: mnist, test: 20}}"):
        result = fresh.run(
            "vspair", "forecast", "tomography", "--preset", "demo", "--config", wrong, f"data_dir={slices}"
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert "MNIST" not in result.stdout

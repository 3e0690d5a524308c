"""What a finished run leaves of computed tomography: data sets, tables, figures and the chain behind each number."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vspair.data import read_pairs
from vspair.provenance.receipt.reading import read

METHODS = ("LPD", "vsPAIR", "FBP", "TV", "UNet")
RIVALS = ("PhysicalFlow",)
ON_LEVELS = [(method, noise) for method in METHODS for noise in ("0", "10")]
RUNS = [*ON_LEVELS, *((method, "variable") for method in ("vsPAIR_sparse", *RIVALS))]
SAMPLED = [run for run in RUNS if run[0].startswith("vsPAIR") or run[0] in RIVALS]


def data(noise):
    """The data set of a noise as tables name it."""
    return noise if noise == "variable" else f"noise{noise}"


@pytest.fixture(scope="module")
def data_sets(results):
    """Pairs before noise, and with each noise, training and test pairs together."""
    files = {"none": results / "tomography/scans/pairs.safetensors"}
    files |= {noise: results / f"tomography/pairs/{data(noise)}.safetensors" for noise in ("0", "10", "variable")}
    return {name: read_pairs(path) for name, path in files.items()}


def table(results, name):
    return pd.read_csv(results / f"tables/{name}.csv").set_index(["row", "column"])


def per_image(results, method, noise):
    return pd.read_csv(results / f"tomography/evaluations/{method}/{data(noise)}/seed0/images.csv")


def test_no_patient_is_in_both_parts(data_sets):
    pairs = data_sets["none"]
    assert (len(pairs.train), len(pairs.test)) == (24, 40)
    assert not set(pairs.train.label) & set(pairs.test.label)
    assert len(set(pairs.train.index) | set(pairs.test.index)) == 64


@pytest.mark.parametrize("part", ["train", "test"])
def test_noise_has_the_level_that_names_it(data_sets, part):
    """Norm of the noise in percent of the observation's norm; another convention or a shuffled pair would show."""
    clean = getattr(data_sets["none"], part)
    for noise, low, high in (("0", 0, 0), ("10", 10, 10), ("variable", 0, 20)):
        noisy = getattr(data_sets[noise], part)
        np.testing.assert_array_equal(noisy.qoi, clean.qoi)
        added, norm = (
            np.linalg.norm(y[:, 0], axis=(1, 2)) for y in (noisy.observation - clean.observation, clean.observation)
        )
        np.testing.assert_allclose(100 * added / norm, noisy.level, rtol=1e-3)
        assert low <= noisy.level.min() <= noisy.level.max() <= high
    assert len(set(noisy.level)) == len(noisy)


@pytest.mark.parametrize(("method", "noise"), RUNS)
def test_metrics_of_each_image_are_those_of_the_peer_library(results, data_sets, method, noise):
    """Of what was reconstructed, against the QoI of the same pair."""
    test = data_sets[noise].test
    images = per_image(results, method, noise)
    assert images[["index", "patient"]].to_numpy().tolist() == np.column_stack([test.index, test.label]).tolist()
    np.testing.assert_allclose(images["level"], test.level, rtol=1e-6)
    moments = load_file(results / f"tomography/evaluations/{method}/{data(noise)}/seed0/moments.safetensors")
    parts = {"reconstruction": "", "mean": "_mean"} if (method, noise) in SAMPLED else {"reconstruction": ""}
    assert ("psnr_mean" in images) == ("mean" in parts)
    for part, ending in parts.items():
        for row in images.itertuples():
            truth, found = (array[row.Index, 0].astype(float) for array in (test.qoi, moments[part]))
            span = truth.max() - truth.min()
            psnr, ssim, rre = (getattr(row, f"{name}{ending}") for name in ("psnr", "ssim", "rre"))
            assert psnr == pytest.approx(peak_signal_noise_ratio(truth, found, data_range=span), rel=1e-5)
            assert ssim == pytest.approx(structural_similarity(truth, found, data_range=span), abs=1e-5)
            assert rre == pytest.approx(np.linalg.norm(found - truth) / np.linalg.norm(truth), rel=1e-5)


@pytest.mark.slow
def test_seeds_come_together_pair_by_pair(project):
    """Patients and noise describe a pair and are no measures: none is averaged, and none gets a deviation."""
    folder = project.folder / "results/demo/tomography/evaluations/LPD/noise10"
    target = str((folder / "images.csv").relative_to(project.folder))
    result = project.snakemake(target, "--config", "seeds=[0, 1]")
    assert result.returncode == 0, result.stdout + result.stderr
    images, *seeds = (pd.read_csv(folder / path) for path in ("images.csv", "seed0/images.csv", "seed1/images.csv"))
    described, measures = ["image", "index", "patient", "level"], ["mse", "psnr", "ssim"]
    assert (images["seeds"] == 2).all()
    assert not {f"{column}_sd" for column in described} & set(images)
    first, second = (seed.sort_values(described, ignore_index=True) for seed in seeds)
    pd.testing.assert_frame_equal(images[described], first[described])
    assert (first["mse"] != second["mse"]).all()
    for measure in measures:
        values = np.stack([first[measure], second[measure]])
        np.testing.assert_allclose(images[measure], values.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(images[f"{measure}_sd"], values.std(axis=0, ddof=1), rtol=1e-4, atol=1e-9)


def test_table_ct_is_the_mean_of_the_per_image_metrics(results):
    values = table(results, "table_ct")["value"]
    assert list(dict.fromkeys(values.index.get_level_values("row"))) == [" ".join(run) for run in RUNS]
    for method, noise in RUNS:
        means = per_image(results, method, noise).mean()
        columns = values[f"{method} {noise}"]
        assert {"psnr", "psnr_fixed", "ssim", "ssim_fixed", "rre", "mse"} <= set(columns.index)
        assert ("psnr_mean" in columns) == ((method, noise) in SAMPLED)
        assert ("nnz" in columns) == method.startswith("vsPAIR")
        assert columns.to_dict() == pytest.approx(means[list(columns.index)].to_dict(), rel=1e-6)


def test_table_ct_uq_holds_both_calibrations_of_each_run(results):
    values = table(results, "table_ct_uq")["value"]
    rows = [" ".join(run) for run in SAMPLED]
    assert set(values.index.get_level_values("row")) == {
        *rows,
        *(f"{row} {kind}" for row in rows for kind in ("scaled", "assured")),
    }
    for method, noise in SAMPLED:
        summary = json.loads(
            (results / f"tomography/calibrations/{method}/{data(noise)}/seed0/summary.json").read_text()
        )
        # Test patients in halves, each with all of its slices.
        assert summary["calibration_units"] == summary["units"] or summary["calibration_units"] + 1 == summary["units"]
        images = pd.read_csv(results / f"tomography/calibrations/{method}/{data(noise)}/seed0/images.csv")
        assert (images.groupby("patient")["part"].nunique() == 1).all()
        assert (images["part"] == "report").sum() == summary["images"] == 40 - summary["calibration_images"]
        for row, part in ((f"{method} {noise}", "raw"), (f"{method} {noise} scaled", "scaled")):
            for column in ("mace", "crps", "variance_ratio"):
                assert values[row, column] == pytest.approx(summary[part][column], rel=1e-6)
        # One slice of each patient for a p-value, and the misfit to the scan as a mean over patients.
        assert summary["tested_images"] == 40
        assert summary["tested_units"] == images["patient"].nunique()
        for column in ("chi_square", "truth_chi_square"):
            by_patient = images.groupby("patient")[column].mean().mean()
            assert values[f"{method} {noise}", column] == pytest.approx(by_patient, rel=1e-6)


def test_table_ct_cost_counts_weights_and_hours(results):
    values = table(results, "table_ct_cost")["value"]
    # Three 3x3 convolutions with biases and two slopes, 7 -> 4 -> 4 -> 5 channels in the dual and 6 -> 4 -> 4 -> 5 in
    # the primal update of one iteration.
    dual, primal = (9 * (inputs * 4 + 4 * 4 + 4 * 5) + 4 + 4 + 5 + 2 for inputs in (7, 6))
    assert values["LPD", "parameters"] == dual + primal
    assert values["FBP", "parameters"] == values["TV", "parameters"] == 0
    costs = [
        json.loads((results / f"tomography/runs/LPD/noise{noise}/seed0/cost.json").read_text()) for noise in ("0", "10")
    ]
    hours = np.mean([cost["seconds"] * cost["epochs"] / 3600 for cost in costs])
    assert values["LPD", "training_hours"] == pytest.approx(hours, rel=1e-6)
    assert ("FBP", "training_hours") not in values.index
    assert (values.xs("inference_seconds", level="column") > 0).all()


@pytest.mark.parametrize(("name", "count"), [("table_ct", 1), ("table_ct_cost", 2), ("table_ct_uq", 0)])
def test_a_demo_earns_no_verdict(results, name, count):
    frame = pd.read_csv(results / f"tables/{name}.csv")
    published = frame["published"].notna()
    assert published.sum() == count
    assert set(frame.loc[published, "verdict"]) <= {"not comparable"}
    assert frame.loc[~published, "verdict"].isna().all()
    if count:
        assert "Not comparable with the paper: tomography." in (results / f"tables/{name}.md").read_text()


@pytest.mark.parametrize("name", ["table_ct", "table_ct_uq", "table_ct_cost"])
def test_the_receipt_names_the_runs_behind_each_cell(results, name):
    frame = pd.read_csv(results / f"tables/{name}.csv")
    cells = read(results / f"tables/{name}.receipt.json").cells
    there = set((frame["row"] + "|" + frame["column"])[frame["value"].notna()])
    assert there <= set(cells)
    # Five patients fit the scalings: on average they support 80 %, and 60 % with high probability.
    empty = {tuple(cell.split("|")) for cell in set(cells) - there}
    levels = {"scaled": {"90", "95"}, "assured": {"70", "80", "90", "95"}}
    for row, column in empty:
        kind, level = row.rpartition(" ")[2], column.rpartition("_")[2]
        assert level in levels[kind] or (kind == "assured" and not level.isdigit()), (row, column)
    for cell, note in cells.items():
        row, column = cell.split("|")
        method, *noise = row.removesuffix(" scaled").removesuffix(" assured").split(" ")
        folder, file = {
            "table_ct": ("evaluations", "images.csv"),
            "table_ct_uq": ("calibrations", "summary.json"),
            "table_ct_cost": ("runs", "cost.json") if column[0] in "tm" else ("evaluations", "summary.json"),
        }[name]
        noises = noise or [run[1] for run in RUNS if run[0] == method][: 1 if column == "parameters" else None]
        assert note.inputs == [f"tomography/{folder}/{method}/{data(noise)}/seed0/{file}" for noise in noises]


def test_why_leads_from_a_cell_to_the_slices(finished):
    result = finished.run("vspair", "why", "results/demo/tables/table_ct.csv", "--cell", "LPD 10", "psnr")
    assert result.returncode == 0, result.stderr
    for part in (
        *("evaluations/LPD/noise10/seed0/images.csv", "runs/LPD/noise10/seed0/weights.safetensors"),
        *(
            "pairs/noise10.safetensors",
            "scans/pairs.safetensors",
            "blocks/block0.safetensors",
            "blocks/block1.safetensors",
        ),
        "slices/slices.safetensors",
    ):
        assert f"tomography/{part}" in result.stdout
    for part in ("noise0", "/TV/", "inpainting/", "NO LONGER TRUE"):
        assert part not in result.stdout
    assert "snakemake --cores" in result.stdout.splitlines()[-1]


def test_the_figures_data_are_those_of_the_runs(results):
    """Every CSV beside a figure, against the files that it is drawn from."""
    drawn = {name: pd.read_csv(results / f"figures/{name}.csv") for name in ("fig9", "fig10", "fig11", "fig_ct_noise")}
    assert drawn["fig9"][["method", "noise"]].astype(str).to_numpy().tolist() == [list(run) for run in ON_LEVELS]
    for row in drawn["fig9"].itertuples():
        assert row.psnr == pytest.approx(per_image(results, row.method, row.noise)["psnr"][0])
    assert drawn["fig10"].pop("case").is_unique
    pd.testing.assert_frame_equal(drawn["fig10"], per_image(results, "vsPAIR_sparse", "variable").iloc[[0, 1, 2]])
    assert sorted(set(drawn["fig11"]["image"])) == [0, 1]
    assert len(drawn["fig11"]) == 2 * 2 * 3
    lines = drawn["fig_ct_noise"].set_index(["method", "level"])["psnr"]
    for method, noise in ON_LEVELS:
        assert lines[method, float(noise)] == pytest.approx(per_image(results, method, noise)["psnr"].mean())
    images = per_image(results, "vsPAIR_sparse", "variable")
    for low in (0, 5, 10, 15):
        quarter = images["psnr"][images["level"].between(low, low + 5)]
        assert lines["vsPAIR_sparse", low + 2.5] == pytest.approx(quarter.mean())

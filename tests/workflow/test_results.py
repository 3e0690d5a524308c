"""What a finished run leaves: tables, figures, the report and their evidence; of CT see test_scan_results."""

import json
import os
import re

import pandas as pd
import pytest
from scipy import stats


def test_every_target_is_there_in_every_form(results, tables, figures):
    for target in (*(f"tables/{name}" for name in tables), *(f"figures/{name}" for name in figures)):
        suffixes = ("csv", "md", "tex") if target.startswith("tables") else ("png", "pdf", "csv")
        for suffix in (*suffixes, "receipt.json"):
            assert (results / f"{target}.{suffix}").stat().st_size > 0


def test_table3_is_the_mean_of_the_per_image_metrics(results):
    table = pd.read_csv(results / "tables/table3.csv").set_index(["row", "column"])
    for model, column in (("PAIR", "mse"), ("vsPAIR", "mse30"), ("sVAE", "nnz")):
        images = pd.read_csv(results / f"inpainting/evaluations/{model}/digits/seed0/images.csv")
        assert table.loc[(model, column), "value"] == pytest.approx(images[column].mean(), rel=1e-6)
    assert table.loc[("vsPAIR", "mse_unit"), "value"] == pytest.approx(table.loc[("vsPAIR", "mse"), "value"] / 4)


def test_table4_counts_the_latents_of_the_per_image_file(results):
    table = pd.read_csv(results / "tables/table4.csv").set_index(["row", "column"])["value"]
    counts = pd.read_csv(results / "inpainting/evaluations/vsPAIR/digits/seed0/images.csv")["always_active"]
    assert [table["vsPAIR", column] for column in ("mean", "min", "max")] == pytest.approx(
        [counts.mean(), counts.min(), counts.max()]
    )
    assert (table["vPAIR"] == 4).all()


def test_table5_summarises_the_search_file(results):
    table = pd.read_csv(results / "tables/table5.csv").set_index(["row", "column"])["value"]
    found = pd.read_csv(results / "inpainting/localisations/vPAIR/digits/seed0/localisation.csv")
    assert len(found) == 6
    assert table["vPAIR", "consistent_median_ratio"] == pytest.approx(found["consistent_ratio"].median())
    assert table["vPAIR", "all_mean_ratio"] == pytest.approx(found["all_ratio"].mean())
    # Every Gaussian latent is active in every sample, so that both searches are one.
    assert table["vPAIR", "all_median_ratio"] == table["vPAIR", "consistent_median_ratio"]


def test_table_fig7_correlates_the_per_image_columns(results):
    table = pd.read_csv(results / "tables/table_fig7.csv").set_index(["row", "column"])["value"]
    images = pd.read_csv(results / "inpainting/evaluations/sVAE/digits/seed0/images.csv")
    pearson = stats.pearsonr(images["uncertainty"], images["mse30"]).statistic
    assert table["sVAE", "pearson_r"] == pytest.approx(pearson, rel=1e-6)
    ratio = images["variance_holes"] / images["variance_outside"]
    assert table["sVAE", "median_ratio"] == pytest.approx(ratio.median(), rel=1e-6)


@pytest.mark.parametrize(
    ("table", "run", "row"),
    [
        ("table_speed", "inpainting/{}/vsPAIRplus/digits", "vsPAIRplus"),
        ("table_ct_speed", "tomography/{}/PhysicalFlow/variable", "PhysicalFlow variable"),
    ],
)
def test_the_tables_of_speed_hold_costs_and_scores_of_the_calibration(results, table, run, row):
    values = pd.read_csv(results / f"tables/{table}.csv").set_index(["row", "column"])["value"]
    summaries = {
        job: json.loads((results / run.format(job) / "seed0/summary.json").read_text())
        for job in ("calibrations", "evaluations")
    }
    expected = {name: summaries["calibrations"]["raw"][name] for name in ("crps", "energy")}
    costs = ("sampling_seconds", "sampling_seconds_batched", "sampling_gflop")
    expected |= {name: summaries["calibrations"][name] for name in costs}
    expected["parameters"] = summaries["evaluations"]["parameters"]
    assert values[row].to_dict() == pytest.approx(expected, rel=1e-6)
    assert min(expected.values()) > 0


def test_the_choices_name_the_nearest_combination(results):
    table = pd.read_csv(results / "tables/table_choices.csv").set_index(["row", "column"])["value"]
    run = (
        "data.scale=symmetric,choices.mapping_space=latent,choices.mapping_reduction=sum,choices.mapping_gradient=both"
    )
    images = pd.read_csv(results / f"inpainting/studies/choices/{run}/PAIR/digits/seed0/images.csv")
    assert table[run, "PAIR mse"] == pytest.approx(images["mse"].mean(), rel=1e-6)
    nearest = table.xs("distance", level="column").idxmin()
    rendered = (results / "tables/table_choices.md").read_text()
    assert (
        f"Nearest by distance: {nearest.replace('choices.', '').replace('data.', '').replace(',', ', ')}." in rendered
    )


@pytest.mark.parametrize(("table", "values"), [("table4", 9), ("table5", 12), ("table_fig7", 9), ("table_fig12", 2)])
def test_every_published_value_of_the_section_has_a_line(results, table, values):
    frame = pd.read_csv(results / f"tables/{table}.csv")
    assert frame["published"].notna().sum() == values
    assert set(frame.loc[frame["published"].notna(), "verdict"]) <= {"not comparable", "not run"}


def test_baselines_are_marked_as_ours_where_a_reader_looks(results):
    for table in ("table3", "table_uq", "table_speed"):
        assert "CVAE (ours)" in (results / f"tables/{table}.md").read_text()
    assert "CVAE" in set(pd.read_csv(results / "tables/table3.csv")["row"])


def test_table3_holds_every_published_value_and_no_verdict_that_a_demo_cannot_earn(results):
    table = pd.read_csv(results / "tables/table3.csv")
    assert table["published"].notna().sum() == 11
    assert set(table.loc[table["published"].notna(), "verdict"]) == {"not comparable"}


def test_table8_of_other_networks_than_the_papers_is_not_compared(results):
    """The tiny networks of this test have other counts: a verdict that always agrees would be seen here."""
    table = pd.read_csv(results / "tables/table8.csv").set_index(["row", "column"])
    assert table.loc[("vsPAIR", "parameters"), "verdict"] == "not comparable"


def test_sparse_models_report_their_latents(results):
    summary = json.loads((results / "inpainting/evaluations/vsPAIR/digits/seed0/summary.json").read_text())
    assert set(summary["latents"]) == {"collapsed", "gates_at_one", "always_at_one"}


def test_the_report_is_one_offline_page_with_captions(finished, tmp_path):
    page = tmp_path / "report.html"
    result = finished.snakemake("--report", str(page))
    assert result.returncode == 0, result.stdout + result.stderr
    html = page.read_text()
    for section in ("Blind inpainting", "Computed tomography", "Theory"):
        assert section in html
    assert "All variance maps share one scale" in html
    assert not re.search(r"""<(?:script|link|img)[^>]+(?:src|href)=["']https?:""", html)


def test_a_clean_run_passes_the_audit(finished):
    result = finished.run("vspair", "audit", "results/demo")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("tables/table3.csv", "edited"),
        ("inpainting/evaluations/PAIR/digits/seed0/images.csv", "edited"),
        ("tomography/evaluations/LPD/noise10/seed0/images.csv", "edited"),
    ],
)
def test_the_audit_finds_an_edited_result(project, name, word):
    path = project.folder / "results/demo" / name
    path.write_text(path.read_text().replace("0.", "1.", 1))
    result = project.run("vspair", "audit", "results/demo")
    assert result.returncode != 0
    assert any(word in line and name in line for line in result.stdout.splitlines())


def test_the_audit_finds_a_missing_input(project):
    (project.folder / "results/demo/inpainting/runs/sVAE/digits/seed0/weights.safetensors").unlink()
    result = project.run("vspair", "audit", "results/demo")
    assert result.returncode == 10, result.stdout


def test_the_audit_finds_stale_code(project):
    project.edit("vspair/reporting/maps.py", '"inferno"', '"viridis"')
    result = project.run("vspair", "audit", "results/demo")
    assert result.returncode == 12, result.stdout
    assert "fig3" in result.stdout


def test_the_targets_audit_and_report(project):
    """Both look anew whenever they are asked for; breaks fail the one and stand first in the other."""
    result = project.snakemake("audit", "report")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "every link is still true" in (project.folder / "results/demo/logs/audit.log").read_text()
    page = project.folder / "results/demo/report.html"
    assert "No break was found" in page.read_text()
    project.edit("vspair/reporting/maps.py", '"inferno"', '"viridis"')
    project.commit()
    result = project.snakemake("audit", "report", "--allowed-rules", "audit", "report")
    assert result.returncode != 0
    assert "stale code" in (project.folder / "results/demo/logs/audit.log").read_text()
    assert "stale code" in page.read_text()


def test_why_leads_from_a_cell_to_the_data(finished):
    result = finished.run("vspair", "why", "results/demo/tables/table3.csv", "--cell", "vsPAIR", "mse30")
    assert result.returncode == 0, result.stderr
    run = "vsPAIR/digits/seed0"
    for part in (f"evaluations/{run}/images.csv", f"runs/{run}/weights.safetensors", "pairs/digits.safetensors"):
        assert part in result.stdout
    assert "sVAE" not in result.stdout
    assert "snakemake --cores" in result.stdout.splitlines()[-1]


@pytest.mark.data
@pytest.mark.slow
def test_the_paper_preset_runs_on_real_mnist_with_several_seeds(untouched, papers):
    """A rehearsal of `make paper-mnist` at tiny size, on the CPU."""
    if "VSPAIR_DATA" not in os.environ:
        pytest.skip("VSPAIR_DATA names no folder with real MNIST")
    settings = ("--config", *papers(), "device=cpu", "threads=1", "seeds=[0, 1]")
    environment = {"VSPAIR_DATA": os.environ["VSPAIR_DATA"]}
    targets = (
        *("table3", "table4", "table5", "table_uq", "table_fig7"),
        *("fig7", "fig8", "fig_calibration", "fig_reliability", "fig_training"),
    )
    result = untouched.snakemake(*targets, *settings, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    results = untouched.folder / "results/paper"
    for target in targets:
        if target.startswith("table"):
            assert (pd.read_csv(results / f"tables/{target}.csv")["n"] == 2).all(), target
    assert (pd.read_csv(results / "tables/table3.csv")["sd"] > 0).all()
    assert set(pd.read_csv(results / "figures/fig8.csv")["seed"].astype(str)) == {"0", "1", "all"}
    receipts = "".join(path.read_text() for path in results.rglob("*.receipt.json"))
    assert "data:MNIST/raw/train-images-idx3-ubyte" in receipts
    for machine_path in (str(untouched.folder.parent), os.environ["VSPAIR_DATA"]):
        assert machine_path not in receipts
    result = untouched.run("vspair", "audit", "results/paper", *settings, **environment)
    assert result.returncode == 0, result.stdout + result.stderr

"""What a change makes stale: exactly what depends on it, as the real Snakemake sees it."""

import hashlib

import pytest

PROBABILISTIC = ("vPAIR", "sVAE", "vsPAIR", "CVAE", "Ensemble")
STUDIES = {
    "hyperprior": {"fig12", "table_fig12"},
    "lambda3": {"fig_lambda3", "table_lambda3"},
    "choices": {"table_choices"},
}


def checksums(project):
    """Content of every result but logs and timings."""
    results = project.folder / "results/demo"
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("inpainting", "tables", "figures")
        for path in (results / part).rglob("*")
        if path.is_file()
    }


def test_a_second_run_does_nothing(finished):
    result = finished.snakemake()
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


def test_where_data_would_lie_makes_nothing_stale_that_does_not_read_them(finished):
    result = finished.snakemake(VSPAIR_DATA="elsewhere")
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


def test_a_changed_comment_or_docstring_makes_nothing_stale(project):
    project.edit("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1 - probability  # a remark")
    project.edit("vspair/training/loop.py", '"""The one training loop', '"""Another docstring. The one training loop')
    project.edit("scripts/train.py", '"""Train one model', '"""Now: train one model')
    assert project.planned() == set()


def test_a_changed_formula_retrains_exactly_the_models_that_use_it(project, tables, figures):
    project.edit("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability")
    stale = project.planned()
    rules = ("train", "evaluate", "aggregate", "localise", "latents", "calibrate")
    assert {job for job in stale if " " in job} == {
        *(f"{rule} {model}" for rule in rules for model in ("sVAE", "vsPAIR")),
        "study vsPAIR",
    }
    assert {job for job in stale if " " not in job} == {*tables, *figures} - {"fig_theory"}


def test_a_formula_of_one_model_retrains_that_model_alone(project):
    before, after = "nn.Linear(inputs[0] * inputs[1], outputs[0]", "nn.Linear(inputs[1], outputs[0]"
    project.edit("vspair/networks/mappers.py", before, after)
    assert {job for job in project.planned() if job.startswith("train")} == {"train PAIR"}


def test_a_changed_colour_redraws_one_figure_and_retrains_nothing(project):
    before = checksums(project)
    project.edit("vspair/reporting/maps.py", '"inferno"', '"viridis"')
    assert project.planned() == {"fig3"}
    result = project.snakemake()
    assert result.returncode == 0, result.stdout + result.stderr
    after = checksums(project)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"figures/fig3.png", "figures/fig3.pdf", "figures/fig3.receipt.json"}


def test_a_changed_weight_of_one_model_retrains_that_model_alone(project):
    assert {
        job
        for job in project.planned("--config", "inpainting={models: {vPAIR: {weights: {gamma_y: 0.2}}}}")
        if job.startswith("train")
    } == {"train vPAIR"}


def test_one_figure_needs_only_its_own_models(untouched):
    """Figure 3 shows the probabilistic models: PAIR and the tables are none of its business."""
    assert untouched.planned("fig3") == {
        "pairs",
        "fig3",
        *(f"{rule} {model}" for rule in ("train", "evaluate") for model in PROBABILISTIC),
    }


@pytest.mark.parametrize("study", STUDIES)
def test_a_changed_axis_runs_its_new_runs_and_nothing_else(project, study):
    axes = {
        "hyperprior": "{models.vsPAIR.alpha0: [1, 64, 2]}",
        "lambda3": "{models.vsPAIR.weights.lambda3: [0.1, 10, 3]}",
        "choices": "{choices.mapping_gradient: [both, map]}",
    }[study]
    stale = project.planned("--config", f"inpainting={{studies: {{{study}: {{axes: {axes}}}}}}}")
    assert {job for job in stale if job.startswith("study")} == {
        f"study {model}" for model in (("PAIR", "vsPAIR") if study == "choices" else ("vsPAIR",))
    }
    assert {job for job in stale if not job.startswith("study")} == STUDIES[study]


def test_a_changed_search_leaves_trainings_and_calibration_alone(project):
    stale = project.planned("--config", "inpainting={evaluation: {localisation: {levels: [-1, 1]}}}")
    assert {job.split()[0] for job in stale} == {"localise", "latents", "table5", "fig4", "fig5", "fig6", "fig8"}


def test_one_light_table_is_made_without_any_training(untouched):
    result = untouched.snakemake("table8")
    assert result.returncode == 0, result.stdout + result.stderr
    made = sorted(path.name for path in (untouched.folder / "results/demo").iterdir())
    assert made == ["benchmarks", "logs", "tables"]


def test_the_paper_grid_is_planned_on_a_machine_without_gpu_or_data(untouched):
    command = ("snakemake", "--cores", "8", "--resources", "gpu=2", "--dry-run", "--config", "preset=paper")
    result = untouched.run(*command, CUDA_VISIBLE_DEVICES="")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    counts = dict(line.split() for line in text.split("Job stats:")[1].splitlines()[3:] if len(line.split()) == 2)
    assert counts["train"] == counts["evaluate"] == "18"
    # Three seeds of the points of hyperprior and lambda3, and of the runs that the grid means for PAIR and for vsPAIR.
    assert counts["study"] == str(3 * (2 + 5 + 16 + 8))
    assert counts["download"] == "1"
    assert "gpu=1" in text


def test_the_slurm_profile_plans(untouched):
    result = untouched.run("snakemake", "--profile", "profiles/slurm", "--dry-run", "--config", "preset=paper")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "train" in result.stdout + result.stderr

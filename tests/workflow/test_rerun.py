"""What a change makes stale: exactly what depends on it, as the real Snakemake sees it."""

import hashlib


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


def test_a_changed_formula_retrains_exactly_the_models_that_use_it(project):
    project.edit("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability")
    assert project.planned() == {
        *(f"{rule} {model}" for rule in ("train", "evaluate", "aggregate") for model in ("sVAE", "vsPAIR")),
        "table3",
        "table8",
        "fig3",
        "fig_training",
    }


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
    """Figure 3 shows the three probabilistic models: PAIR and the tables are none of its business."""
    assert untouched.planned("fig3") == {
        "pairs",
        "fig3",
        *(f"{rule} {model}" for rule in ("train", "evaluate") for model in ("vPAIR", "sVAE", "vsPAIR")),
    }


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
    assert counts["train"] == counts["evaluate"] == "12"
    assert counts["download"] == "1"
    assert "gpu=1" in text


def test_the_slurm_profile_plans(untouched):
    result = untouched.run("snakemake", "--profile", "profiles/slurm", "--dry-run", "--config", "preset=paper")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "train" in result.stdout + result.stderr

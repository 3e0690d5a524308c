"""What a change makes stale: exactly what depends on it, as the real Snakemake sees it."""

import hashlib
import re

import pytest

PROBABILISTIC = ("vPAIR", "sVAE", "vsPAIR", "CVAE", "Ensemble")
SPARSE = ("vsPAIR 0", "vsPAIR 10", "vsPAIR_sparse variable")
LEARNED = (*(f"{method} {noise}" for method in ("LPD", "TV", "UNet") for noise in (0, 10)), *SPARSE)
TRAININGS = ("train", "ct_train")
RESULTS_OF_A_METHOD = {"table_ct", "table_ct_cost", "fig9", "fig_ct_noise"}
STUDIES = {
    "hyperprior": {"fig12", "table_fig12"},
    "lambda3": {"fig_lambda3", "table_lambda3"},
    "choices": {"table_choices"},
}
AXES = {
    "hyperprior": "{models.vsPAIR.alpha0: [1, 64, 2]}",
    "lambda3": "{models.vsPAIR.weights.lambda3: [0.1, 10, 3]}",
    "choices": "{choices.mapping_gradient: [both, map]}",
}
EDITS = {
    "comments": (
        ("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1 - probability  # a remark"),
        ("vspair/training/loop.py", '"""The one training loop', '"""Another docstring. The one training loop'),
        ("scripts/train.py", '"""Train one model', '"""Now: train one model'),
    ),
    "sparse latents": (
        ("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability"),
    ),
    "loss of PAIR": (
        (
            "vspair/objectives/autoencoding.py",
            '"reconstruction": squared_error',
            '"reconstruction": 1.0 * squared_error',
        ),
    ),
    "network of LPD": (
        ("vspair/networks/unrolled.py", "h = observation.new_zeros", "h = 1.0 * observation.new_zeros"),
    ),
    "layout of fig9": (("vspair/reporting/reconstructions.py", 'va="bottom", fontsize=8', 'va="bottom", fontsize=9'),),
}
SETTINGS = {
    "weight of vPAIR": "inpainting={models: {vPAIR: {weights: {gamma_y: 0.2}}}}",
    "search": "inpainting={evaluation: {localisation: {levels: [-1, 1]}}}",
    **{study: f"inpainting={{studies: {{{study}: {{axes: {axes}}}}}}}" for study, axes in AXES.items()},
    "width of LPD": "ct={methods: {LPD: {width: 5}}}",
    "strengths of TV": "ct={methods: {TV: {strengths: [1.0e-3, 1.0e-1]}}}",
    "noise": "ct={noise: {convention: mean_abs}}",
    "another level": "ct={noise: {levels: [0, 10, 20]}}",
}


@pytest.fixture(scope="module")
def stale(finished, pool, tmp_path_factory):
    """Jobs that each change of a finished run plans."""

    def planned(name):
        project = finished.copy(tmp_path_factory.mktemp("stale") / "project")
        for edit in EDITS.get(name, ()):
            project.edit(*edit)
        return pool.submit(project.planned, *(("--config", SETTINGS[name]) if name in SETTINGS else ()))

    answers = {name: planned(name) for name in (*EDITS, *SETTINGS)}
    return lambda name: answers[name].result()


def checksums(project):
    """Content of every result but logs and timings."""
    results = project.folder / "results/demo"
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("inpainting", "ct", "tables", "figures")
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


def test_a_changed_comment_or_docstring_makes_nothing_stale(stale):
    assert stale("comments") == set()


def test_a_changed_formula_retrains_exactly_the_models_that_use_it(stale, tables, figures):
    jobs = stale("sparse latents")
    rules = ("train", "evaluate", "aggregate", "localise", "latents", "calibrate")
    assert {job for job in jobs if " " in job} == {
        *(f"{rule} {model}" for rule in rules for model in ("sVAE", "vsPAIR")),
        "study vsPAIR",
        *(f"{rule} {run}" for rule in ("ct_train", "ct_evaluate", "ct_calibrate") for run in SPARSE),
        "ct_latents vsPAIR_sparse variable",
    }
    assert {job for job in jobs if " " not in job} == {*tables, *figures} - {"fig_theory"}


def test_a_formula_of_one_model_retrains_that_model_alone(stale):
    assert {job for job in stale("loss of PAIR") if job.split()[0] in TRAININGS} == {"train PAIR"}


@pytest.mark.parametrize(
    ("change", "method"), [("network of LPD", "LPD"), ("width of LPD", "LPD"), ("strengths of TV", "TV")]
)
def test_a_change_of_one_method_touches_that_method_alone(stale, change, method):
    runs = {f"{rule} {method} {noise}" for rule in ("ct_train", "ct_evaluate") for noise in (0, 10)}
    assert stale(change) == runs | RESULTS_OF_A_METHOD


def test_another_noise_leaves_slices_and_scans_alone(stale):
    assert stale("noise") == {
        *(f"ct_noise {noise}" for noise in (0, 10, "variable")),
        *(f"ct_train {run}" for run in LEARNED),
        *(f"ct_evaluate {run}" for run in (*LEARNED, "FBP 0", "FBP 10")),
        *(f"ct_calibrate {run}" for run in SPARSE),
        "ct_latents vsPAIR_sparse variable",
        *RESULTS_OF_A_METHOD,
        *("table_ct_uq", "fig10", "fig11"),
    }


def test_another_level_is_run_beside_the_others(stale):
    methods = ("LPD", "TV", "UNet", "vsPAIR")
    assert stale("another level") == {
        *("ct_noise 20", *(f"ct_train {method} 20" for method in methods)),
        *(f"ct_evaluate {method} 20" for method in (*methods, "FBP")),
        "ct_calibrate vsPAIR 20",
        *RESULTS_OF_A_METHOD,
        "table_ct_uq",
    }


def test_a_changed_layout_redraws_one_figure(stale):
    assert stale("layout of fig9") == {"fig9"}


def test_a_changed_colour_redraws_one_figure_and_retrains_nothing(project):
    before = checksums(project)
    project.edit("vspair/reporting/maps.py", '"inferno"', '"viridis"')
    assert project.planned() == {"fig3"}
    result = project.snakemake()
    assert result.returncode == 0, result.stdout + result.stderr
    after = checksums(project)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"figures/fig3.png", "figures/fig3.pdf", "figures/fig3.receipt.json"}


def test_a_changed_weight_of_one_model_retrains_that_model_alone(stale):
    assert {job for job in stale("weight of vPAIR") if job.split()[0] in TRAININGS} == {"train vPAIR"}


@pytest.mark.parametrize("study", STUDIES)
def test_a_changed_axis_runs_its_new_runs_and_nothing_else(stale, study):
    jobs = stale(study)
    assert {job for job in jobs if job.startswith("study")} == {
        f"study {model}" for model in (("PAIR", "vsPAIR") if study == "choices" else ("vsPAIR",))
    }
    assert {job for job in jobs if not job.startswith("study")} == STUDIES[study]


def test_a_changed_search_leaves_trainings_and_calibration_alone(stale):
    assert {job.split()[0] for job in stale("search")} == {
        *("localise", "latents", "table5"),
        *("fig4", "fig5", "fig6", "fig8"),
    }


def test_one_figure_needs_only_its_own_models(untouched):
    """Figure 3 shows the probabilistic models, Figure 10 vsPAIR under variable noise; no other is needed."""
    assert untouched.planned("fig3", "fig10") == {
        "pairs",
        "fig3",
        *(f"{rule} {model}" for rule in ("train", "evaluate") for model in PROBABILISTIC),
        *("ct_slices", "ct_block", "ct_pairs", "ct_noise variable"),
        *("ct_train vsPAIR_sparse variable", "ct_evaluate vsPAIR_sparse variable"),
        "fig10",
    }


def test_one_light_table_is_made_without_any_training(untouched):
    result = untouched.snakemake("table8")
    assert result.returncode == 0, result.stdout + result.stderr
    made = sorted(path.name for path in (untouched.folder / "results/demo").iterdir())
    assert made == ["benchmarks", "logs", "tables"]


def counted(project, section, *settings):
    """Jobs of each rule that a dry run of a section plans on a machine without a GPU."""
    arguments = (section, "--resources", "gpu=2", "--dry-run", "--config", *settings)
    result = project.snakemake(*arguments, CUDA_VISIBLE_DEVICES="")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    assert "gpu=1" in text
    rows = re.findall(r"^(\w+) +(\d+)$", text.split("Job stats:")[1], re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule != "total"}


def test_the_papers_inpainting_is_planned_without_gpu_data_or_ct_slices(untouched, papers):
    counts = counted(untouched, "inpainting", *papers())
    assert counts["train"] == counts["evaluate"] == 18
    # Three seeds of the points of hyperprior and lambda3, and of the runs that the grid means for PAIR and for vsPAIR.
    assert counts["study"] == 3 * (2 + 5 + 16 + 8)
    assert counts["download"] == 1
    assert not [rule for rule in counts if "ct" in rule.split("_") or rule in ("fig9", "fig10", "fig11")]


def test_the_papers_ct_is_planned_without_gpu_or_data(untouched, papers):
    """LPD, vsPAIR and U-Net with three seeds at five levels, vsPAIR for variable noise with three; TV and FBP once."""
    assert counted(untouched, "ct", *papers("{download: true}")) == {
        **{"ct_download": 1, "ct_slices": 1, "ct_block": 16, "ct_pairs": 1, "ct_noise": 6},
        **{"ct_train": 3 * 15 + 5 + 3, "ct_evaluate": 3 * 15 + 5 + 5 + 3, "ct_calibrate": 15 + 3, "ct_latents": 1},
        **dict.fromkeys(("table_ct", "table_ct_cost", "table_ct_uq", "fig9", "fig10", "fig11", "fig_ct_noise"), 1),
        "ct": 1,
    }


def test_the_slurm_profile_plans(untouched, papers):
    settings = ("--config", *papers("{download: true}"))
    result = untouched.run("snakemake", "--profile", "profiles/slurm", "--dry-run", *settings)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ct_train" in result.stdout + result.stderr

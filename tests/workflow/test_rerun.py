"""What a change makes stale: exactly what depends on it, as the real Snakemake sees it."""

import hashlib
import re
from functools import cache

import pytest

FRAME = "provenance/recording.py"
PROBABILISTIC = ("vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble")
SPARSE = ("vsPAIR noise0", "vsPAIR noise10", "vsPAIR_sparse variable")
SAMPLED = (*SPARSE, "PhysicalFlow variable")
LEARNED = (*(f"{method} noise{noise}" for method in ("LPD", "TV", "UNet") for noise in (0, 10)), *SAMPLED)
RESULTS_OF_A_METHOD = {"table_ct", "table_ct_cost", "fig9", "fig_ct_noise"}
STUDIES = {
    "hyperprior": {"fig12", "table_fig12"},
    "lambda3": {"fig_lambda3", "table_lambda3"},
    "choices": {"table_choices"},
}
AXES = {
    "hyperprior": "{methods.vsPAIR.alpha0: [1, 64, 2]}",
    "lambda3": "{methods.vsPAIR.weights.lambda3: [0.1, 10, 3]}",
    "choices": "{choices.mapping_gradient: [both, map]}",
}
WORDS = {
    "comments, docstrings, descriptions, log lines, texts of errors, and the frame that records": (
        (
            "vspair/distributions/spike_slab.py",
            "off = 1 - probability",
            "off = 1 - probability  # a remark",
        ),
        (
            "vspair/training/loop.py",
            '"""The one training loop',
            '"""Another docstring. The one training loop',
        ),
        (
            "scripts/train.py",
            '"""Learn one method',
            '"""Now: learn one method',
        ),
        (
            "vspair/training/loop.py",
            'f"training stopped: the term',
            'f"the training stopped: the term',
        ),
        (
            "vspair/provenance/FRAME",
            "found no such file",
            "found none",
        ),
        (
            "vspair/training/loop.py",
            '"%s, epoch %d/%d: %s (%.0f pairs/s)"',
            '"%s: %d of %d: %s (%.0f pairs/s)"',
        ),
        (
            "vspair/models/parts.py",
            '"rho before training"',
            '"rho before the first step"',
        ),
        (
            "vspair/provenance/FRAME",
            "log.setLevel(logging.INFO)",
            "log.setLevel(min(logging.INFO, logging.WARNING))",
        ),
    ),
    "optional settings of a kind and of every training": (
        (
            "vspair/models/vspair/settings.py",
            "    map_gate: Literal",
            '    warm: int = Field(0, description="epochs before rho moves")\n    map_gate: Literal',
        ),
        (
            "vspair/config/training.py",
            "    checkpoint_every:",
            '    patience: int | None = Field(None, description="epochs")\n    checkpoint_every:',
        ),
    ),
}
"""Changes that change no number."""

EDITS = {
    "sparse latents": (
        ("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability"),
    ),
    "loss of PAIR": (
        ("vspair/models/pair/model.py", '"reconstruction": squared_error', '"reconstruction": 1.0 * squared_error'),
    ),
    "network of LPD": (
        ("vspair/networks/unrolled.py", "h = observation.new_zeros", "h = 1.0 * observation.new_zeros"),
    ),
    "layout of fig9": (("vspair/reporting/reconstructions.py", 'va="bottom", fontsize=8', 'va="bottom", fontsize=9'),),
    "scales of tomography": (
        ("vspair/problems/tomography/jobs.py", "found: dict[str, Any] = {", "found: dict[str, Any] = {} | {"),
    ),
    "columns of inpainting": (
        ("vspair/problems/defaults.py", 'return {"label": split.label}', 'return {} | {"label": split.label}'),
    ),
}
SETTINGS = {
    "weight of vPAIR": "inpainting={methods: {vPAIR: {weights: {gamma_y: 0.2}}}}",
    "choice of PAIR": "inpainting={methods: {PAIR: {choices: {mapping_space: latent}}}}",
    "search": "inpainting={evaluation: {localisation: {levels: [-1, 1]}}}",
    **{study: f"inpainting={{studies: {{{study}: {{axes: {axes}}}}}}}" for study, axes in AXES.items()},
    "width of LPD": "tomography={methods: {LPD: {width: 5}}}",
    "strengths of TV": "tomography={methods: {TV: {strengths: [1.0e-3, 1.0e-1]}}}",
    "noise": "tomography={noise: {convention: mean_abs}}",
    "another level": "tomography={noise: {levels: [0, 10, 20]}}",
    "another label": "tomography={methods: {TV: {label: total variation}}}",
}
KIND = {
    "__init__.py": '"""The kind Other."""\n',
    "settings.py": """
from typing import Literal
from vspair.models.method import SquaredError, Trained

class Settings(Trained):
    kind: Literal["Other"]
    weights: SquaredError
""",
    "model.py": "class Other:\n    pass\n",
}
TABLE = """
from pathlib import Path
import pandas as pd
from vspair.provenance import recorded

with recorded(snakemake) as job:
    for path in snakemake.output[:3]:
        Path(path).write_text("row,column,value\\n")
"""


def add_kind(project):
    """A kind of method that no method is of."""
    folder = project.folder / "vspair/models/other"
    folder.mkdir()
    for name, text in KIND.items():
        (folder / name).write_text(text)


def add_table(project):
    """A script and its call."""
    (project.folder / "scripts/table_new.py").write_text(TABLE)
    rules = project.folder / "workflow/rules/inpainting.smk"
    call = 'table("table_new", "inpainting", dict(images=inpainted(EVALUATED, LATENT)))'
    rules.write_text(f"{rules.read_text()}\n\n{call}\n")


ADDITIONS = {"a kind of method": add_kind, "a table": add_table}


@pytest.fixture(scope="module")
def stale(finished, tmp_path_factory):
    """Jobs that each change of a finished run plans."""

    def planned(name):
        project = finished.copy(tmp_path_factory.mktemp("stale") / "project")
        for file, before, after in (EDITS | WORDS).get(name, ()):
            project.edit(file.replace("provenance/FRAME", FRAME), before, after)
        if name in ADDITIONS:
            ADDITIONS[name](project)
        return project.planned(*(("--config", SETTINGS[name]) if name in SETTINGS else ()))

    return cache(planned)


def checksums(project):
    """Content of every result but logs and timings."""
    results = project.folder / "results/demo"
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("inpainting", "tomography", "interventions", "transport", "tables", "figures")
        for path in (results / part).rglob("*")
        if path.is_file()
    }


def test_a_second_run_does_nothing(finished):
    result = finished.snakemake()
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


@pytest.mark.slow
def test_where_data_would_lie_makes_nothing_stale_that_does_not_read_them(finished):
    result = finished.snakemake(VSPAIR_DATA="elsewhere")
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout + result.stderr


@pytest.mark.parametrize("change", WORDS)
def test_what_changes_no_number_makes_nothing_stale(stale, change):
    assert stale(change) == set()


def test_a_kind_of_method_that_is_added_makes_nothing_stale(stale):
    assert stale("a kind of method") == set()


def test_a_table_that_is_added_is_made_and_nothing_else(stale):
    assert stale("a table") == {"table_new"}


def test_a_changed_formula_retrains_exactly_the_methods_that_use_it(stale, tables, figures):
    """All tables and figures but the toy's and, of the siblings, those that show no sparse method."""
    jobs = stale("sparse latents")
    rules = ("train", "evaluate", "aggregate", "localise", "latents", "calibrate", "fix_gates")
    on_methods = {job for job in jobs if " " in job}
    assert on_methods == {
        *(f"{rule} {method} digits" for rule in rules for method in ("sVAE", "vsPAIR", "vsPAIRplus")),
        *("study vsPAIR digits", "study vsPAIRplus digits", "repeat vsPAIR digits", "repeat vsPAIR noise10"),
        *(f"{rule} {run}" for rule in ("train", "evaluate", "calibrate") for run in SPARSE),
        "latents vsPAIR_sparse variable",
    }
    assert len(on_methods) == 35
    of_siblings = {name for name in (*tables, *figures) if name.startswith(("int_", "wae_"))}
    of_the_plane = {"wae_table2", "wae_table3", "wae_table_pair", "wae_fig4", "wae_plane_scores", "train_stack"}
    of_the_paper = {*tables, *figures} - {"fig_theory"} - of_siblings
    assert jobs - on_methods == of_the_paper | of_the_plane | {"int_fig_gates"}


@pytest.mark.parametrize(
    ("change", "trained"),
    [
        ("loss of PAIR", {"PAIR digits"}),
        ("weight of vPAIR", {"vPAIR digits"}),
        pytest.param("choice of PAIR", {"PAIR digits"}, marks=pytest.mark.slow),
        pytest.param("columns of inpainting", set(), marks=pytest.mark.slow),
        ("scales of tomography", {*LEARNED}),
    ],
)
def test_a_change_of_one_kind_or_problem_trains_what_it_reaches(stale, change, trained):
    jobs = stale(change)
    assert {job.removeprefix("train ") for job in jobs if job.startswith("train ")} == trained
    assert jobs


@pytest.mark.parametrize(
    ("change", "method"),
    [
        ("network of LPD", "LPD"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("width of LPD", "LPD"), ("strengths of TV", "TV"))),
    ],
)
def test_a_change_of_one_method_touches_that_method_alone(stale, change, method):
    runs = {f"{rule} {method} noise{noise}" for rule in ("train", "evaluate") for noise in (0, 10)}
    assert stale(change) == runs | RESULTS_OF_A_METHOD


@pytest.mark.slow
def test_another_label_is_shown_and_nothing_is_run_again(stale):
    assert stale("another label") == {
        "table_ct",
        "table_ct_uq",
        "table_ct_cost",
        "table_ct_speed",
        "fig9",
        "fig_ct_noise",
    }


def test_another_noise_leaves_slices_and_scans_alone(stale):
    assert stale("noise") == {
        *(f"scan_noise {noise}" for noise in ("noise0", "noise10", "variable")),
        *(f"train {run}" for run in LEARNED),
        *(f"evaluate {run}" for run in (*LEARNED, "FBP noise0", "FBP noise10")),
        *(f"calibrate {run}" for run in SAMPLED),
        *("latents vsPAIR_sparse variable", "repeat vsPAIR noise10"),
        *RESULTS_OF_A_METHOD,
        *("table_ct_uq", "table_ct_speed", "fig10", "fig11"),
        *("fig_ct_posterior", "fig_ct_reliability", "fig_ct_repeated"),
    }


def test_another_level_is_run_beside_the_others(stale):
    methods = ("LPD", "TV", "UNet", "vsPAIR")
    assert stale("another level") == {
        *("scan_noise noise20", *(f"train {method} noise20" for method in methods)),
        *(f"evaluate {method} noise20" for method in (*methods, "FBP")),
        "calibrate vsPAIR noise20",
        *RESULTS_OF_A_METHOD,
        *("table_ct_uq", "fig_ct_posterior", "table_ct_speed", "fig_ct_reliability"),
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


@pytest.mark.parametrize(
    "study", ["choices", *(pytest.param(name, marks=pytest.mark.slow) for name in STUDIES if name != "choices")]
)
def test_a_changed_axis_runs_its_new_runs_and_nothing_else(stale, study):
    jobs = stale(study)
    assert {job for job in jobs if job.startswith("study")} == {
        f"study {model} digits" for model in (("PAIR", "vsPAIR") if study == "choices" else ("vsPAIR",))
    }
    assert {job for job in jobs if not job.startswith("study")} == STUDIES[study]


@pytest.mark.slow
def test_another_seed_of_a_study_is_run_beside_the_others(finished):
    result = finished.snakemake("--dry-run", "--config", "inpainting={studies: {lambda3: {seeds: [0, 1]}}}")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    jobs = re.findall(r"^rule study:\n(?:    .*\n)*?    wildcards: (.*)$", text, re.MULTILINE)
    assert [wildcards.split("seed=")[1] for wildcards in jobs] == ["1", "1"]
    assert all("study=lambda3" in wildcards for wildcards in jobs)


@pytest.mark.slow
def test_a_changed_search_leaves_trainings_and_calibration_alone(stale):
    assert {job.split()[0] for job in stale("search")} == {
        *("localise", "latents", "table5"),
        *("fig4", "fig5", "fig6", "fig8"),
    }


def test_one_figure_needs_only_its_own_methods(untouched):
    """Figure 3 shows the probabilistic methods, Figure 10 vsPAIR under variable noise; no other is needed."""
    assert untouched.planned("fig3", "fig10") == {
        *("pairs digits", "fig3"),
        *(f"{rule} {method} digits" for rule in ("train", "evaluate") for method in PROBABILISTIC),
        *("scan_slices", "scan_block", "scan_pairs", "scan_noise variable"),
        *("train vsPAIR_sparse variable", "evaluate vsPAIR_sparse variable"),
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


def test_the_papers_inpainting_is_planned_without_gpu_data_or_scan_slices(untouched, papers):
    counts = counted(untouched, "inpainting", *papers())
    assert counts["train"] == counts["evaluate"] == 21
    # Three seeds of the points of hyperprior and lambda3, of the runs that the grid means for PAIR and for vsPAIR, and
    # of each choice alone: two of PAIR, three of sVAE, four of vsPAIR. One of vsPAIR+ with two parts taken away, and
    # of three other methods.
    assert counts["study"] == 3 * (2 + 5 + 16 + 8 + 2 + 3 + 4) + 3 + 3
    assert counts["table_alternatives"] == counts["table_choices"] == 1
    assert counts["download_mnist"] == 1
    assert not [rule for rule in counts if "scan" in rule.split("_") or rule in ("fig9", "fig10", "fig11")]


def test_the_papers_ct_is_planned_without_gpu_or_data(untouched, papers):
    """LPD, vsPAIR, U-Net: three seeds at five levels; vsPAIR and Flow: three for variable noise; TV and FBP: one."""
    assert counted(untouched, "tomography", *papers("{download: true}")) == {
        **{"scan_download": 1, "scan_slices": 1, "scan_block": 16, "scan_pairs": 1, "scan_noise": 6},
        **{"train": 3 * 15 + 5 + 6, "evaluate": 3 * 15 + 5 + 5 + 6, "calibrate": 15 + 6, "latents": 1, "repeat": 5},
        **dict.fromkeys(("table_ct", "table_ct_cost", "table_ct_uq", "fig9", "fig10", "fig11", "fig_ct_noise"), 1),
        **dict.fromkeys(("fig_ct_reliability", "fig_ct_repeated", "fig_ct_posterior", "table_ct_speed"), 1),
        "tomography": 1,
    }


def test_the_slurm_profile_plans(untouched, papers):
    settings = ("--config", *papers("{download: true}"))
    result = untouched.run("snakemake", "--profile", "profiles/slurm", "--dry-run", *settings)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "train" in result.stdout + result.stderr

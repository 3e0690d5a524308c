"""`snakemake determinism` with the real Snakemake: what it says of a sound training, and of two that are not."""

import json
import re

import pandas as pd
import pytest

HOLES = [f"inpainting {method}" for method in ("PAIR", "vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble")]
SCANS = [f"tomography {method}" for method in ("LPD", "vsPAIR", "UNet")]
VARIED = ["tomography PhysicalFlow"]
ROWS = [*HOLES, *SCANS, *VARIED]
STILL = ("PAIR", "Ensemble", "LPD", "UNet")
DRAWING = {row for row in ROWS if row.split()[1] not in STILL}
"""Those whose training draws noise; the others see the same numbers whatever the noise is."""
RUN = "results/demo/determinism/inpainting/PAIR/digits/resumed"


def folder(row):
    """Of a row's trials."""
    data = "digits" if row in HOLES else "variable" if row in VARIED else "noise0"
    return f"{row.replace(' ', '/')}/{data}"


def test_the_check_trains_every_kind_three_times_and_nothing_else(untouched):
    """Needs no finished training, and only those noise data sets that a kind is first run on."""
    result = untouched.snakemake("determinism", "--dry-run")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    counts = dict(re.findall(r"^(\w+) +(\d+)$", text.split("Job stats:")[1], re.MULTILINE))
    data = {"pairs": "1", "scan_slices": "1", "scan_block": "2", "scan_pairs": "1", "scan_noise": "2"}
    assert counts == data | {"determinism_run": str(3 * len(ROWS)), "determinism": "1", "total": str(3 * len(ROWS) + 8)}


def test_it_is_not_part_of_all(untouched):
    assert not [job for job in untouched.planned() if job.startswith("determinism")]


@pytest.mark.slow
def test_a_resumed_run_states_where_it_continued_and_one_that_starts_over_fails(untouched):
    """Trained anew it would end with the same bits, which the comparison could not tell from a resumed run."""
    result = untouched.snakemake(f"{RUN}/run.json")
    assert result.returncode == 0, result.stdout + result.stderr
    log = untouched.folder / "results/demo/logs/determinism/inpainting/PAIR/digits/resumed/run.log"
    assert "PAIR was killed after its first checkpoint\nPAIR continues after epoch 1 of 3\n" in log.read_text()
    receipt = json.loads((untouched.folder / RUN / "run.receipt.json").read_text())
    noted = {subject["name"]: subject.get("annotations") for subject in receipt["subject"]}
    weights = "determinism/inpainting/PAIR/digits/resumed/weights.safetensors"
    assert noted[weights] == {"device": "cpu", "continued_after": 1}
    assert not (untouched.folder / RUN / "checkpoint.safetensors").exists()

    untouched.edit(
        "vspair/training/loop.py",
        "history = checkpoint.restore(model, optimiser) if checkpoint else []",
        "history = []",
    )
    result = untouched.snakemake(f"{RUN}/run.json")
    assert result.returncode != 0
    assert "expected the training of PAIR to continue after epoch 1 of 3, found that it continued after epoch 0" in (
        log.read_text()
    )
    assert not (untouched.folder / RUN / "weights.safetensors").exists()


@pytest.fixture(scope="module")
def prepared(fresh, tmp_path_factory):
    """A clean checkout with the pairs that the check starts from. Not to be changed."""
    project = fresh.copy(tmp_path_factory.mktemp("prepared") / "project")
    finish(
        project,
        "results/demo/inpainting/pairs/digits.safetensors",
        *(f"results/demo/tomography/pairs/{data}.safetensors" for data in ("noise0", "variable")),
    )
    return project


def finish(project, *targets):
    result = project.snakemake(*targets)
    assert result.returncode == 0, result.stdout + result.stderr


def checked(project):
    """The table of a check, row by column, and the text below it."""
    for trial in ("first", "second", "resumed"):
        # One call a trial: each has its own limit of time.
        finish(project, *(f"results/demo/determinism/{folder(row)}/{trial}/run.json" for row in ROWS))
    finish(project, "determinism")
    frame = pd.read_csv(project.folder / "results/demo/tables/determinism.csv")
    text = (project.folder / "results/demo/tables/determinism.md").read_text().strip().splitlines()[-1]
    return frame.pivot(index="row", columns="column", values="value"), text


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_sound_trainings_are_bit_equal(prepared, tmp_path):
    project = prepared.copy(tmp_path / "project")
    table, words = checked(project)
    assert set(table.index) == set(ROWS)
    assert (table == 0).all(axis=None)
    assert words.startswith("3 epochs on cpu, 1 CPU thread(s), float32, torch ")
    for what in ("Trained again", "Killed and resumed"):
        assert f"{what}: bit-equal for {', '.join(ROWS)}" in words
    audit = project.run("vspair", "audit", "results/demo")
    assert audit.returncode == 0, audit.stdout + audit.stderr


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_draw_without_a_seed_is_seen_in_exactly_the_methods_that_draw(prepared, tmp_path):
    project = prepared.copy(tmp_path / "project")
    project.edit(
        "vspair/training/loop.py",
        'steps.noise.manual_seed(derive(seed, "noise", epoch))',
        "steps.noise.seed()",
    )
    table, words = checked(project)
    for trial in ("second", "resumed"):
        differing, distance = table[f"{trial}_differing"], table[f"{trial}_largest_difference"]
        assert set(differing[differing > 0].index) == DRAWING
        assert set(distance[distance > 1e-6].index) == DRAWING
    still = [row for row in ROWS if row.split()[1] in STILL]
    assert f"bit-equal for {', '.join(still)}; " in words
    assert all(re.search(rf"\d+ numbers of {name} differ by up to \d", words) for name in DRAWING)

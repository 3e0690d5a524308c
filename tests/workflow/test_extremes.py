"""Extreme settings that are let through, really planned: no tracebacks, and no path that leaves the results."""

import re

import pytest

EXTREMES = {
    "many seeds": (f"seeds=[{', '.join(map(str, range(90)))}]", "inpainting={compare: [PAIR], studies: {}}"),
    "the largest seed": ("seeds=[4294967295]",),
    "a long name": (
        f"inpainting={{methods: {{{'abcdefgh' * 8}: {{kind: CVAE, channels: [2, 4], latent_x: 3, "
        "weights: {lambda1: 1, gamma_x: 0}}}}",
    ),
    "a label of anything": ('inpainting={methods: {PAIR: {label: "<b>{x}</b> \\n é"}}}',),
    "weights of terabytes": ("inpainting={methods: {vsPAIR: {latent_x: 100000, hidden: 600000}}}",),
    "a study with all the values that it may have": (
        f"inpainting={{studies: {{hyperprior: {{axes: {{methods.vsPAIR.alpha0: [{', '.join(map(str, range(1, 21)))}], "
        "methods.vsPAIR.beta0: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}}}",
    ),
    "a study of another name": (
        "inpainting={studies: {my-sweep_2: {methods: [PAIR], design: each, axes: {training.learning_rate: [1.0e-9]}, "
        "train: 10, test: 2, seeds: [0]}}}",
    ),
    "the smallest noise and most levels": (
        f"tomography={{noise: {{levels: [0.001, {', '.join(map(str, range(90)))}]}}}}",
    ),
    "a block for each slice": ("tomography={data: {blocks: 64}}",),
    "one photon": ("tomography={scan: {photons: 1}}",),
    "a path with spaces and quotes": ("data_dir=/nowhere/it's a $(folder) é", "inpainting={data: {source: digits}}"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXTREMES)
def test_what_is_let_through_can_be_planned(fresh, tmp_path, name):
    project = fresh.copy(tmp_path / "project")
    result = project.snakemake("--dry-run", "--config", *EXTREMES[name])
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    assert "Traceback" not in text
    outputs = re.findall(r"^    output: (.*)$", text, re.MULTILINE)
    assert outputs
    for path in ", ".join(outputs).split(", "):
        assert re.fullmatch(r"results/demo/[\w./,=+-]+", path, re.ASCII), path
        assert ".." not in path.split("/")
        assert max(len(part) for part in path.split("/")) <= 255

"""Bad input: one clear sentence, an exit code other than 0, and nothing half-written."""

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


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("colour=red", "unknown key 'colour'"),
        ("preset=huge", "preset must be one of demo, paper, quick, found 'huge'"),
        ("inpainting={training: {epochs: 0}}", "inpainting.training.epochs: Input should be greater than 0, found '0'"),
        ("inpainting={data: {patch_size: 40}}", "pixels does not fit into an image of 28x28"),
        ("inpainting={data: {source: imagenet}}", "inpainting.data.source"),
        ("inpainting={figures: {examples: [99]}}", "figures.examples names test image 99, but data.test=40"),
        ("inpainting={evaluation: {calibration: {share: 0.1}}}", "but the level 0.95 needs 19"),
        ("inpainting={studies: {lambda3: {train: 900}}}", "studies.lambda3 wants 900 training"),
        ("inpainting={studies: {lambda3: {axes: {models.vsPAIR.colour: [1]}}}}", "'models.vsPAIR.colour'"),
        (
            "inpainting={studies: {lambda3: {models: [vPAIR]}}}",
            "need the model vsPAIR and values on the axes models.vsPAIR",
        ),
        (
            "inpainting={studies: {hyperprior: {axes: {models.vsPAIR.beta0: []}}}}",
            "values on models.vsPAIR.alpha0: change",
        ),
    ],
)
def test_an_impossible_configuration_is_named(untouched, setting, sentence):
    assert sentence in refused(untouched, "--config", setting)


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


def test_a_failing_job_says_one_sentence_and_leaves_nothing(untouched):
    """More pairs than the source has are noticed by the job that makes them."""
    result = untouched.snakemake("--config", "inpainting={data: {train: 5000}}")
    text = result.stdout + result.stderr
    assert result.returncode != 0
    assert "error: 5000 training and 40 test pairs were asked for, but the source has only 1797 images" in text
    assert "Traceback" not in text
    assert list((untouched.folder / "results/demo/inpainting").rglob("*.*")) == []

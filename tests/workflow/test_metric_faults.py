"""Metric files with a fault, met by the real tables and figures: each refuses by file, column and image."""

import pytest

IMAGES = "results/demo/inpainting/evaluations/vsPAIR/digits/seed0/images.csv"
LATENTS = "results/demo/inpainting/localisations/vsPAIR/digits/seed0/localisation.csv"
READERS = ("tables/table_fig7", "figures/fig3", "figures/fig7")


def put(column, value):
    """Another value of image 5."""

    def change(header, lines):
        lines[5][header.index(column)] = value

    return change


FAULTS = {
    "blank": (put("uncertainty", ""), "expected a finite number as uncertainty of image 5 in {}, found nothing"),
    "infinite": (put("mse30", "inf"), "expected a finite number as mse30 of image 5 in {}, found 'inf'"),
    "dropped": (
        lambda header, lines: lines.pop(),
        "expected 40 lines, one for each that was promised in {}, found 39",
    ),
    "twice": (
        lambda header, lines: lines.__setitem__(6, lines[5]),
        "expected the images 0 to 39 one after another in {}, found '5' in place of image 6",
    ),
}


def rewrite(path, change):
    header, *lines = (line.split(",") for line in path.read_text().splitlines())
    change(header, lines)
    path.write_text("\n".join(map(",".join, [header, *lines])) + "\n")


def refused(project, readers, sentence):
    """Whether each of these ends with the sentence, and leaves nothing of its own behind."""
    result = project.snakemake("--keep-going", *(f"results/demo/{reader}.csv" for reader in readers))
    assert result.returncode != 0
    assert "Traceback" not in result.stdout + result.stderr
    for reader in readers:
        assert sentence in (project.folder / f"results/demo/logs/{reader}.log").read_text(), reader
        assert not (project.folder / f"results/demo/{reader}.csv").exists()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_tables_and_figures_refuse_a_file_with_a_fault(project, fault):
    """Pandas would average 39 of 40 images while the caption says all test images."""
    change, sentence = FAULTS[fault]
    rewrite(project.folder / IMAGES, change)
    refused(project, READERS, sentence.format(IMAGES))


@pytest.mark.slow
def test_a_ratio_that_is_missing_alone_is_not_an_image_without_a_latent(project):
    def blank(header, lines):
        row = next(line for line in lines if line[header.index("all_ratio")])
        row[header.index("all_ratio")] = ""

    rewrite(project.folder / LATENTS, blank)
    refused(project, ("tables/table5", "figures/fig8"), "expected a finite number as all_ratio of image ")


@pytest.mark.slow
def test_a_summary_that_was_cut_is_refused(project):
    summary = project.folder / IMAGES.replace("images.csv", "summary.json")
    summary.write_text(summary.read_text()[:-5])
    refused(project, ("tables/table3",), f"expected JSON with mse_to_unit in {IMAGES.replace('images.csv', 'summary')}")

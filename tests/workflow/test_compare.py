"""Parts of a run: what is left out stands in the tables as not run, and what joins later repeats nothing."""

import pandas as pd
import pytest

FEW = "inpainting={compare: [PAIR, vsPAIR]}"
SCANS = "tomography={compare: [FBP, vsPAIR], noise: {levels: [0]}}"


def targets(project, *arguments):
    """Names of all targets that `all` asks for."""
    return {job for job in project.planned(*arguments) if " " not in job}


def test_tables_and_figures_are_made_from_what_was_chosen(untouched):
    jobs = untouched.planned("--config", FEW, SCANS)
    methods = {job.split()[1] for job in jobs if job.startswith(("train ", "evaluate ", "study "))}
    assert methods == {"PAIR", "vsPAIR", "FBP"}
    assert {"table3", "table5", "fig3", "fig6", "table_choices", "fig9"} <= jobs
    # Figures 10 and 11 show the method that is trained on variable noise.
    assert not {"fig10", "fig11"} & jobs


@pytest.mark.slow
def test_what_was_left_out_is_not_run_and_widening_repeats_nothing(untouched):
    project = untouched
    result = project.snakemake("table3", "--config", FEW)
    assert result.returncode == 0, result.stdout + result.stderr
    table = pd.read_csv(project.folder / "results/demo/tables/table3.csv").set_index(["row", "column"])
    verdicts = table["verdict"].dropna()
    assert len(verdicts) == 11
    assert set(verdicts[["sVAE", "vPAIR"]]) == {"not run"}
    assert set(verdicts[["PAIR", "vsPAIR"]]) == {"not comparable"}
    assert project.planned("table3", "--config", "inpainting={compare: [PAIR, vsPAIR, vPAIR]}") == {
        *("train vPAIR digits", "evaluate vPAIR digits", "table3"),
    }
    assert project.planned("table3", "--config", FEW, "seeds=[0, 1]") == {
        *(f"{rule} {method} digits" for rule in ("train", "evaluate") for method in ("PAIR", "vsPAIR")),
        "table3",
    }


@pytest.mark.parametrize(
    ("target", "settings", "sentence"),
    [
        ("fig6", "inpainting={compare: [PAIR]}", "fig6 needs the method vsPAIR, which inpainting.compare leaves out"),
        ("fig3", "inpainting={compare: [PAIR]}", "fig3 needs a probabilistic method, and inpainting.compare has none"),
        ("fig3", "inpainting={compare: [GAN]}", "compare names GAN, the methods are PAIR, vPAIR"),
    ],
)
def test_a_figure_that_cannot_be_made_says_why(untouched, target, settings, sentence):
    result = untouched.snakemake(target, "--config", settings)
    assert result.returncode != 0
    assert sentence in result.stdout + result.stderr

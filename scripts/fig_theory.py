"""Latent maps of the linear-Gaussian problem beside the closed forms of Theorems 1 and 2."""

from pathlib import Path

from vspair.config import Theory
from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.style import save_figure
from vspair.reporting.theory import agreement, read_entries, read_samples, theory_figure

with recorded(snakemake) as job:
    settings = Theory.model_validate(job.configuration["theory"])
    entries = read_entries(snakemake.input.entries, settings.observations, settings.latent_x)
    samples = read_samples(snakemake.input.samples, settings.samples, settings.latent_x)
    summary = agreement(entries, samples)
    with whole(snakemake.output.csv) as temporary:
        summary.to_csv(temporary, index=False, float_format="%.8g")
    inputs = [[snakemake.input.entries, snakemake.input.samples]] * len(summary)
    keys = {"value": "{measure} of the map {objective} (vspair.reporting.theory.agreement)"}
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["objective", "measure"], inputs, keys))
    save_figure(theory_figure(entries, samples), Path(snakemake.output.png).with_suffix(""))
    for line in summary.itertuples():
        job.log.info("%s: %s %.4g", line.objective, line.measure, line.value)

"""Download LoDoPaB-CT with dival."""

from pathlib import Path

from vspair.data.lodopab import download_lodopab

from vspair.provenance import recorded

with recorded(snakemake) as job:
    download_lodopab(Path(snakemake.output.folder))
    job.log.info("LoDoPaB-CT is in %s", snakemake.output.folder)

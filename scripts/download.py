"""Download a data set's raw files with torchvision and check them."""

from pathlib import Path

from vspair.data import download
from vspair.provenance import recorded

with recorded(snakemake) as job:
    download(snakemake.wildcards.source, Path(snakemake.params.evidence["data_dir"]))

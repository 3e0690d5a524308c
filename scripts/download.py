"""Download what is missing of a data set's raw files with torchvision and check them."""

from pathlib import Path

from vspair.data import download
from vspair.data.fetching import write_listing
from vspair.provenance import recorded

with recorded(snakemake) as job:
    folder = Path(snakemake.config["local"]["data_dir"])
    files = download(snakemake.params.source, folder)
    write_listing(snakemake.output.listing, folder, files)

"""Download a data set's raw files with torchvision and check them."""

from pathlib import Path

from vspair.data import download
from vspair.data.sources import FOLDERS
from vspair.provenance import recorded

with recorded(snakemake) as job:
    source = next(source for source, folder in FOLDERS.items() if folder == snakemake.wildcards.folder)
    download(source, Path(snakemake.config["local"]["data_dir"]))

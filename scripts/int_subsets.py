"""Subsets of a source with few classes, for every number of classes and every seed of the data."""

from pathlib import Path

from vspair.data.sources import clean_images
from vspair.data.subsets import draw_subsets, write_subsets
from vspair.problems.interventions.settings import Data
from vspair.provenance import recorded

SHAPE = (28, 28)

with recorded(snakemake) as job:
    data = Data.model_validate(job.configuration["interventions.data"])
    folder = Path(snakemake.config["local"]["data_dir"])
    images, labels = clean_images(snakemake.wildcards.source, folder, SHAPE)
    write_subsets(Path(snakemake.output.subsets), draw_subsets(images, labels, data.classes, data.images, data.seeds))
    job.log.info("%d subsets of %s", len(data.classes) * len(data.seeds), snakemake.wildcards.source)

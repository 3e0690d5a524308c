"""Prepare the pairs of quantity of interest and observation: split, holes, one file."""

from pathlib import Path

from vspair.config import Data
from vspair.data import clean_images, make_pairs, write_pairs
from vspair.provenance import recorded

with recorded(snakemake) as job:
    data = Data.model_validate(job.configuration["inpainting.data"])
    shape = tuple(job.configuration["inpainting.image"])
    images, labels = clean_images(data.source, Path(snakemake.config["local"]["data_dir"]), shape)
    pairs = make_pairs(images, labels, data.train, data.test, data.patches, data.patch_size, data.seed)
    write_pairs(Path(snakemake.output.pairs), pairs)
    job.log.info(
        "%s: %d training and %d test pairs, %.1f %% of the pixels lost",
        data.source,
        len(pairs.train),
        len(pairs.test),
        100 * pairs.train.mask.mean(),
    )

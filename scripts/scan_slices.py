"""Choose CT slices from their source, split by patient."""

import json
from pathlib import Path

import numpy as np

from vspair.data.selection import select, write_selection
from vspair.data.slices import open_slices
from vspair.data.splits import require_enough, split_slices
from vspair.files import require_space, write_text
from vspair.operators import crop_average
from vspair.problems.tomography.scans import ScanSettings
from vspair.provenance import recorded

with recorded(snakemake) as job:
    source, path, train, test, seed = (
        job.configuration[f"tomography.data.{key}"] for key in ("source", "path", "train", "test", "seed")
    )
    scan = ScanSettings.model_validate(job.configuration["tomography.scan"])
    observation = tuple(job.configuration["tomography.observation"])
    slices = open_slices(
        source,
        Path(snakemake.config["local"]["data_dir"]) / path,
        pixels=scan.pixels,
        angles=scan.angles,
        bins=scan.bins,
        count=train + test,
        seed=seed,
    )
    split = split_slices(slices.patients, slices.held_out, train, test, seed)
    if split.sentence:
        job.log.warning(split.sentence)
    require_enough(split, snakemake.config["local"]["slices_needed"])
    size = (len(split.train_index) + len(split.test_index)) * 4 * scan.pixels**2
    require_space(snakemake.output.slices, size, "lower the number of images")
    chosen = select(slices, split, lambda sinograms: crop_average(sinograms, observation, scan.binning))
    write_selection(Path(snakemake.output.slices), chosen)

    def patients(index: np.ndarray, other: str) -> str:
        known = slices.grouped == "patient"
        return f" of {len(np.unique(slices.patients[index]))}{other} patients" if known else ""

    facts = {
        "source": source,
        "train": len(split.train_index),
        "test": len(split.test_index),
        "train_patients": patients(split.train_index, ""),
        "test_patients": patients(split.test_index, " other"),
        "sentence": split.sentence,
    }
    write_text(snakemake.output.split, json.dumps(facts, indent=1) + "\n")
    job.log.info("{source}: {train} training and {test} test slices".format_map(facts))

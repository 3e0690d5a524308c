"""Choose CT slices from their source, split by patient."""

import json
from pathlib import Path

from vspair.data.distinct import split_distinct
from vspair.data.groups import counted
from vspair.data.selection import select, write_selection
from vspair.data.slices import open_slices
from vspair.data.splits import require_enough, require_known, split_slices
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
    job.log.info("%s: %s", source, slices.files)
    for remark in slices.remarks:
        job.log.warning(remark)
    if source == "phantoms":
        # No two of them are alike, and to make all of them once more would take its time.
        split, patients, copies = split_slices(slices.patients, None, train, test, seed), slices.patients, None
    else:
        split, patients, copies = split_distinct(slices, train, test, seed)
    if copies:
        job.log.warning(copies)
    if split.sentence:
        job.log.warning(split.sentence)
    require_enough(split, snakemake.config["local"]["slices_needed"])
    if snakemake.config["local"]["patients_needed"]:
        require_known(patients[split.test_index])
    size = (len(split.train_index) + len(split.test_index)) * 4 * scan.pixels**2
    require_space(snakemake.output.slices, size, "lower the number of images")
    chosen = select(slices, split, lambda sinograms: crop_average(sinograms, observation, scan.binning), patients)
    write_selection(Path(snakemake.output.slices), chosen)

    facts = {
        "source": source,
        "train": len(split.train_index),
        "test": len(split.test_index),
        "train_patients": counted(slices.grouped, patients[split.train_index]),
        "test_patients": counted(slices.grouped, patients[split.test_index], " other"),
        "sentence": split.sentence,
    }
    write_text(snakemake.output.split, json.dumps(facts, indent=1) + "\n")
    job.annotate(snakemake.output.slices, {"files": slices.files})
    job.log.info("{source}: {train} training and {test} test slices".format_map(facts))

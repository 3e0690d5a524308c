"""Scan one block of the chosen slices."""

from pathlib import Path

from vspair.data.blocks import scan_block, write_block
from vspair.data.selection import read_selection
from vspair.devices import configure, lease
from vspair.operators import Scan
from vspair.problems.tomography.scans import ScanSettings
from vspair.provenance import recorded

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    configure(device, snakemake.threads)
    scan = ScanSettings.model_validate(job.configuration["tomography.scan"])
    blocks = job.configuration["tomography.data.blocks"]
    block = scan_block(
        read_selection(Path(snakemake.input.slices), int(snakemake.wildcards.block), blocks),
        Scan(**scan.geometry()),
        tuple(job.configuration["tomography.image"]),
        tuple(job.configuration["tomography.observation"]),
        scan.binning,
        scan.photons,
        job.seed,
        device,
    )
    write_block(Path(snakemake.output.block), block)
    job.log.info("block %s of %d: %d slices", snakemake.wildcards.block, blocks, len(block["index"]))

"""Download LoDoPaB-CT with dival."""

from pathlib import Path

from vspair.data.fetching import put_in_place, write_listing
from vspair.data.lodopab import download_lodopab
from vspair.provenance import recorded

with recorded(snakemake) as job:
    # Behind a link there may be a larger disk. A download that was stopped is not taken for the whole.
    folder = Path(snakemake.params.raw[0]).resolve()
    partial = folder.with_name(f".{folder.name}.partial")
    download_lodopab(partial)
    put_in_place(partial, folder)
    count = write_listing(snakemake.output.listing, folder, (path for path in folder.rglob("*") if path.is_file()))
    job.log.info("LoDoPaB-CT is in %s, %d files", folder, count)

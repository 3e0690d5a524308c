"""Download LoDoPaB-CT with dival."""

import json
from pathlib import Path

from vspair.data.lodopab import download_lodopab
from vspair.files import write_text
from vspair.provenance import recorded

with recorded(snakemake) as job:
    listing = Path(snakemake.output.listing)
    folder = listing.with_name(listing.name.removesuffix(".files.json"))
    download_lodopab(folder)
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.hdf5"))}
    write_text(listing, json.dumps(sizes, indent=1) + "\n")
    job.log.info("LoDoPaB-CT is in %s, %d files", folder, len(sizes))

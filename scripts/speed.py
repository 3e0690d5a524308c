"""One benchmark, in a process of its own: what it prints is the result."""

import subprocess
import sys
from pathlib import Path

from vspair.devices import lease
from vspair.errors import VspairError
from vspair.files import write_text
from vspair.provenance import recorded

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]):
    command = [sys.executable, *map(str, snakemake.params.command)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=Path(local["root"]))
    if done.returncode:
        raise VspairError(
            f"expected {' '.join(command[1:])} to end well, found status {done.returncode}: see the lines above"
        )
    job.log.info("%s", done.stdout.rstrip())
    write_text(snakemake.output.printed, done.stdout)

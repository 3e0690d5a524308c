"""`python -m vspair debug FILE`: run the script behind one file in this process, for a debugger to step through.

`python -m pdb -m vspair debug FILE` stops at breakpoints in script and library, and so does an editor that starts the
module `vspair` with these arguments.
"""

import argparse
import json
import os
import runpy
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vspair.commands.settings import add_config, assigned
from vspair.errors import VspairError
from vspair.printable import tell

if TYPE_CHECKING:
    from snakemake.iocontainers import Snakemake
    from snakemake.jobs import Job

RESULTS = "results"


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("debug", help="run the script behind one file in this process, for a debugger")
    command.add_argument("file", help="an output of the job, such as results/demo/tables/table3.csv")
    command.add_argument("--into", help="folder for what the script writes (by default a new temporary one)")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Plan the job, give its script the object `snakemake` that the workflow would, and run it.

    What it writes goes into another folder: what a person has stepped through vouches for nothing.
    """
    from vspair.commands.planning import maker, planned

    file = os.path.relpath(Path(options.file).absolute(), root)
    folder = Path(options.into or tempfile.mkdtemp(prefix="vspair-debug-")).absolute()
    settings = {"preset": _preset(file), **assigned(options.config)}
    with planned(root, settings, (file,), cores=len(os.sched_getaffinity(0))) as workflow:
        job = maker(workflow, file)
        _require_inputs(job, settings)
        script, given = job.rule.script, _given(job, workflow.globals["config"], folder)
    tell(f"debug: {job.rule.name} with {script}, which writes into {folder}")
    here = Path.cwd()
    os.chdir(root)
    try:
        runpy.run_path(script, {"snakemake": given}, run_name="__main__")
    finally:
        os.chdir(here)
    tell(f"debug: {folder / file}")
    return 0


def _preset(file: str) -> str:
    """The preset whose results a file belongs to; the workflow's own for a file elsewhere."""
    parts = Path(file).parts
    return parts[1] if len(parts) > 2 and parts[0] == RESULTS else "demo"


def _require_inputs(job: "Job", settings: Mapping[str, object]) -> None:
    absent = [str(path) for path in job.input if not Path(path).exists()]
    if not absent:
        return
    config = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]
    raise VspairError(
        f"expected the inputs of {job.rule.name}, found no {', '.join(absent[:3])}{' ...' if absent[3:] else ''}: make "
        f"them with {shlex.join(['snakemake', '--cores', '2', *absent, '--config', *config])}"
    )


def _given(job: "Job", config: dict, folder: Path) -> "Snakemake":
    """The object `snakemake` of a job, but for where its outputs and its log are."""
    from snakemake.iocontainers import Log, OutputFiles, Snakemake

    def moved(path: object) -> str:
        place = folder / str(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        return str(place)

    output = OutputFiles(toclone=job.output, custom_map=moved)
    log = Log(toclone=job.log, custom_map=moved)
    return Snakemake(
        job.input,
        output,
        job.params,
        job.wildcards,
        job.threads,
        job.resources,
        log,
        config,
        job.rule.name,
        bench_iteration=None,
        scriptdir=str(Path(job.rule.script).parent),
    )

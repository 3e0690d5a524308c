"""Which jobs a run has, asked of Snakemake itself, so that no second list of rules exists."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.forecast.laws import Law, read_laws

ONLY_PLANNED = "only_planned"
"""Setting of the workflow for plans by which nothing runs: what is not here is planned as if it came."""

_RESULTS = "results/"
_MODULE = "vspair.provenance.forecast.listing"


@dataclass(frozen=True)
class Task:
    """One job of a plan.

    Attributes:
        rule: its rule.
        wildcards: the rule's wildcards and their values.
        threads: its CPU threads.
        gpu: places on GPUs that it takes.
        before: positions in the plan of the jobs whose outputs it reads.
    """

    rule: str
    wildcards: Mapping[str, str]
    threads: int = 1
    gpu: int = 0
    before: tuple[int, ...] = ()


def plan(
    root: Path, settings: Mapping[str, object], targets: Sequence[str] = (), cores: int = 1
) -> tuple[list[Task], dict[str, Law], list[str]]:
    """All jobs of the workflow's targets, also those whose results are there, each rule's cost law, what is absent.

    They come from a dry run of Snakemake, so that they stand in the rules alone. Raw data that are not here, of those
    that the targets need, are planned as if they came.

    Args:
        root: the project's root.
        settings: the workflow's settings, `preset` among them.
        targets: rules or files; without any, the workflow's default.
        cores: CPU cores; no job is given more.

    Raises:
        VspairError: Snakemake refuses the plan, with its own words.
    """
    jobs, laws = listed(root, settings, targets, cores)
    makers = {name: number for number, job in enumerate(jobs) for name in job["output"]}
    tasks = [
        Task(
            rule=job["rule"],
            wildcards=job["wildcards"],
            threads=job["threads"],
            gpu=job["gpu"],
            before=tuple(sorted({makers[name] for name in job["input"] if name in makers})),
        )
        for job in jobs
    ]
    absent = [name for job in jobs for name in job["output"] if not name.startswith(_RESULTS)]
    return tasks, laws, absent


def listed(
    root: Path, settings: Mapping[str, object], targets: Sequence[str] = (), cores: int = 1
) -> tuple[list[dict], dict[str, Law]]:
    """The same jobs with their files, and the laws.

    Of a job: `rule`, `wildcards`, `threads`, `gpu`, and lists of paths relative to the root, `input`, `output`, `log`
    and `benchmark`.

    Raises:
        VspairError: as for `plan`.
    """
    with tempfile.TemporaryDirectory(prefix="vspair-") as folder:
        file, costs = Path(folder) / "jobs.json", Path(folder) / "costs.json"
        values = [*assignments({**settings, ONLY_PLANNED: True}), f"costs_file={costs}"]
        options = ["--dry-run", "--forceall", "--nolock", "--cores", str(cores), "--config", *values, "--", *targets]
        command = [sys.executable, "-m", _MODULE, str(file), *options]
        # A dry run draws on one core at most, and this one shares the machine with the run that it plans.
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        if done.returncode or not file.is_file():
            words = " ".join(f"{done.stdout}\n{done.stderr}".split())
            raise VspairError(f"expected a plan from a dry run of Snakemake, found that it refuses; mend this: {words}")
        return json.loads(file.read_text(encoding="utf-8")), read_laws(costs)


def assignments(settings: Mapping[str, object]) -> list[str]:
    """Settings as Snakemake's option `--config` takes them."""
    return [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]

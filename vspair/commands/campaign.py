"""`python -m vspair campaign NAME`: the steps of a campaign one after another, as far as the time reaches."""

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from vspair.commands.interrupting import KilledError, run_for
from vspair.commands.progress import ENDED, Progress
from vspair.commands.settings import add_config, assigned, resolved
from vspair.config.campaign import Campaign, Step
from vspair.config.merging import merge
from vspair.config.plain import require_plain
from vspair.errors import VspairError
from vspair.printable import tell
from vspair.problems.faults import sentences
from vspair.yaml_text import parse_yaml

FOLDER = "config/campaigns"
LONGEST = 1e9
"""Seconds, some thirty years: more than a system call takes."""

FAILED, TIME_OVER, INTERRUPTED = 1, 3, 130
"""Exit codes: a step failed; all went well as far as the time reached; the user interrupted it."""


@dataclass(frozen=True)
class Planned:
    """A campaign with what the command line says about it."""

    name: str
    preset: str
    steps: tuple[Step, ...]
    settings: dict[str, dict[str, Any]]
    jobs_per_gpu: int
    cores: int
    gpus: int

    def asked(self, step: Step) -> list[str]:
        """Targets and settings of a step, as Snakemake's command line has them."""
        given = {"preset": self.preset, **self.settings[step.name]}
        return [*step.targets, "--config", *(f"{key}={_word(value)}" for key, value in given.items())]

    def command(self, step: Step, *more: str) -> list[str]:
        """The whole call of Snakemake that makes a step: what the first target needs goes before the rest."""
        places = self.gpus * self.jobs_per_gpu
        first = ["--prioritize", step.targets[0], "--scheduler-greediness", "1"]
        asked = [*self.asked(step), f"jobs_per_gpu={self.jobs_per_gpu}"]
        options = ["--cores", str(self.cores), "--resources", f"gpu={places}", "--keep-going"]
        return [sys.executable, "-m", "snakemake", *options, *first, *more, *asked]


def add(commands: argparse._SubParsersAction) -> None:
    """Join the command to the parser."""
    command = commands.add_parser("campaign", help="run prepared steps in order, as far as the time reaches")
    command.add_argument("name", metavar="NAME", help=f"file NAME.yaml in {FOLDER}, or a path to one")
    command.add_argument("--seconds", type=float, help="stop then, keeping what is finished; by default when all is")
    command.add_argument("--preset", help="instead of the campaign's")
    command.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="CPU cores; by default all")
    command.add_argument("--gpus", type=int, default=1, help="GPUs, if the preset uses them (1)")
    command.add_argument("--jobs-per-gpu", type=int, help="jobs side by side on one GPU, instead of the campaign's")
    command.add_argument("--from", dest="start", metavar="STEP", help="begin with this step, whatever has ended before")
    command.add_argument("--list", action="store_true", help="print the steps and how far they have come, run nothing")
    add_config(command)
    command.set_defaults(command=run)


def run(options: argparse.Namespace, root: Path) -> int:
    """Run the steps from the one to go on with, and say how far they have come and how to go on."""
    begun = time.monotonic()
    plan = _planned(options, root)
    asked = {step.name: plan.asked(step) for step in plan.steps}
    progress = Progress(root / "results" / plan.preset, plan.name, asked)
    first = _position(plan, options.start) if options.start else progress.next()
    code = 0
    if not options.list:
        code = _run_steps(plan, first, progress, root, None if options.seconds is None else begun + options.seconds)
    for line in _summary(plan, progress):
        tell(line)
    if progress.next() < len(plan.steps):
        tell(f"go on with: {_again(options)}")
    return code


def _run_steps(plan: Planned, first: int, progress: Progress, root: Path, deadline: float | None) -> int:
    """Run them until the time is over; the command's exit code."""
    failed = False
    for position, step in enumerate(plan.steps[first:], first + 1):
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return TIME_OVER
        command = plan.command(step)
        tell()
        tell(f"=== {plan.name} {position}/{len(plan.steps)}, {step.name}: {step.tells}")
        tell(f"$ {shlex.join(['snakemake', *command[3:]])}")
        sys.stdout.flush()
        progress.begin(step.name)
        try:
            code = run_for(command, root, left)
        except KeyboardInterrupt:
            return INTERRUPTED
        except KilledError:
            print("Snakemake did not end in time and was killed; its lock is lifted now", flush=True)
            run_for(plan.command(step, "--unlock"), root, None)
            return TIME_OVER
        if code is None:
            return TIME_OVER
        progress.end(step.name, "failed" if code else "finished")
        failed = failed or bool(code)
    return FAILED if failed else 0


def _planned(options: argparse.Namespace, root: Path) -> Planned:
    name, campaign = _read(options.name, root)
    jobs_per_gpu = campaign.jobs_per_gpu if options.jobs_per_gpu is None else options.jobs_per_gpu
    seconds = 1 if options.seconds is None else options.seconds
    if options.cores < 1 or options.gpus < 0 or jobs_per_gpu < 1 or not 0 < seconds < LONGEST:
        raise VspairError("expected at least 1 core, 1 job per GPU and some seconds, and no negative GPUs: mend that")
    own = assigned(options.config)
    if said := {"preset", "jobs_per_gpu"} & own.keys():
        raise VspairError(f"expected --{min(said).replace('_', '-')}, found --config {min(said)}=: use the option")
    preset = options.preset or campaign.preset
    settings = {step.name: merge(merge(campaign.config, step.config), own) for step in campaign.steps}
    # All of them now: what is wrong with the last one should not be found after hours.
    for step, given in settings.items():
        try:
            config = resolved(root, preset, [f"{key}={_word(value)}" for key, value in given.items()])
            for problem in config.problems:
                config.require_data(problem)
        except VspairError as error:
            raise VspairError(f"campaign {name}, step {step}: {error}") from None
    return Planned(name, preset, campaign.steps, settings, jobs_per_gpu, options.cores, options.gpus)


def _read(named: str, root: Path) -> tuple[str, Campaign]:
    """Name and steps of a campaign, of the project's or in a file of the user's."""
    path = Path(named) if named.endswith((".yaml", ".yml")) else root / FOLDER / f"{named}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in (root / FOLDER).glob("*.yaml")))
        raise VspairError(f"expected a campaign in {path}, found no file: name one of {there}, or a yaml file")
    try:
        values = parse_yaml(path.read_bytes())
    except yaml.YAMLError as error:
        raise VspairError(f"expected YAML in {path}, found: {' '.join(str(error).split())}") from None
    if not isinstance(values, Mapping):
        raise VspairError(f"expected `preset` and `steps` in {path}, found {type(values).__name__}: write them")
    require_plain(values, f" in {path}")
    try:
        return path.stem, Campaign.model_validate(values)
    except ValidationError as error:
        raise VspairError(f"{path}: {sentences(error, values)}") from None


def _position(plan: Planned, name: str) -> int:
    names = [step.name for step in plan.steps]
    if name not in names:
        raise VspairError(f"expected a step of {plan.name} after --from, found {name!r}: it has {', '.join(names)}")
    return names.index(name)


def _word(value: object) -> str:
    """A setting's value as YAML on one line, as JSON is; a text stands as it is."""
    return value if isinstance(value, str) else json.dumps(value)


def _summary(plan: Planned, progress: Progress) -> list[str]:
    """A line for each step, and its targets below it."""
    lines = ["", f"=== {plan.name}, results/{plan.preset}"]
    for position, step in enumerate(plan.steps):
        state = progress.state(step.name)
        passed = position < progress.next() and state not in ENDED
        lines.append(f"{position + 1} {step.name}: {'changed since, and passed by' if passed else state}")
        if state == "to come":
            continue
        made = progress.made(step.name, step.targets)
        for words, targets in (("made", made.since), ("there from before", made.before), ("not there", made.absent)):
            if targets:
                lines.append(f"    {words}: {' '.join(targets)}")
    failed = [step.name for step in plan.steps if progress.state(step.name) == "failed"]
    if failed:
        lines.append(f"failed: {', '.join(failed)}; the reason stands above and in the logs; again with --from NAME")
    return lines


def _again(options: argparse.Namespace) -> str:
    """The same command, without what chose the first step."""
    words: list[str] = ["python -m vspair campaign", shlex.quote(options.name)]
    for key in ("seconds", "preset", "cores", "gpus", "jobs_per_gpu"):
        if (value := getattr(options, key)) is not None:
            words.append(
                f"--{key.replace('_', '-')} {value:g}" if key == "seconds" else f"--{key.replace('_', '-')} {value}"
            )
    if options.config:
        words.append(shlex.join(["--config", *options.config]))
    return " ".join(words)

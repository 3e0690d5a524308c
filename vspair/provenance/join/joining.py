"""Join finished jobs of one run folder into another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.audit.findings import Configuration
from vspair.provenance.join.choosing import Choice, choose
from vspair.provenance.join.marking import mark, require_unlocked
from vspair.provenance.join.moving import Load, copied, load_of, moments, put, set_times
from vspair.provenance.join.planned import Planned, planned
from vspair.provenance.join.sides import Home, source
from vspair.provenance.receipt.worktree import commit
from vspair.provenance.run.chain import Run
from vspair.provenance.run.joined import write_joined

RESULTS = "results"


@dataclass(frozen=True)
class Outcome:
    """What a join did, or would do.

    Attributes:
        choice: the jobs.
        load: the files.
        wanted: names of files that stayed behind though jobs that are still to be made read them. Snakemake would make
            them anew for these, and then all that was made from them.
    """

    choice: Choice
    load: Load
    wanted: list[str]


def join(
    source_folder: Path | str,
    folder: Path | str,
    root: Path,
    settings: Mapping[str, object],
    configuration: Configuration,
    data: Path,
    *,
    dry_run: bool = False,
    plan: Callable[..., dict[str, Planned]] = planned,
    note: Callable[..., None] = mark,
) -> Outcome:
    """Take finished jobs of the same commit and configuration into a run folder, so that the workflow goes on there.

    All is checked before anything is written; a join that was killed is mended by running it again.

    Args:
        source_folder: a run folder of another machine or checkout, or a bundle.
        folder: the run folder `results/<preset>` of this project, which may not exist yet.
        root: the project's root.
        settings: those that the workflow is given here, `preset` among them.
        configuration: value now of a dotted key.
        data: the data folder.
        dry_run: write nothing.
        plan: finds the jobs that the workflow plans (see `planned`).
        note: lets the workflow note jobs as finished (see `mark`).

    Raises:
        VspairError: the folder is not one of this project, Snakemake is at work in it, there is nothing to take, or
            something is damaged, edited, or differs between the two sides.
    """
    root = Path(root).resolve()
    into = Path(folder).resolve()
    preset = str(settings["preset"])
    if into != (root / RESULTS / preset).resolve():
        raise VspairError(
            f"expected the run folder {root / RESULTS / preset} of this project, found {folder}: name that"
        )
    run = source(source_folder, root, data, preset)
    if run.places.run.is_relative_to(into) or into.is_relative_to(run.places.run):
        raise VspairError(f"expected two run folders, found {run.places.run} and {into}: name another")
    require_unlocked(root)
    home = Home(into, root, data)
    jobs = plan(home.places, settings)
    head = commit(root)[0]
    commits = {sha for sha in (head, *(receipt.commit for receipt in home.receipts.values())) if sha}
    choice = choose(run, home, jobs, configuration, commits)
    if not choice.accepted:
        why = "; ".join(f"{len(passed)} {reason}" for reason, passed in choice.passed.items())
        raise VspairError(
            f"expected jobs in {run.places.run} that the workflow plans here, found {why}: choose seeds, models and "
            "methods with --config as you will for snakemake"
        )
    load = load_of(run, home, choice, jobs)
    if not dry_run:
        below = root / RESULTS / preset
        _move(run, home, choice, load, jobs, lambda names: note(root, [below / name for name in names], settings))
    return Outcome(choice, load, _wanted(home, choice, load, jobs))


def _move(
    run: Run,
    home: Home,
    choice: Choice,
    load: Load,
    jobs: Mapping[str, Planned],
    note: Callable[[list[str]], None],
) -> None:
    with copied(run, home, load) as copies:
        times = moments(home, choice, jobs, load)
        # Before the files come: a job that is there must never lack the record by which a change of it is seen.
        if choice.taken:
            note([receipt.place for receipt in choice.taken])
        put(copies, home, times)
    set_times(home, times)
    there = [receipt for receipt in choice.accepted if receipt.path in choice.there]
    twins = [receipt for receipt in there if receipt.claims != home.receipts[receipt.place].claims]
    write_joined(home.places.run, home.joined.with_more(load.left_behind, [*twins, *run.joined.twins]))


def _wanted(home: Home, choice: Choice, load: Load, jobs: Mapping[str, Planned]) -> list[str]:
    done = {receipt.place for receipt in choice.accepted} | home.receipts.keys()
    inputs = {home.places.name(path) for place, job in jobs.items() if place not in done for path in job.inputs}
    return sorted(inputs & load.left_behind.keys())

"""Which finished jobs a run folder accepts from another, and why it refuses the others."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.audit.chains import mixed_claims, rewritten
from vspair.provenance.audit.findings import Configuration, Finding
from vspair.provenance.audit.jobs import check
from vspair.provenance.join.planned import Planned
from vspair.provenance.join.sides import Home
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run

UNPLANNED = "not planned with these settings"
UPON = "made from what was not taken"
OTHERS = "made from other inputs than are planned here"
OUTCOME = "with another outcome than here"

_BROKEN = ("edited", "dirty tree", "unreceipted")
_DIFFERING = ("stale code", "stale data", "stale configuration", "unknown seed")


@dataclass
class Choice:
    """What a join does with each job of the other folder.

    Attributes:
        accepted: jobs that the run folder has afterwards, each behind those that it was made from.
        there: paths of the receipts of those among them that it had before, with the same outputs.
        passed: why a job is not taken -> such jobs.
    """

    accepted: list[Receipt] = field(default_factory=list)
    there: set[Path] = field(default_factory=set)
    passed: dict[str, list[Receipt]] = field(default_factory=dict)

    @property
    def taken(self) -> list[Receipt]:
        """Jobs that the run folder did not have."""
        return [receipt for receipt in self.accepted if receipt.path not in self.there]


def choose(
    run: Run, home: Home, plan: Mapping[str, Planned], configuration: Configuration, commits: Set[str]
) -> Choice:
    """Sort the jobs of a run into those that a run folder takes, has, and leaves alone.

    A job that differs from what would be made here stops the join. Only when neither it nor any job that was made
    from it draws random numbers (a table, a figure) it is passed by: it is made here in seconds.

    Args:
        run: the folder that jobs come from.
        home: the folder that they come to.
        plan: name of each receipt -> the job that the workflow plans for it there.
        configuration: value now of a dotted key.
        commits: those that a job may have been made at.

    Raises:
        VspairError: a job is of another commit, was made with uncommitted changes, was edited or is not whole, or
            differs in code, configuration, inputs or outputs.
    """
    for finding in (*mixed_claims(run), *rewritten(run)):
        raise VspairError(f"expected a run without contradictions in {run.places.run}, found: {finding.sentence}")
    choice, raw = Choice(), home.inputs()
    order = upstream_first(run)
    heavy = _heavy(run, order)
    kept: set[Path] = set()
    for receipt in order:
        why = UNPLANNED if receipt.place not in plan else ""
        if not why and any(maker.path not in kept for maker in run.upstream(receipt)):
            why = UPON
        if not why:
            findings = check(run, receipt, configuration)
            _believe(run, receipt, findings, commits)
            why, sentence = next(_differences(run, home, plan[receipt.place], receipt, findings, raw), ("", ""))
            if why and receipt.path in heavy:
                raise VspairError(f"{sentence}; nothing was taken")
        if why:
            choice.passed.setdefault(why, []).append(receipt)
            continue
        kept.add(receipt.path)
        choice.accepted.append(receipt)
        if receipt.place in home.receipts:
            choice.there.add(receipt.path)
    return choice


def upstream_first(run: Run) -> list[Receipt]:
    """The receipts of a run, each behind those of its inputs.

    Raises:
        VspairError: jobs are said to have been made from each other.
    """
    known = {receipt.path: receipt for receipt in run.receipts}
    above = {path: [maker.path for maker in run.upstream(receipt)] for path, receipt in known.items()}
    try:
        return [known[path] for path in TopologicalSorter(above).static_order()]
    except ValueError as error:
        raise VspairError(f"expected jobs in an order in {run.places.run}, found a circle: {error}") from error


def _heavy(run: Run, order: list[Receipt]) -> set[Path]:
    """Receipts of jobs that draw random numbers, and of those that such jobs were made from."""
    heavy: set[Path] = set()
    for receipt in reversed(order):
        if receipt.stochastic or receipt.path in heavy:
            heavy.update({receipt.path}, (maker.path for maker in run.upstream(receipt)))
    return heavy


def _believe(run: Run, receipt: Receipt, findings: Iterable[Finding], commits: Set[str]) -> None:
    for finding in findings:
        if finding.word in _BROKEN:
            raise VspairError(
                f"expected finished jobs as they were made in {run.places.run}, found {finding.file} "
                f"({finding.word}): {finding.sentence}"
            )
    if receipt.commit not in commits:
        known = ", ".join(sorted(commit[:12] for commit in commits))
        raise VspairError(
            f"expected jobs of the commit {known}, found {receipt.target} of {str(receipt.commit)[:12]} in "
            f"{run.places.run}: check that commit out here, or make the jobs anew at this one"
        )


def _differences(
    run: Run, home: Home, job: Planned, receipt: Receipt, findings: Iterable[Finding], raw: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """What a job has differently from the one that would be made here: the kind of it, and a sentence."""
    where = f"{receipt.target} in {run.places.run}"
    if not job.reads_as(receipt, home.places):
        wanted = ", ".join(sorted(map(home.places.name, job.inputs)))
        yield OTHERS, f"expected the inputs that the workflow plans here ({wanted}), found {where} made from others"
    for finding in findings:
        if finding.word in _DIFFERING:
            yield finding.word, f"expected what would be made here, found {where} ({finding.word}): {finding.sentence}"
    for name, sha in receipt.inputs.items():
        if raw.get(name, sha) != sha:
            sentence = f"expected {name} as it is here ({raw[name][:12]}), found {where} made from another ({sha[:12]})"
            yield "stale data", sentence
    mine = home.receipts.get(receipt.place)
    if mine is not None and mine.outputs.keys() != receipt.outputs.keys():
        names = ", ".join(mine.outputs)
        yield OUTCOME, f"expected the outputs {names} as here, found {', '.join(receipt.outputs)} with {where}"
    for name, sha in receipt.outputs.items():
        if mine is not None and (mine_sha := mine.outputs.get(name, sha)) != sha:
            here = f"{home.places.run} ({mine_sha[:12]})"
            yield (
                OUTCOME,
                f"expected {name} as it is in {here}, found another ({sha[:12]}) with {where}: keep one of them",
            )
        elif (present := home.digest(name)) not in (None, sha):
            here = home.places.run / name
            yield OUTCOME, f"expected {sha[:12]} or nothing at {here}, found {present[:12]}: move that file away"

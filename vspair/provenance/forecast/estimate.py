"""The forecast of one job from the records of alike ones, and of a whole run from its jobs."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vspair.provenance.forecast.laws import Flat, Law, Quotient
from vspair.provenance.forecast.plan import Task
from vspair.provenance.forecast.records import Record

_OTHER = "no record for "


@dataclass(frozen=True)
class Range:
    """A predicted amount: the expected value and the least and the greatest that the records imply."""

    low: float
    expected: float
    high: float

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __mul__(self, factor: float) -> "Range":
        return Range(self.low * factor, self.expected * factor, self.high * factor)


NOTHING = Range(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Estimate:
    """What the records say about one amount of one job.

    Attributes:
        amount: seconds or bytes; None when it is unknown.
        unit: the part that grows, for a product of 1 of what it grows with.
        records: the records that it stands on.
        reason: why it is unknown.
    """

    amount: Range | None = None
    unit: Range | None = None
    records: tuple[Record, ...] = ()
    reason: str = ""


def predict(
    task: Task, law: Law | None, records: Iterable[Record], settings: Flat, what: str = "time", gpu: bool = False
) -> Estimate:
    """The time (s) or size (bytes) of a job: u q + s, with q what it grows with and u_i = t_i / q_i of each record i.

    t_i is what the job's work took, and s the mean time that it took to start it (0 for a size). u is the median over
    the records whose q_i is nearest to q; the range goes from the least to the greatest u_i and s_i.

    Args:
        task: the job.
        law: its rule's cost law; None when there is none.
        records: of all rules.
        settings: of the run that is forecast, as flat dotted keys.
        what: `time` or `size`; the size does not depend on where a job runs.
        gpu: whether the job runs on a GPU.
    """
    if law is None:
        return Estimate(reason="no cost law for this rule")
    quotient = law.time if what == "time" else law.size
    quantity = law.quantity(quotient, settings, task.wildcards)
    if quantity is None:
        return Estimate(reason="the settings do not say how much there is to do")
    chosen, reasons = [], []
    for record in records:
        if record.rule == task.rule:
            unit, reason = _unit(task, law, record, settings, what, gpu, quotient)
            reasons.append(reason)
            if unit is not None:
                chosen.append((unit, abs(math.log(unit[1] / quantity)), record))
    if not chosen:
        return Estimate(reason=_commonest(reasons) or "no record")
    units = [unit for (unit, _), _, _ in chosen]
    nearest = min(distance for _, distance, _ in chosen)
    usual = statistics.median(unit for (unit, _), distance, _ in chosen if distance <= nearest + 1e-9)
    unit = Range(min(units), usual, max(units))
    starts = [record.start for _, _, record in chosen] if what == "time" else [0.0]
    start = Range(min(starts), statistics.median(starts), max(starts))
    return Estimate(unit * quantity + start, unit, tuple(record for _, _, record in chosen))


def estimate(
    tasks: Sequence[Task], laws: Mapping[str, Law], records: Sequence[Record], settings: Flat, what: str = "time"
) -> list[Estimate]:
    """`predict` for every job, with the law of its rule."""
    by_rule: dict[str, list[Record]] = {}
    for record in records:
        by_rule.setdefault(record.rule, []).append(record)
    return [
        predict(task, laws.get(task.rule), by_rule.get(task.rule, ()), settings, what, task.gpu > 0) for task in tasks
    ]


def _unit(
    task: Task, law: Law, record: Record, settings: Flat, what: str, gpu: bool, quotient: Quotient
) -> tuple[tuple[float, float] | None, str]:
    """A record's amount for a product of 1 and its product, or None and why it says nothing about the job."""
    amount = record.seconds if what == "time" else record.size
    quantity = law.quantity(quotient, record.known, task.wildcards)
    elsewhere = _elsewhere(task, record, gpu) if what == "time" else None
    for name in law.per:
        if record.wildcards.get(name) != task.wildcards.get(name):
            return None, f"{_OTHER}{name} {task.wildcards.get(name)}"
    if reason := elsewhere or law.difference(record.read, record.known, settings, task.wildcards):
        return None, reason
    if amount is None or quantity is None or not math.isfinite(amount / quantity):
        return None, "the recorded files are not there" if amount is None else "the records do not say how much it was"
    return (amount / quantity, quantity), ""


def _elsewhere(task: Task, record: Record, gpu: bool) -> str | None:
    if (record.gpu is not None) != gpu:
        return "no record on a GPU" if gpu else "no record on a CPU"
    return None if gpu or record.threads == task.threads else f"no record with {task.threads} threads"


def _commonest(reasons: Sequence[str]) -> str:
    # A record of another model says less than one that agrees in everything but one setting.
    told = [reason for reason in reasons if not reason.startswith(_OTHER)] or list(reasons)
    return max(sorted(set(told)), key=told.count, default="")

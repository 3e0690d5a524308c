"""A forecast as plain values: one entry for each rule, and the totals of the whole run."""

from collections import Counter
from collections.abc import Sequence

from vspair.provenance.forecast.estimate import NOTHING, Estimate, Range
from vspair.provenance.forecast.plan import Task
from vspair.provenance.forecast.schedule import Work, bound, schedule

_HOUR = 3600.0


def summary(
    tasks: Sequence[Task],
    times: Sequence[Estimate],
    sizes: Sequence[Estimate],
    cores: int,
    gpus: int,
    jobs_per_gpu: int = 1,
) -> dict:
    """The forecast of a run, as JSON values.

    Args:
        tasks: its jobs.
        times: of each job, in seconds.
        sizes: of each job's files, in bytes.
        cores: CPU cores of the machine.
        gpus: its GPUs.
        jobs_per_gpu: jobs that share a GPU.

    Returns:
        `jobs`, `single` (jobs that stand on one record and so have no range), `rules` (name, jobs, known, seconds,
        unit, records, machines, reasons, bytes), and `gpu_hours`, `cpu_core_hours`, `wall_hours`, `bytes`: each a dict
        with `range` ([low, expected, high] of what is known, or None) and `unknown` (rule -> jobs without a record).
    """
    numbers: dict[str, list[int]] = {}
    for number, task in enumerate(tasks):
        numbers.setdefault(task.rule, []).append(number)
    on_gpu = [number for number, task in enumerate(tasks) if task.gpu]
    everything = list(range(len(tasks)))
    return {
        "jobs": len(tasks),
        "single": sum(len(found.records) == 1 for found in times),
        "cores": cores,
        "gpus": gpus,
        "jobs_per_gpu": jobs_per_gpu,
        "rules": [
            _rule(rule, [tasks[i] for i in chosen], [times[i] for i in chosen], [sizes[i] for i in chosen])
            for rule, chosen in numbers.items()
        ],
        "gpu_hours": _total(tasks, times, on_gpu, [tasks[i].gpu / jobs_per_gpu / _HOUR for i in on_gpu]),
        "cpu_core_hours": _total(tasks, times, everything, [task.threads / _HOUR for task in tasks]),
        "wall_hours": _wall(tasks, times, cores, gpus * jobs_per_gpu),
        "bytes": _total(tasks, sizes, everything, [1.0] * len(tasks)),
    }


def _rule(rule: str, tasks: Sequence[Task], times: Sequence[Estimate], sizes: Sequence[Estimate]) -> dict:
    records = {id(record): record for found in times for record in found.records}.values()
    size_records = {id(record): record for found in sizes for record in found.records}.values()
    return {
        "name": rule,
        "jobs": len(tasks),
        "gpu": any(task.gpu for task in tasks),
        "known": sum(found.amount is not None for found in times),
        "seconds": _sum([found.amount for found in times]),
        "unit": _span([found.unit for found in times]),
        "single": all(len(found.records) == 1 for found in times if found.amount is not None),
        "records": len(records),
        "machines": sorted({f"{record.origin} on {record.machine}" for record in records}),
        "reasons": dict(Counter(found.reason for found in times if found.amount is None)),
        "bytes": _sum([found.amount for found in sizes]),
        "sized": sum(found.amount is not None for found in sizes),
        "size_records": len(size_records),
    }


def _total(
    tasks: Sequence[Task], found: Sequence[Estimate], chosen: Sequence[int], weights: Sequence[float]
) -> dict[str, object]:
    known = [found[i].amount * weight for i, weight in zip(chosen, weights, strict=True) if found[i].amount]
    unknown = Counter(tasks[i].rule for i in chosen if found[i].amount is None)
    return {"range": _sum(known) if known or not chosen else None, "unknown": dict(unknown)}


def _wall(tasks: Sequence[Task], times: Sequence[Estimate], cores: int, places: int) -> dict[str, object]:
    """The schedule of the jobs that are known, three times: with the least, the expected and the greatest durations."""
    unknown = Counter(task.rule for task, found in zip(tasks, times, strict=True) if found.amount is None)
    amounts = [found.amount or NOTHING for found in times]
    answer: dict[str, object] = {"range": None, "least": None, "unknown": dict(unknown)}
    if len(unknown) and not any(found.amount for found in times):
        return answer
    if not places and any(task.gpu for task in tasks):
        return answer | {"unknown": {"no GPU to run on": sum(task.gpu > 0 for task in tasks)}}
    graphs = [
        [Work(seconds, task.threads, task.gpu, task.before) for task, seconds in zip(tasks, durations, strict=True)]
        for durations in zip(*((amount.low, amount.expected, amount.high) for amount in amounts), strict=True)
    ]
    walls = [schedule(graph, cores, places) / _HOUR for graph in graphs]
    return answer | {"range": walls, "least": bound(graphs[1], cores, places) / _HOUR}


def _sum(amounts: Sequence[Range | None]) -> list[float] | None:
    known = [amount for amount in amounts if amount is not None]
    total = sum(known, NOTHING)
    return [total.low, total.expected, total.high] if known or not amounts else None


def _span(units: Sequence[Range | None]) -> list[float] | None:
    known = [unit for unit in units if unit is not None]
    return [min(unit.low for unit in known), max(unit.high for unit in known)] if known else None

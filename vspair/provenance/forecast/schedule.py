"""Wall time of a graph of jobs on a machine with so many cores and places on GPUs."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """One job as a schedule sees it.

    Attributes:
        seconds: how long it takes.
        threads: cores that it takes; more than there are count as all of them.
        gpu: places on GPUs that it takes, likewise.
        before: positions of the jobs that must have ended.
    """

    seconds: float
    threads: int = 1
    gpu: int = 0
    before: tuple[int, ...] = ()


def schedule(jobs: Sequence[Work], cores: int, places: int = 0) -> float:
    """Wall time (s) of a list schedule: as soon as there is room, the ready job with the longest way to go begins.

    Args:
        jobs: the graph.
        cores: CPU cores.
        places: jobs that the GPUs take at once.

    Raises:
        ValueError: a job needs a GPU and there is no place, or jobs wait for each other in a circle.
    """
    if not places and any(job.gpu for job in jobs):
        raise ValueError("jobs on a GPU need at least one place")
    order, later = _order(jobs), _later(jobs)
    way = _ways(jobs, order, later)
    waits = [len(job.before) for job in jobs]
    ready = [(-way[number], number) for number in order if not waits[number]]
    running: list[tuple[float, int, int, int]] = []
    now, core, place = 0.0, cores, places
    while ready or running:
        held = []
        for item in sorted(ready):
            job = jobs[item[1]]
            needs = min(job.threads, cores), min(job.gpu, places)
            if needs[0] <= core and needs[1] <= place:
                core, place = core - needs[0], place - needs[1]
                heapq.heappush(running, (now + job.seconds, item[1], *needs))
            else:
                held.append(item)
        ready = held
        now, number, *freed = heapq.heappop(running)
        core, place = core + freed[0], place + freed[1]
        for following in later[number]:
            waits[following] -= 1
            if not waits[following]:
                ready.append((-way[following], following))
    return now


def bound(jobs: Sequence[Work], cores: int, places: int = 0) -> float:
    """What no schedule beats (s): the longest chain, or all work spread evenly over the cores or the places.

    Arguments and errors are those of `schedule`.
    """
    longest = max(_ways(jobs, _order(jobs), _later(jobs)), default=0.0)
    spread = sum(job.seconds * min(job.threads, cores) for job in jobs) / cores
    shared = sum(job.seconds * min(job.gpu, places) for job in jobs) / places if places else 0.0
    return max(longest, spread, shared)


def _later(jobs: Sequence[Work]) -> list[list[int]]:
    later: list[list[int]] = [[] for _ in jobs]
    for number, job in enumerate(jobs):
        for earlier in job.before:
            later[earlier].append(number)
    return later


def _order(jobs: Sequence[Work]) -> list[int]:
    """Jobs with every job behind those that it waits for."""
    waits, later = [len(job.before) for job in jobs], _later(jobs)
    order = [number for number, count in enumerate(waits) if not count]
    for number in order:
        for following in later[number]:
            waits[following] -= 1
            if not waits[following]:
                order.append(following)
    if len(order) < len(jobs):
        raise ValueError("jobs wait for each other in a circle")
    return order


def _ways(jobs: Sequence[Work], order: Sequence[int], later: Sequence[Sequence[int]]) -> list[float]:
    """Seconds from the beginning of each job to the end of the longest chain that it begins."""
    way = [0.0] * len(jobs)
    for number in reversed(order):
        way[number] = jobs[number].seconds + max((way[following] for following in later[number]), default=0.0)
    return way

"""On what, with what and at what cost the jobs of a run folder ran."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Job = Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """Time of one rule's jobs, or of all.

    Arguments:
        name: of the rule.
        jobs: how many.
        seconds: of all of them together.
        longest: seconds of the longest.
        share: of the time of all jobs.
        evidence: seconds that went into evidence; None where receipts do not say.
        evidence_share: of the time of those of its jobs whose receipts say.
    """

    name: str
    jobs: int
    seconds: float
    longest: float
    share: float
    evidence: float | None
    evidence_share: float | None


def costs(jobs: Sequence[Job]) -> tuple[list[Cost], Cost]:
    """Cost of each rule, the dearest first, and of all jobs together."""
    total = sum(_seconds(jobs))
    rules: dict[str, list[Job]] = {}
    for job in jobs:
        rules.setdefault(job["rule"], []).append(job)
    found = [_cost(rule, members, total) for rule, members in rules.items()]
    return sorted(found, key=lambda cost: (-cost.seconds, cost.name)), _cost("all jobs", jobs, total)


def _cost(name: str, jobs: Sequence[Job], total: float) -> Cost:
    seconds = _seconds(jobs)
    # The share is of jobs that say both; older receipts are silent on evidence.
    known = [job for job in jobs if job.get("evidence_seconds") is not None]
    evidence = sum(job["evidence_seconds"] for job in known) if known else None
    base = sum(_seconds(known))
    return Cost(
        name=name,
        jobs=len(jobs),
        seconds=sum(seconds),
        longest=max(seconds, default=0.0),
        share=sum(seconds) / total if total else 0.0,
        evidence=evidence,
        evidence_share=evidence / base if known and base else None,
    )


def _seconds(jobs: Sequence[Job]) -> list[float]:
    return [job.get("seconds") or 0.0 for job in jobs]


@dataclass(frozen=True)
class Differing:
    """What differs between kinds of something, such as machines or environments.

    Arguments:
        counts: jobs of each kind, the commonest first.
        rows: what the kinds say: name, their values (None where a kind has none), whether they differ.
    """

    counts: list[int]
    rows: list[tuple[str, list[Any], bool]]


def kinds(jobs: Sequence[Job], *keys: str) -> Differing:
    """Distinct values of some facts of jobs, side by side.

    Arguments:
        jobs: as in the ledger.
        keys: of a job; a mapping gives a row for each of its names, anything else one row.
    """
    counts: Counter[str] = Counter()
    for job in jobs:
        facts: dict[str, Any] = {}
        for key in keys:
            value = job.get(key)
            facts |= value if isinstance(value, Mapping) else {key: value}
        counts[json.dumps(facts, sort_keys=True)] += 1
    common = counts.most_common()
    found = [json.loads(text) for text, _ in common]
    names = sorted({name for facts in found for name in facts}, key=str.casefold)
    rows = [(name, [facts.get(name) for facts in found]) for name in names]
    return Differing(
        [count for _, count in common], [(name, values, any(v != values[0] for v in values)) for name, values in rows]
    )


def commits(jobs: Sequence[Job]) -> list[tuple[str | None, bool, int]]:
    """Each commit, whether its tree was not known to be clean, and how many jobs ran with it, the commonest first."""
    counts = Counter((job.get("commit"), job.get("dirty") is not False) for job in jobs)
    return [(commit, dirty, count) for (commit, dirty), count in counts.most_common()]


def span(jobs: Sequence[Job]) -> tuple[str, str]:
    """When the first and the last job began (RFC 3339); empty without any."""
    moments = sorted(job["started"] for job in jobs if job.get("started"))
    return (moments[0], moments[-1]) if moments else ("", "")

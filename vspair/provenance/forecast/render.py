"""A forecast as a table of text for people."""

from collections.abc import Callable, Sequence

_HEAD = ("rule", "jobs", "unit", "total", "range", "disk", "records")


def render(forecast: dict) -> str:
    """Text of a forecast as `summary` gives it: one line per rule, the totals, and what they leave out."""
    rows = [_HEAD, *(_row(rule) for rule in forecast["rules"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]
    machines = sorted({machine for rule in forecast["rules"] for machine in rule["machines"]})
    return "\n".join([*lines, "", *_totals(forecast), "", *_notes(forecast, machines)]) + "\n"


def seconds(value: float) -> str:
    """A duration in the unit that suits it."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size * (2 if size >= 60 else 1):
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.2g} us"


def size(value: float) -> str:
    """A number of bytes in the unit that suits it."""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= one:
            return f"{value / one:.3g} {unit}"
    return f"{value:.0f} B"


def _row(rule: dict) -> tuple[str, ...]:
    disk = size(rule["bytes"][1]) + _part(rule["sized"], rule["jobs"]) if rule["bytes"] else "unknown"
    jobs = f"{rule['jobs']}{' on a GPU' if rule['gpu'] else ''}"
    reasons = "; ".join(sorted(rule["reasons"]))
    if not rule["seconds"]:
        return rule["name"], jobs, "", "unknown", "", disk, reasons
    low, expected, high = rule["seconds"]
    span = "one record: no range" if rule["single"] else f"{seconds(low)} to {seconds(high)}"
    unit = " to ".join(dict.fromkeys(map(seconds, rule["unit"])))
    records = f"{rule['records']}" + (f"; {_missing(rule)} unknown: {reasons}" if reasons else "")
    return rule["name"], jobs, unit, seconds(expected) + _part(rule["known"], rule["jobs"]), span, disk, records


def _part(known: int, jobs: int) -> str:
    return "" if known == jobs else f" for {known} of {jobs}"


def _missing(rule: dict) -> int:
    return rule["jobs"] - rule["known"]


def _totals(forecast: dict) -> list[str]:
    machine = f"{forecast['cores']} cores"
    if forecast["gpus"]:
        machine += f" and {forecast['gpus']} GPU{'s' if forecast['gpus'] > 1 else ''}"
        machine += f" with {forecast['jobs_per_gpu']} jobs each" if forecast["jobs_per_gpu"] > 1 else ""
    wall = forecast["wall_hours"]
    least = f"; no schedule is shorter than {_clock(wall['least'])}" if wall["range"] and not wall["unknown"] else ""
    return [
        f"jobs: {forecast['jobs']}",
        f"GPU hours: {_total(forecast['gpu_hours'], _hours)}",
        f"CPU core hours: {_total(forecast['cpu_core_hours'], _hours)}",
        f"wall time on {machine}: {_total(wall, _clock, 'alone take')}{least}",
        f"disk: {_total(forecast['bytes'], size)}",
    ]


def _total(total: dict, text: Callable[[float], str], verb: str = "add up to") -> str:
    if not total["unknown"] and total["range"]:
        low, expected, high = map(text, total["range"])
        return "none" if not total["range"][1] else expected if low == high else f"{expected} ({low} to {high})"
    without = f"no record for: {', '.join(total['unknown'])}"
    known = f"; the others {verb} {text(total['range'][1])}" if total["range"] and total["range"][1] else ""
    return f"unknown ({without}){known}"


def _hours(value: float) -> str:
    return f"{value:.3g}"


def _clock(value: float) -> str:
    return seconds(value * 3600)


def _notes(forecast: dict, machines: Sequence[str]) -> list[str]:
    told = [f"records: {machine}" for machine in machines] or ["records: none that fits"]
    single = f"; {forecast['single']} of {forecast['jobs']} jobs stand on one record and widen no range"
    return [
        *told,
        "unit: time for a product of 1 of what the rule grows with (config/costs.yaml), over models or methods",
        "range: from the least to the greatest unit among the records" + (single if forecast["single"] else ""),
        "all of it on machines as busy as those were; the wall time is a list schedule, without queue waits",
    ]

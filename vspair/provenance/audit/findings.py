"""The kinds of breaks that an audit tells apart."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Configuration = Mapping[str, object] | Callable[[str], object]

CODES = {
    "missing": 10,
    "edited": 11,
    "stale code": 12,
    "stale data": 13,
    "stale configuration": 14,
    "dirty tree": 15,
    "unknown seed": 16,
    "mixed runs": 17,
    "unreceipted": 18,
    "damaged receipt": 19,
    "stale environment": 21,
    "contradiction": 22,
    "unknown commit": 23,
    "stale record": 24,
    "unvouched": 25,
}
"""The exit code of the command line when a run folder has one kind of break only."""

SEVERAL = 20
"""The exit code when there are several kinds."""


@dataclass(frozen=True, order=True)
class Finding:
    """One break: the file it concerns, its kind (a key of `CODES`), and a sentence that says what to do."""

    file: str
    word: str
    sentence: str


def exit_code(findings: Iterable[Finding]) -> int:
    """0 without findings, the code of their kind when there is one kind, and 20 when there are several."""
    words = {finding.word for finding in findings}
    return SEVERAL if len(words) > 1 else CODES[words.pop()] if words else 0


def value_of(configuration: Configuration, key: str) -> object:
    """The value now of a dotted key; a KeyError or VspairError says that there is none."""
    return configuration(key) if callable(configuration) else configuration[key]

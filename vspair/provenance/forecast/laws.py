"""Cost laws: what the time and the files of a rule's jobs grow with, and what must be alike for a comparison."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import yaml

from vspair.errors import VspairError

_FIELDS = {"per", "time", "size", "alike", "free"}
_ABSENT = object()

Flat = Mapping[str, object]
Quotient = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Law:
    """The cost law of one rule.

    Attributes:
        per: wildcards that a record must share.
        time: factors that a job's time is proportional to, as (multiplied, divided by).
        size: likewise for the size of its outputs.
        alike: dotted keys that must have one value beside those that the job reads by itself.
        free: patterns of dotted keys that change no cost.
    """

    per: tuple[str, ...] = ()
    time: Quotient = ((), ())
    size: Quotient = ((), ())
    alike: tuple[str, ...] = ()
    free: tuple[str, ...] = ()

    def quantity(self, quotient: Quotient, settings: Flat, wildcards: Mapping[str, str]) -> float | None:
        """The product of the factors over that of the divisors; None where it is not known, or beyond numbers."""
        values = [[_value(factor, settings, wildcards) for factor in factors] for factors in quotient]
        if any(value is None or value <= 0 for part in values for value in part):
            return None
        over, under = map(math.prod, values)
        # Each is positive, and yet the product of what a receipt claims may be too small or too large for a float.
        found = over / under if under else math.inf
        return found if found and math.isfinite(found) else None

    def difference(self, read: Mapping[str, object], then: Flat, now: Flat, wildcards: Mapping[str, str]) -> str | None:
        """The first setting that keeps a record from being carried over; None where nothing does.

        What one of the two amounts grows with and the other does not changes only the first.

        Args:
            read: what the recorded job itself read of the configuration, dotted key -> value, which may be nested.
            then: settings of the recorded run.
            now: settings of the forecast run.
            wildcards: of the forecast job.
        """
        named = {key.format(**wildcards) for key in self.alike}
        counted = {key for part in (*self.time, *self.size) for factor in part for key in _keys(factor, wildcards)}
        leaves = {key: value for prefix, tree in read.items() for key, value in flat(tree, prefix).items()}
        # What is new since then below a key that was read, such as a further setting of a model, counts as well.
        new = {key for key in now if key not in leaves and any(key.startswith(f"{prefix}.") for prefix in read)}
        for key in sorted({*leaves, *named, *new}):
            if key in counted or any(fnmatch(key, pattern) for pattern in self.free):
                continue
            old = leaves[key] if key in leaves else _ABSENT if key in new else then.get(key, _ABSENT)
            if old != now.get(key, _ABSENT):
                return f"{key} is {_text(now.get(key, _ABSENT))}, in the records {_text(old)}"
        return None


def read_laws(path: Path) -> dict[str, Law]:
    """Cost laws by rule.

    Args:
        path: YAML with `free`, patterns of keys that change no cost, and `rules`, which gives each rule `per`
            (wildcards), `time` and `size` (lists of factors), `alike` (keys) and `free`. A factor is a sum `a + b` of
            dotted keys or numbers, each with alternatives `a | b`, of which the first that is set counts; a list counts
            by its length; `{wildcard}` stands for its value; a factor `1 / a` divides.

    Raises:
        VspairError: the file is missing or not of this form.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        free, rules = tuple(content["free"]), dict(content["rules"])
        unknown = {key for law in rules.values() for key in law or {}} - _FIELDS
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise VspairError(f"expected cost laws with `free` and `rules` in {path}, found: {error}") from error
    if unknown:
        raise VspairError(f"expected {', '.join(sorted(_FIELDS))} in the laws of {path}, found {sorted(unknown)}")
    return {name: _law(law or {}, free) for name, law in rules.items()}


def flat(tree: object, prefix: str = "") -> dict[str, object]:
    """Nested settings as dotted key -> value; keys that hold dots themselves are joined alike."""
    if not isinstance(tree, Mapping):
        return {prefix: tree}
    found: dict[str, object] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}.{key}" if prefix else str(key))
    return found


def _law(fields: Mapping[str, Sequence[str]], free: tuple[str, ...]) -> Law:
    per, alike, own = (tuple(map(str, fields.get(name) or ())) for name in ("per", "alike", "free"))
    return Law(per, _quotient(fields.get("time") or ()), _quotient(fields.get("size") or ()), alike, (*free, *own))


def _quotient(factors: Sequence[object]) -> Quotient:
    texts = [str(factor).strip().removeprefix("1 ") for factor in factors]
    return tuple(text for text in texts if text[0] != "/"), tuple(text[1:] for text in texts if text[0] == "/")


def _value(factor: str, settings: Flat, wildcards: Mapping[str, str]) -> float | None:
    total = 0.0
    for term in factor.split("+"):
        found = (_number(name.strip().format(**wildcards), settings) for name in term.split("|"))
        value = next((value for value in found if value is not None), None)
        if value is None:
            return None
        total += value
    return total


def _number(name: str, settings: Flat) -> float | None:
    if name.isdecimal():
        return float(name)
    value = settings.get(name)
    if isinstance(value, list | tuple):
        return float(len(value))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _keys(factor: str, wildcards: Mapping[str, str]) -> list[str]:
    return [name.strip().format(**wildcards) for term in factor.split("+") for name in term.split("|")]


def _text(value: object) -> str:
    return "not set" if value is _ABSENT else str(value)

"""Published numbers with their tolerances, and whether a configuration may be compared with them."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vspair.errors import VspairError
from vspair.printable import quoted
from vspair.yaml_text import parse_yaml

LONGEST = 300
"""Characters of a parser's own words in a sentence."""

_UNREADABLE = (OSError, ValueError, OverflowError, KeyError, TypeError, AttributeError, RecursionError)
_PAIRS = [[one, other] for one in (int, float) for other in (int, float)]


@dataclass(frozen=True)
class Published:
    """The published numbers of one table.

    Arguments:
        values: (row, column) -> (number, tolerance), in the order of the paper.
        conditions: dotted configuration key -> the value that the paper used; of a part of the configuration, those
            of its values that matter. `{any_of: [...]}` allows several, where the paper does not say or they are alike.
    """

    values: dict[tuple[str, str], tuple[float, float]]
    conditions: dict[str, Any]

    def obstacle(self, configuration: Mapping[str, Any]) -> str | None:
        """The first condition that a configuration (dotted key -> value) does not meet, in words; None if all hold."""
        for key, wanted in self.conditions.items():
            for path, expected, found in _leaves(key, wanted, configuration[key]):
                allowed = expected["any_of"] if _is_choice(expected) else [expected]
                if found not in allowed:
                    return f"{path} is {found}, the paper's is {' or '.join(map(str, allowed))}"
        return None

    def note(self, configuration: Mapping[str, Any]) -> str | None:
        """Why a configuration is not compared with these numbers, as a sentence; None if it is."""
        obstacle = self.obstacle(configuration)
        return f"Not comparable with the paper: {obstacle}." if obstacle else None


def _leaves(path: str, wanted: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every value that a condition names, with its key and what the configuration has there (None for nothing).

    A mapping of dotted keys is a list of settings, in which one more changes the whole: it is compared as one value.
    """
    if isinstance(wanted, Mapping) and not _is_choice(wanted) and not any("." in key for key in wanted):
        for key, value in wanted.items():
            yield from _leaves(f"{path}.{key}", value, found.get(key) if isinstance(found, Mapping) else None)
    else:
        yield path, wanted, found


def _is_choice(wanted: Any) -> bool:
    return isinstance(wanted, Mapping) and set(wanted) == {"any_of"}


def read_published(path: Path, table: str) -> Published:
    """Read one table's published numbers from a file such as `config/published/vspair.yaml`.

    Raises:
        VspairError: the file is missing, is no YAML, or has no such table of finite numbers, each with a tolerance.
    """
    with _told(path, f"`conditions` and `values` of {table}"):
        entry = _tables(path.read_text(encoding="utf-8"))[table]
        return Published(_values(entry), dict(entry["conditions"]))


def read_values(path: Path, table: str) -> dict[tuple[str, str], tuple[float, float]]:
    """The numbers alone, whatever they depend on: (row, column) -> number and tolerance; none of a table without any.

    Raises:
        VspairError: the file is missing, is no YAML, or what it has of the table are no such numbers.
    """
    with _told(path, f"`values` of {table}"):
        return _values(_tables(path.read_text(encoding="utf-8")).get(table, {"values": {}}))


def published_tables(path: Path) -> tuple[str, ...]:
    """Names of the tables that a file has published numbers of.

    Raises:
        VspairError: the file is missing, or no YAML with a section for each table.
    """
    with _told(path, "a section for each table"):
        return tuple(map(str, _tables(path.read_text(encoding="utf-8")).keys()))


@contextmanager
def _told(path: Path, expected: str) -> Iterator[None]:
    """Turn what is wrong with a file into a sentence."""
    # Here and not above: what only holds published numbers reads no YAML.
    from yaml import YAMLError

    try:
        yield
    except (*_UNREADABLE, YAMLError) as error:
        reason = f"no key {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        found = quoted(reason, LONGEST)
        raise VspairError(f"expected {expected} in {path}, found: {found}; restore the file") from error


def _values(entry: Mapping[str, Any]) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (row, column): _numbers(row, column, pair)
        for row, columns in entry["values"].items()
        for column, pair in columns.items()
    }


def _numbers(row: Any, column: Any, pair: Any) -> tuple[float, float]:
    """A published number and its tolerance, where both can be."""
    named = isinstance(row, str) and isinstance(column, str)
    numbers = isinstance(pair, list) and [type(one) for one in pair] in _PAIRS
    if not (named and numbers and all(map(math.isfinite, pair)) and pair[1] >= 0):
        raise ValueError(f"{pair!r:.60} in row {row!r:.60}, column {column!r:.60}, where [number, tolerance] should be")
    return pair[0], pair[1]


@lru_cache(maxsize=8)
def _tables(text: str) -> dict[str, Any]:
    # By content: the file of a paper is asked for each of its tables.
    return parse_yaml(text)

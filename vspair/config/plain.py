"""What settings may be made of, before anybody merges, validates or prints them."""

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from vspair.errors import VspairError

DEEPEST = 20
"""Sections inside one another."""

MOST = 20_000
"""Values of a whole configuration; what a few anchors of YAML stand for can be any number of them."""

LONGEST_KEY, LONGEST_TEXT = 200, 2_000
"""Characters."""

LARGEST = 2**63
"""Whole numbers are below it, as in every library that reads them."""

_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxtuple = 3, 8, 12, 12
_SHORT.maxstring, _SHORT.maxother = 120, 120


def shown(value: Any) -> str:
    """A value in a sentence: on one line, and cut where it is long."""
    if isinstance(value, int) and abs(value) >= LARGEST:
        # Python refuses to write down a number of more than some thousand digits.
        return f"a whole number of about {int(value.bit_length() * 0.30103) + 1} digits"
    text = _SHORT.repr(value)
    return text if len(text) <= LONGEST_KEY else f"{text[:LONGEST_KEY]}..."


def require_plain(settings: Mapping[Any, Any], where: str = "") -> None:
    """Refuse settings that are not made of sections, lists, texts and numbers, or of too many.

    Arguments:
        settings: nested, as read from YAML or a command line.
        where: what stands behind a key in the sentence, such as ` in config/config.yaml`.

    Raises:
        VspairError: what was found, with its dotted key.
    """
    for count, (path, value) in enumerate(_walk(settings), 1):
        expected = f"expected at most {MOST} values" if count > MOST else _fault(path, value)
        if expected:
            key = ".".join(part if _is_key(part) else shown(part) for part in path[: DEEPEST + 1])
            raise VspairError(f"configuration: {f'{key}: ' if key else ''}{expected}{where}")


def _walk(settings: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value with its path; what stands in several places comes as often, so that the count is that of a copy."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), settings)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, Mapping):
            waiting.extend(((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list | tuple):
            waiting.extend(((*path, str(number)), inner) for number, inner in enumerate(value))


def _is_key(part: Any) -> bool:
    return isinstance(part, str) and 0 < len(part) <= LONGEST_KEY and part.isprintable()


def _fault(path: tuple[Any, ...], value: Any) -> str | None:
    """What was expected of a value and its key, and what was found; None where all is well."""
    if len(path) > DEEPEST:
        return f"expected at most {DEEPEST} sections inside one another, found more: take some away"
    if path and not _is_key(path[-1]):
        return f"expected keys that are words of at most {LONGEST_KEY} printable characters, found {shown(path[-1])}"
    if isinstance(value, bool | float | Mapping | list | tuple) or value is None:
        return None
    if isinstance(value, int):
        return None if abs(value) < LARGEST else f"expected whole numbers below 2^63, found {shown(value)}"
    if isinstance(value, str):
        return _text_fault(value)
    return f"expected a section, a list, a text or a number, found {shown(value)}: write a text in quotes"


def _text_fault(text: str) -> str | None:
    if len(text) > LONGEST_TEXT:
        return f"expected texts of at most {LONGEST_TEXT} characters, found {len(text)}"
    # Half of a surrogate pair can be written to no file, and a control character changes what a terminal shows.
    if wrong := [c for c in text if "\ud800" <= c <= "\udfff" or (ord(c) < 32 and c not in "\n\t") or c == "\x7f"]:
        return f"expected a text without control characters, found {wrong[0]!r}"
    return None

"""What is wrong with a configuration, in sentences."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from vspair.config.plain import shown
from vspair.models.kinds import all_settings

INHERITED = ("training", "choices")
"""Parts of a method that it takes from its problem where it states no other."""

MOST = 8
"""Faults that are told."""

Place = tuple[str | int, ...]


def sentences(error: ValidationError, values: Mapping[str, Any], problems: Sequence[str] = ()) -> str:
    """All faults, each named once by its dotted key, expectation and value, joined by semicolons.

    Arguments:
        error: what pydantic found.
        values: the settings that it looked at, as the user's files state them.
        problems: names of the sections whose methods inherit from them; none where `values` is itself one problem.
    """
    faults = [(_place(fault["loc"], values, problems), fault) for fault in error.errors()]
    telling = [(place, fault) for place, fault in faults if not any(_follows(place, fault, *other) for other in faults)]
    told = list(dict.fromkeys(_sentence(place, fault) for place, fault in telling))
    return "; ".join(told[:MOST]) + (f"; and {len(told) - MOST} more" if len(told) > MOST else "")


def _follows(place: Place, fault: Mapping[str, Any], other: Place, cause: Mapping[str, Any]) -> bool:
    """Whether a fault only follows from another: further inside, or of a value that is there but could not be read.

    What stands in a section that has an impossible name is not told beside the name.
    """
    if _of_a_name(fault) or _of_a_name(cause):
        return not _of_a_name(fault) and place[: len(other)] == other
    if place == other:
        return fault["type"] == "missing" and cause["type"] != "missing"
    return other[: len(place)] == place


def _of_a_name(fault: Mapping[str, Any]) -> bool:
    return fault["loc"][-1:] == ("[key]",)


def _place(found: Place, values: Mapping[str, Any], problems: Sequence[str]) -> Place:
    """Where the user would look for a value that pydantic found somewhere."""
    place = tuple(part for part in found if part != "[key]")
    section, inside = (place[:1], place[1:]) if place[0:1] and place[0] in problems else ((), place)
    if len(inside) > 2 and inside[0] == "methods":
        # Behind a method's name pydantic puts the kind that it took the method for.
        inside = (*inside[:2], *inside[3:])
        stated = values.get(section[0], {}) if section else values
        if inside[2:3] and inside[2] in INHERITED and not _holds(stated, inside):
            inside = inside[2:]
    return (*section, *inside)


def _holds(tree: Any, place: Place) -> bool:
    for part in place:
        if not isinstance(tree, Mapping) or part not in tree:
            return False
        tree = tree[part]
    return True


def _sentence(place: Place, fault: Mapping[str, Any]) -> str:
    key, kind = ".".join(map(str, place)), fault["type"]
    if kind.startswith("union_tag"):
        return (
            f"{key}.kind must be one of {', '.join(sorted(all_settings()))}, found {shown(fault['input'].get('kind'))}"
        )
    if kind == "extra_forbidden":
        return f"unknown key {key!r}"
    if kind == "missing":
        return f"{key!r} is missing"
    found = "" if isinstance(fault["input"], Mapping) else f", found {shown(fault['input'])}"
    return ": ".join(filter(None, [key, f"{_words(fault)}{found}"]))


def _words(fault: Mapping[str, Any]) -> str:
    """What was expected, without the names of Python's types."""
    if fault["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a section with keys of its own"
    if fault["type"] == "tuple_type":
        return "must be a list"
    if fault["type"] == "too_short":
        return f"must have at least {fault['ctx']['min_length']} of them"
    if fault["type"] == "too_long":
        return f"must have at most {fault['ctx']['max_length']} of them"
    if fault["type"] == "string_too_long":
        return f"must have at most {fault['ctx']['max_length']} characters"
    words = fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    # Our own validators quote names as they were given.
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in words)

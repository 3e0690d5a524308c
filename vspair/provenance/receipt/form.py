"""The form that a receipt must have before anything in it is believed."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"

_PREFIX = re.compile(r"^(data|project|external):")


def parsed(text: str) -> object:
    """JSON in which no key stands twice.

    Raises:
        ValueError: it is not JSON, or a key stands twice, of which different readers would take different ones.
    """
    return json.loads(text, object_pairs_hook=_unique)


def fault(statement: object) -> str | None:
    """The first fault of a receipt's form, as `expected ..., found ...`; None when it is well formed."""
    return next(_faults(_STATEMENT, statement, "the receipt"), None) or _inconsistent(statement)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"the key {twice[0]!r} stands there twice")
    return dict(pairs)


def _text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(value: object) -> bool:
    return type(value) is int


def _sha256(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _name(value: object) -> bool:
    """A name of `places`: relative and never upwards."""
    if not _text(value):
        return False
    path = PurePosixPath(_PREFIX.sub("", value))
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _type(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kind)


def _only(wanted: str) -> Callable[[object], bool]:
    return lambda value: value == wanted


# What a value must be: a function; a list of one form, for each item; a dict of forms by key, where `?` marks what may
# be absent or null and `*` stands for every key; and a text that says it to people.
_CELLS = {"*": {"inputs": [(_name, "a file's name")], "key": (_text, "a text"), "statistic?": (_text, "a text")}}
_FILE = {"name": (_name, "a file's name"), "digest": {"sha256": (_sha256, "a SHA-256")}}
_NOTES = {
    "cells?": _CELLS,
    "index?": [(_text, "a text")],
    "published?": (_text, "a text"),
    "comparable?": (_type(bool), "true or false"),
}
_DEPENDENCY = {
    "name": (_name, "a file's name"),
    "digest?": {"*": (_text, "a text")},
    "annotations?": {
        "claims?": (_sha256, "a SHA-256"),
        "script?": (_name, "a file's name"),
        "entries?": [(_text, "a text")],
        "files?": {"*": (_sha256, "a SHA-256")},
        "dirty?": (_type(bool), "true or false"),
    },
}
_STATEMENT = {
    "_type": (_only(STATEMENT_TYPE), STATEMENT_TYPE),
    "predicateType": (_only(PREDICATE_TYPE), PREDICATE_TYPE),
    "subject": [_FILE | {"annotations?": _NOTES}],
    "predicate": {
        "buildDefinition": {
            "buildType": (_text, "a text"),
            "externalParameters": {
                "rule": (_text, "a text"),
                "wildcards": {"*": (_text, "a text")},
                "preset": (_text, "a text"),
                "seed?": (_integer, "a whole number"),
                "stochastic": (_type(bool), "true or false"),
                "configuration": {},
                "target": (_name, "a file's name"),
            },
            "internalParameters": {
                "receipt": (_name, "a file's name"),
                "command": (_text, "a text"),
                "threads?": (_integer, "a whole number"),
                "resources?": {},
            },
            "resolvedDependencies": [_DEPENDENCY],
        },
        "runDetails": {
            "builder": {"id": (_text, "a text"), "version": {"*": (_text, "a text")}},
            "metadata": {"startedOn": (_text, "a text"), "finishedOn": (_text, "a text")},
            "byproducts": [{"name": (_text, "a text"), "annotations": {"seconds?": (_number, "a number")}}],
        },
    },
}


_NAMED = {
    "code": {
        "digest": {"sha256": (_sha256, "a SHA-256")},
        "annotations": {"script": (_name, "a file's name"), "entries": [(_text, "a text")]},
    },
    "source": {"annotations": {}},
    "lock": {"digest": {"sha256": (_sha256, "a SHA-256")}},
}


def _faults(form: object, value: object, place: str) -> Iterator[str]:
    if isinstance(form, dict):
        yield from _faults_of_dict(form, value, place)
    elif isinstance(form, list):
        if not isinstance(value, list):
            yield _sentence("a list", place, value)
        else:
            for index, item in enumerate(value):
                yield from _faults(form[0], item, f"{place}[{index}]")
    elif not form[0](value):
        yield _sentence(form[1], place, value)


def _faults_of_dict(form: dict, value: object, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _sentence("an object", place, value)
        return
    for key, inner in form.items():
        if key == "*":
            for name, item in value.items():
                yield from _faults(inner, item, f"{place}.{name}")
        elif not key.endswith("?"):
            yield from _faults(inner, value.get(key), f"{place}.{key}")
        elif value.get(key[:-1]) is not None:
            yield from _faults(inner, value[key[:-1]], f"{place}.{key[:-1]}")


def _inconsistent(statement: dict) -> str | None:
    """What no single value shows: that files are named once, and that code, source and lock are there."""
    names = [entry["name"] for entry in statement["subject"]]
    dependencies = [entry["name"] for entry in statement["predicate"]["buildDefinition"]["resolvedDependencies"]]
    if not names:
        return "expected an output in the receipt, found none"
    for wanted, form in _NAMED.items():
        if wanted not in dependencies:
            return f"expected a dependency named {wanted} in the receipt, found none"
        index = dependencies.index(wanted)
        entry = statement["predicate"]["buildDefinition"]["resolvedDependencies"][index]
        if (wrong := next(_faults(form, entry, wanted), None)) is not None:
            return wrong
    twice = [name for named in (names, dependencies) for name, count in Counter(named).items() if count > 1]
    return f"expected each file once in the receipt, found {twice[0]} twice" if twice else None


def _sentence(wanted: str, place: str, found: object) -> str:
    return f"expected {wanted} as {place}, found {str(found)[:80]}"

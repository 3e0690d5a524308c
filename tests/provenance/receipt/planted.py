"""Receipts that somebody has planted: each must cost one line of an audit and nothing else."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

Statement = dict
Change = Callable[[Statement], None]


def parts(statement):
    """Definition, details, external and internal parameters of a statement."""
    predicate = statement["predicate"]
    definition = predicate["buildDefinition"]
    return definition, predicate["runDetails"], definition["externalParameters"], definition["internalParameters"]


def dependency(statement, name):
    return next(entry for entry in parts(statement)[0]["resolvedDependencies"] if entry["name"] == name)


def byproduct(statement, name):
    return next(entry for entry in parts(statement)[1]["byproducts"] if entry["name"] == name)


def put(find, key, value) -> Change:
    """Put a value at a key of the part that `find` finds."""
    return lambda statement: find(statement).__setitem__(key, value)


def external(key, value) -> Change:
    return put(lambda statement: parts(statement)[2], key, value)


def internal(key, value) -> Change:
    return put(lambda statement: parts(statement)[3], key, value)


def code(key, value) -> Change:
    return put(lambda statement: dependency(statement, "code")["annotations"], key, value)


def duration(value, name="duration") -> Change:
    return put(lambda statement: byproduct(statement, name)["annotations"], "seconds", value)


def machine(key, value) -> Change:
    return put(lambda statement: byproduct(statement, "machine")["annotations"], key, value)


def moment(key, value) -> Change:
    return put(lambda statement: parts(statement)[1]["metadata"], key, value)


def output(key, value) -> Change:
    return put(lambda statement: statement["subject"][0], key, value)


def raw(key, value) -> Change:
    return put(lambda statement: parts(statement)[0]["resolvedDependencies"][0], key, value)


def cells(value) -> Change:
    return output("annotations", {"cells": value})


def nested(depth):
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


HUGE = 10**400
LONG = "x" * 1_000_000

CHANGES: dict[str, Change] = {
    **{f"{key} of the output is null": output(key, None) for key in ("annotations", "digest", "name")},
    **{f"{key} of an input is null": raw(key, None) for key in ("annotations", "digest")},
    "cells are null": cells(None),
    "the cell's notes are null": cells({"A|error": None}),
    "the source's digest is null": put(lambda s: dependency(s, "source"), "digest", None),
    "files are null": code("files", None),
    "resources are null": internal("resources", None),
    "a duration's annotations are null": put(lambda s: byproduct(s, "duration"), "annotations", None),
    "the machine's annotations are null": put(lambda s: byproduct(s, "machine"), "annotations", None),
    "a lone surrogate as a name": output("name", "count/\ud800.txt"),
    "a lone surrogate in a key": external("configuration", {"training.\udcff": 1}),
    "a lone surrogate in the command": internal("command", "snakemake \udfff"),
    "a seed of 5,000 digits as a wildcard": external("wildcards", {"seed": "7" * 5000}),
    "a wildcard of a million letters": external("wildcards", {"method": LONG}),
    "a seed beyond 64 bits": external("seed", 2**64),
    "a negative seed beyond 64 bits": external("seed", -(2**70)),
    **{
        f"the entry {entry[:20]!r}": code("entries", [entry])
        for entry in (
            "vspair./",
            "vspair./etc",
            "vspair.",
            ".vspair",
            "",
            "vspair:",
            ":double",
            "vspair..numbers",
            "vspair/numbers",
            "vspair.numbers:double:half",
            "vspair.numbers\n",
            "vspair.numbers:",
            "../vspair",
            "vspair.\u202e",
            "v" * 5000,
            "vspair.a b",
            "vspair.numbers:1",
        )
    },
    **{
        f"the script {script[:20]!r}": code("script", script)
        for script in (
            "../train.py",
            "/etc/passwd",
            "scripts//train.py",
            "./scripts/train.py",
            "scripts/",
            "data:train.py",
            "project:scripts/train.py",
            "external:train.py",
            "scripts\\train.py",
            "scripts/train",
            "s" * 300 + ".py",
        )
    },
    **{
        f"{name} of {value}": duration(value, name)
        for name in ("duration", "evidence")
        for value in (
            float("nan"),
            float("inf"),
            -float("inf"),
            -1,
            -1e-9,
            1e300,
            10**12,
            True,
            "1",
        )
    },
    "a duration of 10^400": duration(HUGE),
    "a duration of 10^5000": duration("BIG"),
    **{
        f"the machine's {key} {str(value)[:20]}": machine(key, value)
        for key, value in (
            ("memory", "much"),
            ("memory", -1),
            ("memory", True),
            ("memory", [1]),
            ("memory", 2**64 - 1),
            ("cores", "two"),
            ("cores", -1),
            ("cpu", 3),
            ("cpu", {"name": "x"}),
            ("cpu", LONG),
            ("gpu", ["a"]),
            ("driver", 1),
            ("other", {}),
            ("other", LONG),
        )
    },
    **{f"threads {value}": internal("threads", value) for value in (-1, 0, 1.5, "1", True, 10**9)},
    **{
        f"resources {str(value)[:30]}": internal("resources", value)
        for value in (
            {"gpu": [1]},
            {"gpu": {}},
            {"mem_mb": LONG},
            [],
            "1",
        )
    },
    **{
        f"{key} {value[:30]!r}": moment(key, value)
        for key in ("startedOn", "finishedOn")
        for value in (
            "",
            "yesterday",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-01-01",
            "2026-01-01T00:00:00",
            LONG,
            "2026-13-01T00:00:00Z",
        )
    },
    **{
        f"the name {name[:20]!r}": output("name", name)
        for name in (
            "../n.txt",
            "/etc/passwd",
            "count//n.txt",
            "count/./n.txt",
            "./count/n.txt",
            "count/",
            ".",
            "",
            "n" * 300,
            "a/" * 3000 + "n.txt",
            "count/n\0.txt",
        )
    },
    "an input that leaves the data folder": raw("name", "data:../../etc/passwd"),
    "an input of an absolute path": raw("name", "data:/etc/passwd"),
    "the target leaves the folder": external("target", "../n.txt"),
    "the preset is a million letters": external("preset", LONG),
    "the rule is a million letters": external("rule", LONG),
    "the command is a million letters": internal("command", LONG),
    "a configuration that is nested deeply": external("configuration", {"training.epochs": nested(300)}),
    "parameters that are nested deeply": external("parameters", nested(900)),
    "a setting that is NaN": external("configuration", {"training.epochs": float("nan")}),
    "a setting of 10^400": external("configuration", {"training.epochs": HUGE}),
    "a fact of the machine with a long name": machine(LONG, 1),
    "a resource with a long name": internal("resources", {LONG: 1}),
    "versions that are no texts": put(lambda s: parts(s)[1]["builder"], "version", {"numpy": 2}),
}
"""What a valid receipt is changed into."""


def replaced(old, new):
    return lambda text: text.replace(old, new, 1)


TEXTS: dict[str, Callable[[str], str]] = {
    "an exponent beyond floats": lambda text: text.replace('"seconds": ', '"seconds": 1e400, "was": ', 1),
    "no JSON": lambda text: "no JSON",
    "nothing": lambda text: "",
    "half of it": lambda text: text[: len(text) // 2],
    "brackets without end": lambda text: "[" * 1_000_000,
    "deep objects": lambda text: '{"a":' * 50_000 + "1" + "}" * 50_000,
    "deep within the limits of Python": lambda text: text.replace('"wildcards": {}', f'"x": {"[" * 200}{"]" * 200}'),
    "a key twice": replaced('"rule": ', '"rule": "other", "rule": '),
    "a number of 5,000 digits": replaced('"seed": null', '"seed": ' + "7" * 5000),
    "a list of empty objects": lambda text: "[" + "{}," * 3_000_000 + "{}]",
    "an object with many keys": lambda text: "{" + ",".join(f'"{n}":0' for n in range(800_000)) + "}",
    "many outputs of no form": lambda text: text.replace('"subject": [', '"subject": [' + "1," * 200_000, 1),
    "a list": lambda text: "[]",
    "null": lambda text: "null",
    "more than a receipt can be": lambda text: text + " " * (1 << 25),
    "a byte order mark": lambda text: "\ufeff" + text,
}
"""What a valid receipt's text is changed into."""


def pipe(path: Path) -> Path:
    if not path.exists():
        os.mkfifo(path)
    return path


def plug(path: Path) -> None:
    here = Path.cwd()
    # A socket's path may have about a hundred bytes.
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


THINGS: dict[str, Callable[[Path], None]] = {
    "a FIFO": pipe,
    "a socket": plug,
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a link to a FIFO": lambda path: path.symlink_to(pipe(path.parents[3] / "pipe")),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a folder": lambda path: path.mkdir(),
    "a file of a terabyte": sparse,
    "bytes that are no UTF-8": lambda path: path.write_bytes(b'{"\xff": 1}'),
}
"""What stands in the place of a receipt."""

PLANTED = {**CHANGES, **TEXTS, **THINGS, "a link to a file outside": None}


def plant(path: Path, name: str) -> None:
    """Put one of `PLANTED` in the place of a valid receipt."""
    text = path.read_text()
    if name == "a link to a file outside":
        outside = path.parents[3] / "outside.json"
        path.rename(outside)
        path.symlink_to(outside)
    elif name in THINGS:
        path.unlink()
        THINGS[name](path)
    elif name in TEXTS:
        path.write_text(TEXTS[name](text))
    else:
        statement = json.loads(text)
        CHANGES[name](statement)
        # The writer's own limit on digits is none of the reader's.
        path.write_text(json.dumps(statement).replace('"BIG"', "1" + "0" * 5000))

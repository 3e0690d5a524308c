"""Small damage to small valid files, drawn from a seed: of bytes, of text and of the trees behind JSON."""

import json
import random
import re
from collections.abc import Callable
from typing import Any

NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")
NUMBERS = (
    *(b"0", b"-0.0", b"-1", b"1", b"2", b"1e300", b"1e308", b"-1e308", b"1e400", b"5e-324", b"1e-300", b"0.1"),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616"),
    *(b"1000000000000", b"4294967296", b"65536", b"NaN", b"Infinity", b"-Infinity", b"nan", b".inf", b"inf"),
    *(b"", b"abc", b"1,5", b"1 2", b"true", b"null", b"~", b"0x10", b"1_000", b"9" * 400, b"9" * 5000, b"[]", b"{}"),
)
"""What may stand in the place of a number in a text."""
DEEP = 3000
"""Lists within each other, more than Python's own reader of JSON follows."""
DIGITS = "@digits@"
"""Stands for a number of more digits than Python turns into a text."""
TEXTS = (
    *("", " ", "\x00", "\x1b[2J\x1b[31m", "\u202eevil", "a\nb", "\ud800", "nan", "null", "0" * 64, "|", "%s%n"),
    *(
        "..",
        ".",
        "../../x",
        "/etc/passwd",
        "vspair./",
        "data:x",
        "project:../x",
        "external:",
        "a/b",
        "a\\b",
        "-rf",
        "*",
    ),
    *("<script>alert(1)</script>", "{0}", "$(touch x)", "a" * 300, "x" * 100_000, "é", "e\u0301", "漢字"),
)
"""What may stand in the place of a text in a tree."""
VALUES = (
    *(None, True, False, 0, -1, 1, 2, 0.5, -0.0, 1e300, 5e-324, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, DIGITS),
    *(float("nan"), float("inf"), float("-inf"), [], {}, [[]], [None], {"": None}, {"a": 1}, [0] * 1000),
)
"""What may stand in the place of any value in a tree."""


def flipped(data: bytearray, draw: random.Random) -> str:
    places = [_place(data, draw) for _ in range(draw.choice((1, 1, 1, 2, 8)))]
    for place in places:
        data[place] ^= 1 << draw.randrange(8)
    return f"bits flipped at {places}"


def overwritten(data: bytearray, draw: random.Random) -> str:
    place, value = _place(data, draw), draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
    data[place] = value
    return f"byte {place} set to {value}"


def wide(data: bytearray, draw: random.Random) -> str:
    """A number of 2, 4 or 8 bytes at its extremes, where a format keeps lengths and offsets."""
    place, width = _place(data, draw), draw.choice((2, 4, 8))
    value = draw.choice((0, 1, (1 << 8 * width) - 1, 1 << (8 * width - 1), len(data), len(data) - 1, 1 << (4 * width)))
    data[place : place + width] = (value % (1 << 8 * width)).to_bytes(width, "little")
    return f"{width} bytes at {place} set to {value}"


def truncated(data: bytearray, draw: random.Random) -> str:
    size = draw.choice((0, 1, draw.randrange(len(data)), len(data) - 1))
    del data[size:]
    return f"cut to {size} bytes"


def inserted(data: bytearray, draw: random.Random) -> str:
    place, size = _place(data, draw), draw.choice((1, 2, 4, 17, 512))
    data[place:place] = draw.choice((bytes(size), draw.randbytes(size), b"\xff" * size))
    return f"{size} bytes put in at {place}"


def duplicated(data: bytearray, draw: random.Random) -> str:
    begin, end = _span(data, draw)
    data[begin:begin] = data[begin:end]
    return f"bytes {begin} to {end} there twice"


def swapped(data: bytearray, draw: random.Random) -> str:
    a, b = sorted(draw.randrange(len(data)) for _ in range(2))
    size = min(draw.choice((1, 4, 64, 512)), b - a, len(data) - b)
    data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]
    return f"{size} bytes at {a} and {b} swapped"


def zeroed(data: bytearray, draw: random.Random) -> str:
    begin, end = _span(data, draw)
    data[begin:end] = bytes(end - begin)
    return f"bytes {begin} to {end} zeroed"


def removed(data: bytearray, draw: random.Random) -> str:
    begin, end = _span(data, draw)
    del data[begin:end]
    return f"bytes {begin} to {end} removed"


BYTES = (flipped, flipped, overwritten, wide, truncated, inserted, duplicated, swapped, zeroed, removed)
"""Damage to any file."""


def other_number(data: bytearray, draw: random.Random) -> str:
    found = list(NUMBER.finditer(data))
    if not found:
        return flipped(data, draw)
    number, other = draw.choice(found), draw.choice(NUMBERS)
    begin, end = number.span()
    data[begin:end] = other
    return f"{number[0].decode()} at {begin} replaced by {other[:40].decode()}"


def other_line(data: bytearray, draw: random.Random) -> str:
    """A line removed, repeated, moved, emptied or indented."""
    lines = bytes(data).splitlines(keepends=True)
    place = draw.randrange(len(lines))
    what = draw.choice(("removed", "repeated", "moved", "emptied", "indented", "controlled"))
    line = lines.pop(place)
    if what == "repeated":
        lines[place:place] = [line, line]
    elif what == "moved":
        lines.insert(draw.randrange(len(lines) + 1), line)
    elif what == "emptied":
        lines.insert(place, b"\n")
    elif what == "indented":
        lines.insert(place, b"  " + line)
    elif what == "controlled":
        lines.insert(place, draw.choice((b"\x00", b"\x1b[2J", b"\xff\xfe", b"\r", b'"', b"\xe2\x80\xae")) + line)
    data[:] = b"".join(lines)
    return f"line {place + 1} {what}"


def other_field(data: bytearray, draw: random.Random) -> str:
    """A field of a table emptied, replaced, doubled or left out."""
    lines = bytes(data).split(b"\n")
    row = draw.randrange(max(len(lines) - 1, 1))
    fields = lines[row].split(b",")
    place = draw.randrange(len(fields))
    new = draw.choice(([b""], [draw.choice(NUMBERS)], [fields[place]] * 2, []))
    fields[place : place + 1] = new
    lines[row] = b",".join(fields)
    data[:] = b"\n".join(lines)
    return f"field {place + 1} of line {row + 1} is now {[one[:40].decode() for one in new]}"


TEXT = (other_number, other_number, other_number, other_line)
TABLE = (other_field, other_field, other_field, other_line)


def other_value(data: bytearray, draw: random.Random) -> str:
    """One value of a JSON file replaced, removed, wrapped or repeated."""
    tree = json.loads(data)
    description = change_tree(tree, draw)
    # Lone surrogates as escapes, which is how a file can hold them.
    data[:] = json.dumps(tree, indent=1).replace(f'"{DIGITS}"', "9" * 5000).encode()
    return description


def deepened(data: bytearray, draw: random.Random) -> str:
    """One value wrapped in thousands of lists."""
    found = list(NUMBER.finditer(data)) or list(re.finditer(rb'"[^"]*"', data))
    begin, end = draw.choice(found).span()
    data[begin:end] = b"[" * DEEP + data[begin:end] + b"]" * DEEP
    return f"value at {begin} inside {DEEP} lists"


JSON = (other_value,) * 8 + (other_number, other_line, deepened)


def change_tree(tree: Any, draw: random.Random) -> str:
    """Change one value of a tree of dicts and lists in place."""
    places = list(_places(tree))
    if not places:
        return "nothing to change"
    parent, key = draw.choice(places)
    what = draw.choice(("replaced", "replaced", "replaced", "removed", "wrapped", "renamed", "repeated"))
    if what == "removed":
        del parent[key]
    elif what == "wrapped":
        parent[key] = [parent[key]]
    elif what == "renamed" and isinstance(parent, dict):
        parent[draw.choice(TEXTS)] = parent.pop(key)
    elif what == "repeated" and isinstance(parent, list):
        parent.insert(key, parent[key])
    else:
        parent[key] = draw.choice(VALUES) if draw.random() < 0.6 else draw.choice(TEXTS)
        what = f"replaced by {parent[key]!a:.40}"
    return f"value at {key!a} {what}"


def mutated(content: bytes, draw: random.Random, ways: tuple[Callable, ...]) -> tuple[bytes, str]:
    """Another content, and what was done to it; half of the time one of the general ways is taken."""
    data = bytearray(content)
    way = draw.choice(ways) if ways and draw.random() < 0.65 else draw.choice(BYTES)
    try:
        description = way(data, draw)
    except (ValueError, IndexError, RecursionError):
        # A file that is no JSON or has no lines: any file has bits.
        description = flipped(data, draw) if data else "empty"
    return bytes(data), description


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree: its parent and its key."""
    found = []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += [(tree, key), *_places(value)]
    return found


def _place(data: bytearray, draw: random.Random) -> int:
    """A position, near the beginning half of the time, where formats keep what matters."""
    return draw.randrange(min(len(data), 512) if draw.random() < 0.5 else len(data))


def _span(data: bytearray, draw: random.Random) -> tuple[int, int]:
    begin = _place(data, draw)
    return begin, min(begin + draw.choice((1, 8, 64, 512, len(data))), len(data))

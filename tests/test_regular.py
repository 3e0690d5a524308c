"""Regular files and strict JSON."""

import json
import os
import random

import pytest

from vspair.files import sha256
from vspair.regular import DEPTH, VALUES, content, opened, parsed, text


def test_a_regular_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_text("é")
    assert text(path, 2) == "é"
    with opened(path) as file:
        assert file.read() == "é".encode()
    with pytest.raises(OSError, match="2 bytes, more than the 1"):
        content(path, 1)
    path.write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        text(path, 10)
    with pytest.raises(FileNotFoundError):
        text(tmp_path / "absent", 10)


def test_links_only_where_they_are_wanted(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(OSError, match="a symbolic link in the place of a regular file"):
        content(tmp_path / "link", 10)
    assert content(tmp_path / "link", 10, links=True) == b"a"
    assert sha256(tmp_path / "link") == sha256(tmp_path / "a")


@pytest.mark.parametrize("links", [False, True])
def test_what_waits_or_never_ends_is_refused_at_once(tmp_path, links):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "zero", tmp_path / "loop", "/dev/zero"):
        with pytest.raises(OSError, match=r"in the place of a regular file|[Ll]evels of symbolic links"):
            content(path, 10, links)
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "zero"):
        with pytest.raises(OSError, match="in the place of a regular file"):
            sha256(path)


def test_what_is_exchanged_between_looking_and_opening_is_refused(tmp_path, monkeypatch):
    """A FIFO that stands there by then must not block either, and a link not be followed."""
    good = tmp_path / "good"
    good.write_text("a")
    looked = good.stat()
    monkeypatch.setattr("vspair.regular.os.stat", lambda *_, **__: looked)
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(good)
    for path in (tmp_path / "fifo", tmp_path / "link"):
        with pytest.raises(OSError, match="regular file"):
            content(path, 10)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' stands there twice"),
        ("[NaN]", "NaN, which is no number"),
        ("[-Infinity]", "-Infinity, which is no number"),
        ("[1e400]", "beyond what a float can hold"),
        ("[-1e999999]", "beyond what a float can hold"),
        ("1" + "0" * 400, "beyond 64 bits"),
        (str(2**64), "beyond 64 bits"),
        ("7" * 5000, "beyond 64 bits"),
        (r'["\ud800"]', "half of a surrogate pair"),
        (r'{"\udcff": 1}', "half of a surrogate pair"),
        ("[" * 200 + "]" * 200, "deep"),
        ("[" * 100_000, "deep"),
        ('{"a":' * 100_000, "deep"),
        ("[" + "{}," * VALUES + "{}]", "values, more than"),
        ("", "Expecting value"),
        ("[1] 2", "Extra data"),
        ("\ufeff1", "BOM"),
    ],
)
def test_what_readers_would_read_differently_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parsed(text)


def test_what_all_read_alike_is_read():
    values = {"a": [1, -(2**64) + 1, 1.5, 1e308, 5e-324, None, True, "é\U0001f642"], "b": {}}
    assert parsed(json.dumps(values)) == values
    assert parsed(r'"\ud83d\ude42"') == "\U0001f642"
    deep: object = 1
    for _ in range(DEPTH - 1):
        deep = [deep]
    assert parsed(json.dumps(deep)) == deep


def test_random_damage_gives_a_value_or_a_value_error():
    """Seeded; it would catch another kind of error than readers expect, of any byte anywhere."""
    draw = random.Random(13)
    good = json.dumps({"a": [1, 2.5, "x\u00e9", None], "b": {"c": "\U0001f642"}}).encode()
    for _ in range(2000):
        bad = bytearray(good)
        for _ in range(draw.randint(1, 3)):
            bad[draw.randrange(len(bad))] = draw.randrange(256)
        try:
            parsed(bad.decode("utf-8"))
        except ValueError:
            continue

"""Texts of files as they are shown: nothing that a terminal, a browser or a reader obeys."""

import io
import json
import os
import random
import subprocess
import sys
import unicodedata

import pytest

from vspair.printable import brief, encodable, first_few, json_text, shown, shown_all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tables/table1.csv", "tables/table1.csv"),
        ("Müller, 張, Привет, שלום, 0 ± 1 → ✓ 🙂", "Müller, 張, Привет, שלום, 0 ± 1 → ✓ 🙂"),
        ("\x1b[2K\revery link is still true", "\\x1b[2K\\x0devery link is still true"),
        ("a\nb\tc\0", "a\\x0ab\\x09c\\x00"),
        ("\u202etxt.exe\u202c", "\\u202etxt.exe\\u202c"),
        ("zero\u200bwidth\ufeff\u2060\u00ad", "zero\\u200bwidth\\ufeff\\u2060\\xad"),
        ("\x9b2J\x85", "\\x9b2J\\x85"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\U000e0041\U000e0100", "\\U000e0041\\U000e0100"),
        ("\u3164\u115f\ufe0f", "\\u3164\\u115f\\ufe0f"),
        (os.fsdecode(b"scan\xff\xe9"), "scan\\xff\\xe9"),
        ("\ud800", "\\ud800"),
        (3, "3"),
    ],
)
def test_what_has_no_form_of_its_own_stands_as_its_number(text, expected):
    assert shown(text) == expected


def test_no_character_of_a_kind_that_is_obeyed_gets_through():
    """All of Unicode, against the table of the standard library."""
    found = shown("".join(map(chr, range(sys.maxunicode + 1))))
    assert not {unicodedata.category(letter) for letter in found} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    letters = {chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith("L")}
    assert letters - set(found) == set("\u115f\u1160\u3164\uffa0"), "letters that are drawn as nothing, and no others"


def test_what_is_kept_and_what_is_inside():
    assert shown("ours\nand ours\x1b", keep="\n") == "ours\nand ours\\x1b"
    value = {"a\x1b": ["\u202e", {"b": ("\n", 1, None, True)}]}
    assert shown_all(value) == {"a\\x1b": ["\\u202e", {"b": ["\\x0a", 1, None, True]}]}
    assert brief("x" * 1000, 10) == "xxxxxxxxxx... (1000 characters)"
    assert brief("x" * 10, 10) == "x" * 10


def test_json_is_ascii_and_reads_back_as_it_was_but_for_what_is_no_text():
    r"""A name that is not UTF-8 has its bytes as `\xff`; every other text is whole, whatever a terminal would do."""
    values = {"Müller\u202e\x1b\n": [1.5, None, True, "張🙂"], "n": ("a", "b")}
    text = json_text(values)
    assert text.isascii()
    assert json.loads(text) == values | {"n": ["a", "b"]}
    assert json.loads(json_text(["\udcff.txt", "\ud800"])) == ["\\xff.txt", "\\ud800"]
    with pytest.raises(ValueError, match="JSON"):
        json_text(float("nan"))


def test_random_texts_can_be_written_and_stay_one_line():
    """Seeded; it would catch a letter that one table calls harmless and another encoder does not take."""
    draw = random.Random(7)
    for _ in range(300):
        text = "".join(chr(draw.choice((draw.randrange(0x300), draw.randrange(0x110000)))) for _ in range(40))
        found = shown(text)
        assert len(found.splitlines()) <= 1
        found.encode()
        encodable(text).encode()
        io.StringIO(found).read()


@pytest.mark.parametrize(
    "locale",
    [
        {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "nowhere.none"},
    ],
)
def test_a_command_bears_any_locale(locale, root):
    """What its output cannot hold is written as a number, and the command ends as it would."""
    code = (
        "import sys, vspair.__main__ as m\nfrom vspair.errors import VspairError\nfrom vspair.printable import tell\n"
        "def run(*_):\n    tell('M\\xfcller \\u5f35 \\u202e \\xb1 \\udcff')\n"
        "    raise VspairError('expected \\xe9, found \\udce9\\n\\u5f35')\n"
        "m.audit.run = run\nsys.exit(m.main(['audit', '.']))\n"
    )
    environment = {**os.environ, **locale}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, check=False)
    assert done.returncode == 2, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"\\u202e" in done.stdout
    assert b"\\xff" in done.stdout
    assert (done.stdout.count(b"\n"), done.stderr.count(b"\n")) == (1, 1)


def test_the_first_few_of_many_names():
    assert first_few([]) == ""
    assert first_few(["a", "b", "c"]) == "a, b, c"
    assert first_few(["a", "b", "c", "d"]) == "a, b, c and 1 more"
    assert first_few(["a", "b", "c", "d"], most=1, more=5) == "a and 8 more"

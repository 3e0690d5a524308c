"""What settings are made of: few and plain values, told in sentences that stay short."""

import re
import tracemalloc

import pytest

from vspair.config.plain import require_plain, shown
from vspair.errors import VspairError
from vspair.yaml_text import parse_yaml

LEVELS = 9
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, LEVELS)
)
"""10^9 texts in some hundred characters (\"billion laughs\")."""


def refusal(settings):
    with pytest.raises(VspairError) as caught:
        require_plain(settings, " in FILE")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    return str(caught.value)


def test_anchors_that_stand_for_millions_of_values_are_refused_in_no_time_and_memory():
    settings = parse_yaml(BOMB)
    tracemalloc.start()
    message = refusal(settings)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert re.search("expected at most 20000 values", message)
    assert most < 50e6
    assert len(shown(settings)) < 300


def test_what_holds_itself_is_refused():
    assert "a.b.b.b" in refusal(parse_yaml("a: &a {b: *a}"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"a": {"b": [1, 10**30]}},
            "a.b.1: expected whole numbers below 2^63, found a whole number of about 31 digits",
        ),
        ({"a": 10**5000}, "about 5001 digits"),
        ({"a": "x" * 3000}, "a: expected texts of at most 2000 characters, found 3000 in FILE"),
        ({"a": "\x1b[31m"}, r"a: expected a text without control characters, found '\x1b'"),
        ({"a": "\ud800"}, r"found '\ud800'"),
        ({"a": b"bytes"}, "a: expected a section, a list, a text or a number, found b'bytes'"),
        ({"a": {1}}, "found {1}"),
        ({"a": {3: 1}}, "a.3: expected keys that are words"),
        ({"a": {None: 1}}, "a.None: expected keys that are words"),
        ({"a\nb": 1}, r"'a\nb': expected keys that are words"),
        ({"": 1}, "'': expected keys that are words"),
        ({"a" * 300: 1}, "expected keys that are words of at most 200"),
    ],
)
def test_what_is_no_setting_is_named(settings, words):
    assert words in refusal(settings)


def test_what_settings_are_made_of_is_let_through():
    text = "é\n\t<b>"
    require_plain({"a": [1, 2.5, None, True, text], "b-c d": {"e.f": {"g": float("nan")}, "h": -(2**62)}})


def test_what_is_shown_is_one_short_line():
    assert shown("a\nb") == r"'a\nb'"
    for value in ("x" * 10**6, list(range(10**6)), {n: n for n in range(10**5)}, 10**10000, [[[[[[1] * 50] * 50]]]]):
        assert len(shown(value)) < 300
        assert "\n" not in shown(value)

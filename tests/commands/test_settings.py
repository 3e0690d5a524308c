"""The option `--config` of every command: given twice, all of it counts, as where it stands once."""

import argparse

import pytest

from vspair.__main__ import COMMANDS
from vspair.commands.settings import assigned
from vspair.errors import VspairError

NEEDED = {
    "forecast": ["--preset", "demo"],
    **{key: ["x"] for key in ("audit", "why", "report", "release-check", "debug", "campaign")},
    **{key: ["x", "y"] for key in ("bundle", "join", "export")},
}


def parsed(command, *arguments):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for each in COMMANDS:
        each.add(commands)
    return parser.parse_args([command, *arguments])


def test_every_command_with_settings_is_tried():
    """By the parser's own list, so that a new one joins `NEEDED`."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for each in COMMANDS:
        each.add(commands)
    having = {name for name, each in commands.choices.items() if "--config" in each._option_string_actions}
    assert having == set(NEEDED)


@pytest.mark.parametrize("command", NEEDED)
def test_settings_given_twice_all_count(command):
    """Snakemake keeps the last alone, and refuses that here; a command took the last without a word."""
    options = parsed(command, *NEEDED[command], "--config", "a=1", "b.c=2", "--config", "b.d=3", "--config", "a=4")
    assert assigned(options.config) == {"a": 4, "b": {"c": 2, "d": 3}}
    # No list is shared between two calls.
    assert parsed(command, *NEEDED[command]).config == []


def test_other_options_with_several_values_add_up_too():
    assert parsed("forecast", "--preset", "demo", "--records", "a", "b", "--records", "c").records == ["a", "b", "c"]
    assert parsed("export", "x", "y", "--without", "*.h5", "--without", "*.csv").without == ["*.h5", "*.csv"]
    assert parsed("bundle", "x", "y", "--without", "a", "--without", "b").without == ["a", "b"]
    assert parsed("bundle", "x", "y").without is None


def test_one_cell_is_explained_at_a_time(tmp_path):
    options = parsed("why", "x.csv", "--cell", "a", "b", "--cell", "c", "d")
    with pytest.raises(VspairError, match="expected one cell after --cell, found 2"):
        options.command(options, tmp_path)


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("a", "expected --config KEY=VALUE, found 'a'"),
        ("=1", "expected --config KEY=VALUE, found '=1'"),
        ("a=[", "expected YAML in --config"),
        ("a={b: 1, b: 2}", "the key 'b' twice in one section"),
        ("a=&x [*x]", "at most 20 sections inside one another"),
        ("a=2020-02-03", r"a: expected a section, a list, a text or a number, found datetime.date\(2020, 2, 3\)"),
        ("a=2020-02-31", "a value that cannot be read"),
        ("a={1: 2}", "expected keys that are words"),
        ("a=!!set {b}", "expected a section, a list, a text or a number"),
        (f"a={'9' * 5000}", "a value that cannot be read"),
        (f"a={'[' * 100000}", "sections inside one another"),
        (f"{'a.' * 1000}b=1", "a key of at most 20 parts"),
        ('a="\\e[31m"', "expected a text without control characters"),
    ],
    ids=lambda value: value[:20],
)
def test_what_no_setting_can_be_is_refused_in_one_sentence(assignment, sentence):
    with pytest.raises(VspairError, match=sentence) as caught:
        assigned([assignment])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600

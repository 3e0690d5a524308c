"""What Snakemake's command line would lose: settings behind an option that stands there twice."""

import sys

import pytest

from vspair.config.told import require_told_once
from vspair.errors import VspairError

TWICE = [
    (["--config", "a=1", "--config", "b=2"], "expected --config once, found it 2 times"),
    (["table3", "-C", "a=1", "-n", "--config", "b=2"], "expected --config once"),
    (["--config=a=1", "-Cb=2", "--config", "c=3"], "found it 3 times"),
    (["--config", "a=1", "b={c: {d: 1, d: 2}}"], "sections in --config b=, found the key 'd' twice in one section"),
    (["--configfile", "a.yaml", "--configfiles", "b.yaml"], "expected --configfile once"),
]
ONCE = [
    [],
    ["--config", "a=1", "b=2", "--configfile", "a.yaml"],
    ["--config", "a=1", "--cores", "2", "--", "--config"],
    ["--config", "a={b: 1}", "c={no yaml", "d=[{e: 1}, {e: 2}]"],
    ["--config-settings", "a", "--config", "b=1"],
]


@pytest.mark.parametrize("program", ["/usr/bin/snakemake", "/lib/snakemake/__main__.py"])
@pytest.mark.parametrize(("arguments", "sentence"), TWICE)
def test_an_option_of_which_snakemake_keeps_the_last_is_refused_twice(program, arguments, sentence):
    with pytest.raises(VspairError, match=sentence):
        require_told_once([program, *arguments])


@pytest.mark.parametrize("arguments", ONCE)
def test_what_snakemake_keeps_is_let_through(arguments):
    require_told_once(["snakemake", *arguments])


def test_other_programs_have_options_of_their_own():
    require_told_once([sys.argv[0], "--config", "a=1", "--config", "b=2"])
    require_told_once([])

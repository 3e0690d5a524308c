import os
import subprocess
import sys
from pathlib import Path

import pytest

from vspair.errors import VspairError
from vspair.provenance.code import fingerprint, reached

REPOSITORY = Path(__file__).parents[3]
SCRIPT = "scripts/run.py"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 3\n", "RATE = 3  # the rate\n"),
        ("    size = RATE\n", "    size = (\n        RATE\n    )\n"),
        ('    """A thing."""\n', '    """Another sentence."""\n'),
        ('        """Grow."""\n', ""),
        ('"""Core."""', '"""Other."""'),
        ("UNUSED = 4", "UNUSED = 5"),
        ("return UNUSED", "return 2 * UNUSED"),
    ],
)
def test_text_and_unused_code_change_nothing(tree, old, new):
    assert not tree.changed("vspair/a/core.py", old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("vspair/a/core.py", "RATE = 3", "RATE = 3.0"),
        ("vspair/a/core.py", "exp(self.size)", "exp(-self.size)"),
        ("vspair/a/core.py", "size = RATE", "size = 1"),
        ("vspair/a/core.py", "from math import exp", "from numpy import exp"),
        ("vspair/a/core.py", "UNUSED = 4\n", "UNUSED = 4\nprint(UNUSED)\n"),
        ("vspair/a/core.py", "UNUSED = 4\n", "UNUSED = 4\nif UNUSED:\n    RATE = 5\n"),
        ("vspair/a/core.py", "UNUSED = 4\n", "UNUSED = 4\nRATE += 1\n"),
        ("vspair/a/__init__.py", "from vspair.a.core import Thing, other", "from vspair.a.core import other as Thing"),
        (SCRIPT, "print(Thing().grow())", "print(Thing().grow() + 1)"),
    ],
)
def test_used_code_changes_the_fingerprint(tree, name, old, new):
    assert tree.changed(name, old, new)


def test_exactly_the_dependants_of_a_formula_change(tree):
    before = {script: reached(tree.root, script) for script in (SCRIPT, "scripts/late.py")}
    tree.write("vspair/a/more.py", (tree.root / "vspair/a/more.py").read_text().replace("return 2", "return 3"))
    after = {script: reached(tree.root, script) for script in before}
    assert after[SCRIPT] == before[SCRIPT]
    differing = {
        name for name in after["scripts/late.py"] if after["scripts/late.py"][name] != before["scripts/late.py"][name]
    }
    assert differing == {"vspair.a.more:helper"}


def test_names_what_is_reached(tree):
    assert set(reached(tree.root, SCRIPT)) == {
        "scripts/run.py:*",
        "scripts/run.py:Thing (import)",
        "vspair.a:Thing (import)",
        "vspair.a.core:Thing",
        "vspair.a.core:RATE",
        "vspair.a.core:exp (import)",
    }


def test_import_inside_a_function_and_module_alias(tree):
    assert tree.changed("vspair/a/more.py", "return 2", "return 3", "scripts/late.py")
    assert not tree.changed("vspair/a/more.py", "return 1", "return 3", "scripts/late.py")
    assert not tree.changed("vspair/b.py", "return 5", "return 6", "scripts/late.py")


@pytest.mark.parametrize(
    "text",
    [
        "import vspair.b\n\nprint(vspair.b.lone())\n",
        "from vspair import b\n\nprint(b.lone())\n",
        "from vspair.b import lone as one\n\nprint(one())\n",
        "from vspair import b\n\nprint(getattr(b, 'lo' + 'ne'))\n",
        "from vspair import b\n\nprint(b.unknown)\n",
        "from vspair import b\n",
        "import vspair.b\n",
    ],
)
def test_every_form_of_import_reaches_the_definition(tree, text):
    tree.write(SCRIPT, text)
    assert tree.changed("vspair/b.py", "return 5", "return 6")


def test_relative_reexport(tree):
    tree.write(SCRIPT, "from vspair.a import extra\n\nprint(extra())\n")
    assert tree.changed("vspair/a/more.py", "return 1", "return 3")
    assert not tree.changed("vspair/a/more.py", "return 2", "return 3")


def test_swapped_names_of_one_import_are_seen(tree):
    tree.write(SCRIPT, "from vspair.a.more import extra as f, helper as g\n\nprint(f() - g())\n")
    assert tree.changed(SCRIPT, "extra as f, helper as g", "extra as g, helper as f")


def test_statements_of_a_script_keep_their_order(tree):
    tree.write(SCRIPT, "x = 1\nprint(x)\nx = 2\n")
    assert tree.changed(SCRIPT, "x = 1\nprint(x)\nx = 2\n", "x = 1\nx = 2\nprint(x)\n")


def test_definitions_that_a_decorator_registers_count(tree):
    tree.write(
        "vspair/c.py",
        "ALL = {}\n\n\ndef entry(f):\n    ALL['f'] = f\n    return f\n\n\n@entry\ndef f():\n    return 1\n",
    )
    tree.write(SCRIPT, "from vspair.c import ALL\n\nprint(ALL['f']())\n")
    assert tree.changed("vspair/c.py", "return 1", "return 2")


@pytest.mark.parametrize("entry", ["vspair.a:other", "vspair.a.core:other", "vspair.a.core", "vspair.a"])
def test_entries(tree, entry):
    assert fingerprint(tree.root, SCRIPT, [entry]) != fingerprint(tree.root, SCRIPT)
    assert tree.changed("vspair/a/core.py", "UNUSED = 4", "UNUSED = 5", entries=[entry])


def test_order_of_entries_does_not_matter(tree):
    entries = ["vspair.b:lone", "vspair.a:other"]
    assert fingerprint(tree.root, SCRIPT, entries) == fingerprint(tree.root, SCRIPT, entries[::-1])


@pytest.mark.parametrize("entry", ["vspair.a:nothing", "vspair.nothing", "vspair.nothing:x"])
def test_unknown_entry(tree, entry):
    with pytest.raises(VspairError, match="correct the entry"):
        fingerprint(tree.root, SCRIPT, [entry])


def test_helper_module_beside_the_script(tree):
    tree.write("scripts/shared.py", "def f():\n    return 1\n")
    tree.write(SCRIPT, "from shared import f\n\nprint(f())\n")
    assert tree.changed("scripts/shared.py", "return 1", "return 2")


def test_star_import_is_refused(tree):
    tree.write(SCRIPT, "from vspair.a.core import *\n")
    with pytest.raises(VspairError, match=r"from vspair\.a\.core import \*"):
        fingerprint(tree.root, SCRIPT)
    tree.write(SCRIPT, "from vspair.d import f\n\nf()\n")
    tree.write("vspair/d.py", "from .b import *\n\n\ndef f():\n    return 1\n")
    with pytest.raises(VspairError, match=r"from vspair\.b import \*"):
        fingerprint(tree.root, SCRIPT)


def test_damaged_and_missing_files(tree):
    with pytest.raises(VspairError, match="expected a script"):
        fingerprint(tree.root, "scripts/absent.py")
    tree.write("vspair/a/core.py", "def broken(:\n")
    with pytest.raises(VspairError, match=r"expected valid Python in .*core\.py"):
        fingerprint(tree.root, SCRIPT)


def test_circular_imports_end(tree):
    tree.write("vspair/e.py", "from vspair.f import g\n\n\ndef e():\n    return g()\n")
    tree.write("vspair/f.py", "from vspair.e import e\n\n\ndef g():\n    return e()\n")
    tree.write(SCRIPT, "from vspair.e import e\n\nprint(e())\n")
    assert {"vspair.e:e", "vspair.f:g"} <= set(reached(tree.root, SCRIPT))


def test_times_and_hash_seeds_change_nothing(tree):
    before = fingerprint(tree.root, SCRIPT)
    for path in tree.root.rglob("*.py"):
        os.utime(path, (1, 1))
    assert fingerprint(tree.root, SCRIPT) == before
    code = f"from vspair.provenance.code import fingerprint\nprint(fingerprint({str(tree.root)!r}, {SCRIPT!r}))"
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == before


def test_normal_form_is_pinned(tree):
    # The same in Python 3.11, 3.12 and 3.13: a change of this number makes every result stale.
    assert reached(tree.root, SCRIPT)["vspair.a.core:Thing"] == (
        "4e6fb299b98f5ef8ec069a125ea02fa282b19de4fec289df77b71fd3251c8611"
    )

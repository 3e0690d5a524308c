import os
import subprocess
import sys
from pathlib import Path

import pytest

from vspair.errors import VspairError
from vspair.provenance import fingerprint, reached

REPOSITORY = Path(__file__).parents[2]
SCRIPT = "scripts/run.py"
SOURCES = {
    "vspair/__init__.py": '"""The package."""\n',
    "vspair/a/__init__.py": "from vspair.a.core import Thing, other\nfrom .more import extra\n\n__all__ = ['Thing']\n",
    "vspair/a/core.py": (
        '"""Core."""\n\nfrom math import exp\n\nRATE = 3\nUNUSED = 4\n\n\n'
        'class Thing:\n    """A thing."""\n\n    size = RATE\n\n    def grow(self):\n        """Grow."""\n'
        "        return exp(self.size)\n\n\ndef other():\n    return UNUSED\n"
    ),
    "vspair/a/more.py": "def extra():\n    return 1\n\n\ndef helper():\n    return 2\n",
    "vspair/b.py": (
        "def late():\n    from vspair.a import more as m\n\n    return m.helper()\n\n\ndef lone():\n    return 5\n"
    ),
    SCRIPT: "from vspair.a import Thing\n\nprint(Thing().grow())\n",
    "scripts/late.py": "import vspair.b as b\n\nprint(b.late())\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in SOURCES.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def changed(root, name, old, new, script=SCRIPT, *, entries=()):
    before = fingerprint(root, script, entries)
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))
    return fingerprint(root, script, entries) != before


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
def test_text_and_unused_code_change_nothing(root, old, new):
    assert not changed(root, "vspair/a/core.py", old, new)


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
def test_used_code_changes_the_fingerprint(root, name, old, new):
    assert changed(root, name, old, new)


def test_exactly_the_dependants_of_a_formula_change(root):
    before = {script: reached(root, script) for script in (SCRIPT, "scripts/late.py")}
    write(root, "vspair/a/more.py", SOURCES["vspair/a/more.py"].replace("return 2", "return 3"))
    after = {script: reached(root, script) for script in before}
    assert after[SCRIPT] == before[SCRIPT]
    differing = {
        name for name in after["scripts/late.py"] if after["scripts/late.py"][name] != before["scripts/late.py"][name]
    }
    assert differing == {"vspair.a.more:helper"}


def test_names_what_is_reached(root):
    assert set(reached(root, SCRIPT)) == {
        "scripts/run.py:*",
        "scripts/run.py:Thing (import)",
        "vspair.a:Thing (import)",
        "vspair.a.core:Thing",
        "vspair.a.core:RATE",
        "vspair.a.core:exp (import)",
    }


def test_import_inside_a_function_and_module_alias(root):
    assert changed(root, "vspair/a/more.py", "return 2", "return 3", "scripts/late.py")
    assert not changed(root, "vspair/a/more.py", "return 1", "return 3", "scripts/late.py")
    assert not changed(root, "vspair/b.py", "return 5", "return 6", "scripts/late.py")


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
def test_every_form_of_import_reaches_the_definition(root, text):
    write(root, SCRIPT, text)
    assert changed(root, "vspair/b.py", "return 5", "return 6")


def test_relative_reexport(root):
    write(root, SCRIPT, "from vspair.a import extra\n\nprint(extra())\n")
    assert changed(root, "vspair/a/more.py", "return 1", "return 3")
    assert not changed(root, "vspair/a/more.py", "return 2", "return 3")


def test_swapped_names_of_one_import_are_seen(root):
    write(root, SCRIPT, "from vspair.a.more import extra as f, helper as g\n\nprint(f() - g())\n")
    assert changed(root, SCRIPT, "extra as f, helper as g", "extra as g, helper as f")


def test_statements_of_a_script_keep_their_order(root):
    write(root, SCRIPT, "x = 1\nprint(x)\nx = 2\n")
    assert changed(root, SCRIPT, "x = 1\nprint(x)\nx = 2\n", "x = 1\nx = 2\nprint(x)\n")


def test_definitions_that_a_decorator_registers_count(root):
    write(
        root,
        "vspair/c.py",
        "ALL = {}\n\n\ndef entry(f):\n    ALL['f'] = f\n    return f\n\n\n@entry\ndef f():\n    return 1\n",
    )
    write(root, SCRIPT, "from vspair.c import ALL\n\nprint(ALL['f']())\n")
    assert changed(root, "vspair/c.py", "return 1", "return 2")


@pytest.mark.parametrize("entry", ["vspair.a:other", "vspair.a.core:other", "vspair.a.core", "vspair.a"])
def test_entries(root, entry):
    assert fingerprint(root, SCRIPT, [entry]) != fingerprint(root, SCRIPT)
    assert changed(root, "vspair/a/core.py", "UNUSED = 4", "UNUSED = 5", entries=[entry])


def test_order_of_entries_does_not_matter(root):
    entries = ["vspair.b:lone", "vspair.a:other"]
    assert fingerprint(root, SCRIPT, entries) == fingerprint(root, SCRIPT, entries[::-1])


@pytest.mark.parametrize("entry", ["vspair.a:nothing", "vspair.nothing", "vspair.nothing:x"])
def test_unknown_entry(root, entry):
    with pytest.raises(VspairError, match="correct the entry"):
        fingerprint(root, SCRIPT, [entry])


def test_helper_module_beside_the_script(root):
    write(root, "scripts/shared.py", "def f():\n    return 1\n")
    write(root, SCRIPT, "from shared import f\n\nprint(f())\n")
    assert changed(root, "scripts/shared.py", "return 1", "return 2")


def test_star_import_is_refused(root):
    write(root, SCRIPT, "from vspair.a.core import *\n")
    with pytest.raises(VspairError, match=r"from vspair\.a\.core import \*"):
        fingerprint(root, SCRIPT)
    write(root, SCRIPT, "from vspair.d import f\n\nf()\n")
    write(root, "vspair/d.py", "from .b import *\n\n\ndef f():\n    return 1\n")
    with pytest.raises(VspairError, match=r"from vspair\.b import \*"):
        fingerprint(root, SCRIPT)


def test_damaged_and_missing_files(root):
    with pytest.raises(VspairError, match="expected a script"):
        fingerprint(root, "scripts/absent.py")
    write(root, "vspair/a/core.py", "def broken(:\n")
    with pytest.raises(VspairError, match=r"expected valid Python in .*core\.py"):
        fingerprint(root, SCRIPT)


def test_circular_imports_end(root):
    write(root, "vspair/e.py", "from vspair.f import g\n\n\ndef e():\n    return g()\n")
    write(root, "vspair/f.py", "from vspair.e import e\n\n\ndef g():\n    return e()\n")
    write(root, SCRIPT, "from vspair.e import e\n\nprint(e())\n")
    assert {"vspair.e:e", "vspair.f:g"} <= set(reached(root, SCRIPT))


def test_times_and_hash_seeds_change_nothing(root):
    before = fingerprint(root, SCRIPT)
    for path in root.rglob("*.py"):
        os.utime(path, (1, 1))
    assert fingerprint(root, SCRIPT) == before
    code = f"from vspair.provenance.fingerprint import fingerprint\nprint(fingerprint({str(root)!r}, {SCRIPT!r}))"
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == before


def test_normal_form_is_pinned(root):
    # The same in Python 3.11, 3.12 and 3.13: a change of this number makes every result stale.
    assert reached(root, SCRIPT)["vspair.a.core:Thing"] == (
        "4e6fb299b98f5ef8ec069a125ea02fa282b19de4fec289df77b71fd3251c8611"
    )

"""A tiny package with scripts, in which changes are planted."""

import textwrap
from pathlib import Path

import pytest

from vspair.provenance.code import fingerprint, words

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
    "scripts/run.py": "from vspair.a import Thing\n\nprint(Thing().grow())\n",
    "scripts/late.py": "import vspair.b as b\n\nprint(b.late())\n",
}


class Tree:
    """A project's root with the means to change it and to see what that changes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name, text):
        """Write a file, whose text may be indented as a whole, at a path relative to the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def changed(self, name, old, new, script="scripts/run.py", *, entries=(), of=fingerprint):
        """Whether replacing a text in a file changes the fingerprint, or another digest of the code."""
        before = of(self.root, script, entries)
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))
        return of(self.root, script, entries) != before

    def only_words(self, name, old, new, script="scripts/run.py"):
        """Whether replacing a text changes the words and not the fingerprint."""
        before = fingerprint(self.root, script), words(self.root, script)
        assert old != new
        self.changed(name, old, new, script)
        after = fingerprint(self.root, script), words(self.root, script)
        return after[0] == before[0] and after[1] != before[1]


@pytest.fixture
def tree(tmp_path):
    found = Tree(tmp_path)
    for name, text in SOURCES.items():
        found.write(name, text)
    return found

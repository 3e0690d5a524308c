import sys

import pytest

from vspair.errors import VspairError
from vspair.provenance.code import fingerprint, reached, sources, words

SCRIPT = "scripts/run.py"
ENTRY = "mytoy.problem:PROBLEM"
BOOM = "raise RuntimeError\n"


@pytest.fixture
def toy(tree, tmp_path_factory, monkeypatch):
    """A package outside the project, which must not be executed, and its script."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name, text in {
        "mytoy/__init__.py": BOOM,
        "mytoy/problem.py": "from vspair.b import lone\n\nfrom .law import law\n\n\nPROBLEM = [law, lone]\n" + BOOM,
        "mytoy/law.py": "def law(x):\n    return 2 * x\n\n\ndef unused():\n    return 9\n",
        "onefile.py": "import vspair.a\n\n\ndef f():\n    return vspair.a.extra() + 4\n",
        "work/toy_run.py": "import beside\nfrom vspair.a import extra\n\nprint(beside.g(), extra())\n",
        "work/beside.py": "def g():\n    return 11\n",
        "space/inner.py": "VALUE = 21\n",
    }.items():
        tree.write(folder / name, text)
    monkeypatch.syspath_prepend(folder)
    return folder


def changed(tree, path, old, new, script=SCRIPT, entry=ENTRY):
    return tree.changed(path, old, new, str(script), entries=[entry] if entry else [])


def test_a_package_from_elsewhere_is_covered_name_by_name(tree, toy):
    assert not changed(tree, toy / "mytoy/law.py", "return 9", "return 8")
    assert changed(tree, toy / "mytoy/law.py", "return 2 * x", "return 3 * x")
    assert changed(tree, "vspair/b.py", "return 5", "return 6")
    assert changed(tree, toy / "mytoy/__init__.py", BOOM, "")
    assert "mytoy" not in sys.modules


def test_a_module_of_one_file(tree, toy):
    assert changed(tree, toy / "onefile.py", "+ 4", "+ 5", entry="onefile:f")
    assert changed(tree, "vspair/a/more.py", "return 1", "return 3", entry="onefile:f")
    assert sources(tree.root, SCRIPT, ["onefile"]).keys() >= {"onefile.py", "vspair/a/more.py"}


@pytest.mark.parametrize("entry", ["mytoy", "mytoy.law", "space.inner", "space.inner:VALUE"])
def test_whole_modules_and_folders_without_init(tree, toy, entry):
    assert fingerprint(tree.root, SCRIPT, [entry]) != fingerprint(tree.root, SCRIPT)


def test_imports_of_packages_that_no_entry_names_are_not_followed(tree, toy):
    tree.write(SCRIPT, "from mytoy.law import law\n\nprint(law(1))\n")
    assert not changed(tree, toy / "mytoy/law.py", "return 2 * x", "return 3 * x", entry=None)
    assert changed(tree, toy / "mytoy/law.py", "return 3 * x", "return 4 * x")


def test_sources_name_no_machine(tree, toy):
    script = toy / "work/toy_run.py"
    assert sources(tree.root, str(script), [ENTRY]).keys() == {
        *("toy_run.py", "beside.py", "mytoy/__init__.py", "mytoy/problem.py", "mytoy/law.py"),
        *("vspair/a/__init__.py", "vspair/a/more.py", "vspair/b.py"),
    }
    assert not any(str(toy) in name for name in reached(tree.root, str(script), [ENTRY]))


def test_a_script_outside_the_project(tree, toy):
    script = toy / "work/toy_run.py"
    assert changed(tree, script, "extra())", "-extra())", script, entry=None)
    assert changed(tree, toy / "work/beside.py", "return 11", "return 12", script, entry=None)
    assert changed(tree, "vspair/a/more.py", "return 1", "return 3", script, entry=None)


def test_the_same_code_elsewhere_has_the_same_fingerprint(tree, toy, tmp_path):
    copy = tmp_path / "../copy/toy_run.py"
    for name in ("toy_run.py", "beside.py"):
        tree.write(copy.parent / name, (toy / "work" / name).read_text())
    assert fingerprint(tree.root, str(copy)) == fingerprint(tree.root, str(toy / "work/toy_run.py"))
    assert words(tree.root, str(copy)) == words(tree.root, str(toy / "work/toy_run.py"))


def test_an_absolute_path_inside_the_project_is_as_a_relative_one(tree):
    assert fingerprint(tree.root, str(tree.root / SCRIPT)) == fingerprint(tree.root, SCRIPT)


def test_sources_change_with_what_is_reached(tree):
    before = sources(tree.root, SCRIPT)
    tree.changed("vspair/a/core.py", "UNUSED = 4", "UNUSED = 5")
    assert sources(tree.root, SCRIPT) == before
    tree.changed("vspair/a/core.py", "RATE = 3", "RATE = 4")
    now = sources(tree.root, SCRIPT)
    assert {name for name in now if now[name] != before[name]} == {"vspair/a/core.py"}


@pytest.mark.parametrize(
    "entry", ["absent_toy.problem:PROBLEM", "absent_toy", "mytoy.absent", "mytoy.law:absent", ":x"]
)
def test_an_entry_that_cannot_be_found(tree, toy, entry):
    with pytest.raises(VspairError, match="correct the entry"):
        fingerprint(tree.root, SCRIPT, [entry])


def test_a_built_in_module_is_no_entry(tree):
    with pytest.raises(VspairError, match="no module sys"):
        fingerprint(tree.root, SCRIPT, ["sys"])


def test_a_script_outside_that_is_absent(tree, tmp_path):
    with pytest.raises(VspairError, match="expected a script"):
        fingerprint(tree.root, str(tmp_path / "absent.py"))

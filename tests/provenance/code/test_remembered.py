"""Remembered digests of code: the same as worked out, and never those of files that have changed."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from vspair.provenance.code import fingerprint, fingerprints, frame, remembered, sources, words

ROOT = Path(__file__).parents[3]
SCRIPT = "scripts/run.py"
ASKED = (fingerprint, words, sources)


@pytest.fixture
def another_process(monkeypatch, tmp_path_factory):
    """Forgets what this process knows, as a new one does; what is older than a moment counts as settled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(remembered, "SETTLED_NS", 0)
    own_code = remembered._own_code
    own_code.cache_clear()

    def forget():
        remembered._recalled.clear()
        fingerprints._known.clear()

    yield forget
    forget()
    own_code.cache_clear()


@pytest.fixture
def kept(tree, another_process):
    """The file in which the digests of `tree` were remembered."""
    fingerprint(tree.root, SCRIPT, remembered=True)
    another_process()
    (path,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json")
    return path


def told(tree, **how):
    return [ask(tree.root, SCRIPT, **how) for ask in ASKED]


def test_a_second_process_is_told_the_same_without_a_walk(tree, kept, monkeypatch):
    expected = told(tree)
    monkeypatch.setattr(fingerprints, "_walk", lambda *key: pytest.fail("walked"))
    fingerprints._known.clear()
    assert told(tree, remembered=True) == expected
    assert told(tree, remembered=True) == expected


def test_the_frame_is_remembered_too(another_process, monkeypatch):
    expected = frame(ROOT, remembered=True)
    another_process()
    monkeypatch.setattr(fingerprints, "_walk", lambda *key: pytest.fail("walked"))
    assert frame(ROOT, remembered=True) == expected


def same_size_and_time(root):
    path = root / "vspair/a/core.py"
    before = path.stat()
    path.write_text(path.read_text().replace("RATE = 3", "RATE = 7"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def another_file_in_its_place(root):
    path = root / "vspair/a/core.py"
    other = path.with_name("other.py")
    other.write_text(path.read_text().replace("RATE = 3", "RATE = 7"))
    shutil.copystat(path, other)
    other.replace(path)


def a_package_that_goes_first(root):
    (root / "vspair/a/core").mkdir()
    (root / "vspair/a/core/__init__.py").write_text("class Thing:\n    pass\n\n\ndef other():\n    return 1\n")


def a_module_beside_the_script(root):
    (root / "scripts/run.py").write_text("import helper\n\nhelper.act()\n")
    (root / "scripts/helper.py").write_text("def act():\n    return 1\n")


@pytest.mark.parametrize(
    "change", [same_size_and_time, another_file_in_its_place, a_package_that_goes_first, a_module_beside_the_script]
)
def test_a_change_is_seen_by_the_next_process_and_by_this_one(tree, kept, another_process, change):
    for forget in (another_process, lambda: None):
        before = fingerprint(tree.root, SCRIPT, remembered=True)
        shutil.copytree(tree.root, tree.root.with_name("as_before"))
        change(tree.root)
        forget()
        found = told(tree, remembered=True)
        assert found[0] != before
        fingerprints._known.clear()
        assert found == told(tree)
        shutil.rmtree(tree.root)
        tree.root.with_name("as_before").rename(tree.root)


def test_a_module_that_was_looked_for_in_vain_is_seen_when_it_appears(tree, another_process):
    tree.write("scripts/run.py", "import math\nimport helper\n\nprint(helper.act(math.pi))\n")
    before = fingerprint(tree.root, SCRIPT, remembered=True)
    another_process()
    tree.write("scripts/helper.py", "def act(x):\n    return x\n")
    assert fingerprint(tree.root, SCRIPT, remembered=True) != before


def test_a_folder_that_is_a_package_by_itself_is_seen_to_go(tree, another_process):
    tree.write("scripts/run.py", "import vspair.bare\n\nprint(vspair.bare)\n")
    (tree.root / "vspair/bare").mkdir()
    before = fingerprint(tree.root, SCRIPT, remembered=True)
    another_process()
    (tree.root / "vspair/bare").rmdir()
    assert fingerprint(tree.root, SCRIPT, remembered=True) == fingerprint(tree.root, SCRIPT)
    assert fingerprint(tree.root, SCRIPT) != before


def test_what_has_just_changed_is_not_remembered(tree, another_process, monkeypatch):
    """Within the same tick of the clock a file could change again and keep its stamp."""
    monkeypatch.setattr(remembered, "SETTLED_NS", 60_000_000_000)
    monkeypatch.setattr(remembered, "_own_code", lambda: "this")
    fingerprint(tree.root, SCRIPT, remembered=True)
    assert not list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*"))


def test_code_of_ours_that_has_just_changed_neither_remembers_nor_recalls(monkeypatch):
    """What runs may be what was there before the change."""
    monkeypatch.setattr(remembered, "SETTLED_NS", 10**20)
    remembered._own_code.cache_clear()
    assert remembered._path((ROOT, None, ())) is None
    remembered._own_code.cache_clear()


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-1],
        lambda whole: whole.replace(b"a", b"b", 1),
        lambda whole: whole.replace(b'"fingerprint": "', b'"fingerprint": "0', 1),
        lambda whole: b"\xff" + whole,
        lambda whole: b"[" * 100_000,
    ],
)
def test_damage_is_ignored_and_mended(tree, kept, another_process, damage):
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert kept.read_bytes() != whole
    assert told(tree, remembered=True) == told(tree)
    assert kept.read_bytes() == whole


def test_where_nothing_can_be_written_nothing_is(tree, another_process, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert told(tree, remembered=True) == told(tree)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))
    assert told(tree, remembered=True) == told(tree)


def test_many_writers_leave_a_whole_file_at_any_time(tree, kept):
    key = fingerprints._key(tree.root, SCRIPT, ())
    result, done = fingerprints._result(key), threading.Event()
    others = [remembered.Digests(str(n) * 64, "w" * n, {"f": "s"}, result.state) for n in range(8)]
    writers = [
        threading.Thread(target=lambda one=one: [remembered.remember(key, one, 2**62) for _ in range(50)])
        for one in others
    ]
    for writer in writers:
        writer.start()
    threading.Thread(target=lambda: [[writer.join() for writer in writers], done.set()]).start()
    reads = 0
    while not done.is_set():
        found = remembered._read(key)
        assert found is not None
        assert found.fingerprint == result.fingerprint or found in others
        reads += 1
    assert reads > 10
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_python_places_and_our_own_code_have_files_of_their_own(tree, kept, monkeypatch):
    key = fingerprints._key(tree.root, SCRIPT, ())
    assert remembered._path(key) == kept
    paths = {remembered._path((*key[:2], ("json:loads",)))}
    with monkeypatch.context() as patch:
        patch.setattr(remembered, "installed", lambda top: [(Path("/elsewhere"), top)])
        paths.add(remembered._path((*key[:2], ("json:loads",))))
    with monkeypatch.context() as patch:
        patch.setattr(remembered.sys, "version", "3.99")
        paths.add(remembered._path(key))
    monkeypatch.setattr(remembered, "_own_code", lambda: "another")
    paths.add(remembered._path(key))
    assert len(paths | {kept}) == 5


def test_who_checks_asks_for_nothing_remembered(tree, kept):
    """A forged memory misleads who asks for it, and nobody else."""
    content = kept.read_text().partition("\n")[2]
    forged = json.dumps(json.loads(content) | {"fingerprint": "f" * 64})
    kept.write_text(f"{remembered._checksum(forged)}\n{forged}")
    assert fingerprint(tree.root, SCRIPT, remembered=True) == "f" * 64
    assert fingerprint(tree.root, SCRIPT) != "f" * 64
    for room in ("audit", "crate", "join", "run", "why"):
        for path in (ROOT / "vspair/provenance" / room).glob("*.py"):
            assert "remembered=True" not in path.read_text(), path

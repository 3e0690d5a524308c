"""What git says of the project's folder: compared with what was done to it, by hand."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vspair.provenance.audit.auditing import audit
from vspair.provenance.receipt.reading import read
from vspair.provenance.receipt.worktree import NAMED, warning, worktree

ROOT = Path(__file__).parents[3]
OWNER = 'git config --global --add safe.directory "$(pwd -P)"'
RECEIPT = "prepared/pairs.receipt.json"


def git(root, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def wrote(name, text="x = 1\n"):
    def change(root):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return change


def hidden(flag, name="vspair/numbers.py"):
    def change(root):
        git(root, "update-index", flag, name)
        wrote(name)(root)

    return change


def linked(root):
    shutil.rmtree(root / "results", ignore_errors=True)
    (root / "results").symlink_to(root.parent)


def renamed(root):
    git(root, "mv", "vspair/numbers.py", "vspair/counts.py")


def submodule(root):
    other = root.parent / "other"
    git(root.parent, "init", "-q", "other")
    wrote("a.txt")(other)
    git(other, "add", "-A")
    git(other, "commit", "-qm", "other")
    git(root, "submodule", "add", "-q", str(other), "inner")
    git(root, "commit", "-qm", "submodule")
    wrote("b.txt")(root / "inner")


CHANGES = {
    "scheduler's log": (wrote("slurm-77.out"), ["untracked slurm-77.out"]),
    "link in the place of results": (linked, ["untracked results"]),
    "folder": (lambda root: [wrote(f"new/{k}.py")(root) for k in range(30)], ["untracked new/"]),
    "content": (wrote("vspair/numbers.py"), ["changed vspair/numbers.py"]),
    "staged": (
        lambda root: [wrote("vspair/new.py")(root), git(root, "add", "vspair/new.py")],
        ["changed vspair/new.py"],
    ),
    "permissions": (
        lambda root: (root / "vspair/numbers.py").chmod(0o755),
        ["changed permissions of vspair/numbers.py"],
    ),
    "deleted": (lambda root: (root / "vspair/numbers.py").unlink(), ["deleted vspair/numbers.py"]),
    "renamed": (renamed, ["renamed vspair/counts.py"]),
    "assumed unchanged": (hidden("--assume-unchanged"), ["changed unseen by git vspair/numbers.py"]),
    "skipped": (hidden("--skip-worktree"), ["changed unseen by git vspair/numbers.py"]),
    "submodule": (submodule, ["changed submodule inner"]),
    "escapes": (wrote("a\x1b[2J\n\u202eb"), ["untracked a\\x1b[2J\\x0a\\u202eb"]),
    "blank": (wrote("a b.py"), ["untracked a b.py"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_makes_a_tree_dirty_has_a_name(project, name):
    change, expected = CHANGES[name]
    change(project.root)
    found = worktree(project.root)
    assert (found.dirty, list(found.changes), found.more, found.reason) == (True, expected, 0, None)
    assert found.commit == git(project.root, "rev-parse", "HEAD")
    assert expected[0] in warning(project.root)


def test_a_name_that_is_not_utf8_can_be_shown(project):
    try:
        (project.root / os.fsdecode(b"a\xff")).touch()
    except OSError:
        pytest.skip("this disk takes only names in UTF-8")
    assert list(worktree(project.root).changes) == ["untracked a\\xff"]
    project.prepare()
    assert "a\\xff" in read(project.run / RECEIPT).tree


def clean(root):
    """Flags alone, what git ignores, a link that is ignored, and files that a sparse checkout leaves out."""
    git(root, "update-index", "--assume-unchanged", "vspair/numbers.py")
    git(root, "update-index", "--skip-worktree", "scripts/train.py")
    (root / "scripts/train.py").unlink()
    wrote("data/a.txt")(root)


def test_a_tree_is_clean_with_flags_alone(project):
    clean(project.root)
    assert (worktree(project.root).dirty, warning(project.root)) == (False, None)


@pytest.mark.parametrize("kind", ["worktree", "shallow"])
def test_other_kinds_of_checkouts_are_clean(project, tmp_path, kind):
    copy = tmp_path / "copy"
    if kind == "worktree":
        git(project.root, "worktree", "add", "-q", str(copy))
    else:
        project.root.joinpath("a.txt").touch()
        project.commit()
        git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project.root}", "copy")
    assert worktree(copy).commit == git(project.root, "rev-parse", "HEAD")
    assert worktree(copy).dirty is False


def without_git(root, patch):
    patch.setenv("PATH", "")


def inside_another(root, patch):
    shutil.rmtree(root / ".git")
    git(root.parent, "init", "-q")
    git(root.parent, "commit", "-qm", "another", "--allow-empty")


def without_a_commit(root, patch):
    shutil.rmtree(root / ".git")
    git(root, "init", "-q")


def of_another_user(root, patch):
    if os.getuid():
        pytest.skip("only root can give a folder to another user")
    patch.setenv("HOME", str(root.parent))
    for variable in ("SUDO_UID", "GIT_CONFIG_GLOBAL"):
        patch.delenv(variable, raising=False)
    for path in (root, root / ".git"):
        os.chown(path, 65534, 65534)
    if not subprocess.run(["git", "-C", str(root), "status"], capture_output=True, check=False).returncode:
        pytest.skip("this git does not look at owners")


REASONS = {
    without_git: ("git is not installed", "install git"),
    lambda root, patch: shutil.rmtree(root / ".git"): ("no git repository", "git init"),
    inside_another: ("of another git repository", "outside that repository"),
    without_a_commit: ("no commit yet", "commit"),
    of_another_user: ("another user owns", OWNER),
    lambda root, patch: wrote(".git/HEAD", "nonsense")(root): ("repository", "git"),
}


@pytest.mark.parametrize("number", range(len(REASONS)))
def test_why_there_is_no_commit_is_said_and_what_to_do(project, monkeypatch, number):
    """At the start, in the receipt and by the audit."""
    break_, (reason, remedy) = list(REASONS.items())[number]
    break_(project.root, monkeypatch)
    found = worktree(project.root)
    assert (found.commit, found.dirty, found.changes) == (None, None, ())
    assert reason in found.reason
    assert re.search(f"{re.escape(reason)}.* fail the audit: .*{re.escape(remedy)}", warning(project.root))
    project.prepare()
    assert read(project.run / RECEIPT).tree == f"no git commit, since {found.reason}"
    (finding,) = [finding for finding in audit(project.run, project.root) if finding.word == "dirty tree"]
    assert re.search(f"made with no git commit, since .*{reason}.*{re.escape(remedy)}.*, then remake", finding.sentence)


def test_a_full_audit_says_why_it_cannot_look_commits_up(project, monkeypatch):
    project.prepare()
    of_another_user(project.root, monkeypatch)
    (finding,) = [found for found in audit(project.run, project.root, full=True) if found.word == "unknown commit"]
    assert "another user owns" in finding.sentence
    assert OWNER in finding.sentence


def test_git_reads_a_repository_of_another_user_when_the_remedy_was_followed(project, monkeypatch):
    of_another_user(project.root, monkeypatch)
    assert OWNER in warning(project.root)
    subprocess.run(["sh", "-c", OWNER], cwd=project.root, check=True)
    assert worktree(project.root).dirty is False


def test_receipt_audit_and_chain_name_the_first_few_files(project):
    for number in range(NAMED + 5):
        (project.root / f"notes{number:02}.txt").touch()
    project.prepare()
    receipt = read(project.run / RECEIPT)
    (source,) = [
        entry for entry in receipt.statement.predicate.build_definition.resolved_dependencies if entry.name == "source"
    ]
    assert source.annotations.changes == [f"untracked notes{number:02}.txt" for number in range(NAMED)]
    assert source.annotations.more == 5
    named = "(untracked notes00.txt, untracked notes01.txt, untracked notes02.txt and 12 more)"
    assert receipt.tree == f"uncommitted changes on top of {receipt.commit[:12]} {named}"
    (finding,) = audit(project.run, project.root)
    assert finding.word == "dirty tree"
    assert f"{named}: commit, then remake" in finding.sentence


def test_the_receipt_of_a_clean_tree_says_no_more_than_before(complete):
    """Receipts of the same job from before and after are alike, and those from before stay whole."""
    text = (complete.run / RECEIPT).read_text()
    assert not [word for word in ('"changes"', '"more"', '"reason"') if word in text]


IGNORED = (
    *("results", "data", ".venv", ".snakemake", "slurm-77.out", "slurm-77_3.out", "job.err", "nohup.out"),
    *("snakemake.o12345", "snakemake.e12345", "run.po7", "run.pe7", "run.o7.3", "LSFJOB_7", "condor.log", "core.123"),
    *("vspair/.nfs0001", "vspair/.files.py.swp", "vspair/files.py~", "vspair/__pycache__/", "vspair.egg-info/"),
)
SOURCES = (
    *("vspair/results/new.py", "vspair/data/new.py", "vspair/build/new.py", "vspair/dist/new.py", "workflow/new.smk"),
    *("config/presets/data/new.yaml", "config/new.log", "scripts/train.out", "scripts/a.o1", "scripts/core.1"),
    *(
        "envs/new.txt",
        "docs/results/new.md",
        "tests/data/results/a.json",
        "resultsx",
        "new.py",
        "a.out.py",
        "a.o1x/b.py",
    ),
    *("a.e2.py", "a.pe2.smk"),
)


def test_what_is_ignored_is_no_source(tmp_path):
    """Git itself says what the project's patterns ignore: links and logs of schedulers, and nothing of the code."""
    git(tmp_path, "init", "-q")
    shutil.copy(ROOT / ".gitignore", tmp_path)

    def ignored(name):
        command = ["git", "-C", str(tmp_path), "-c", "core.excludesFile=/dev/null", "check-ignore", "-q", name]
        return not subprocess.run(command, check=False).returncode

    for name in ("results", "data", ".venv", ".snakemake"):
        (tmp_path / name).symlink_to(tmp_path.parent)
    assert [name for name in IGNORED if not ignored(name)] == []
    assert [name for name in SOURCES if ignored(name)] == []
    assert git(ROOT, "ls-files", "--cached", "--ignored", "--exclude-from=.gitignore") == ""


def test_it_is_cheap(project):
    """Each job asks: three short calls of git, and no package of its own."""
    code = "import sys, vspair.provenance.receipt.worktree\nprint(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "torch", "pydantic", "snakemake"} & set(modules)

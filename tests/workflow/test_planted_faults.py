"""Faults planted in a finished run: each must be found and named rightly, and nothing where there is none.

A fault that the audit overlooked would stand in a published table. `also` are words that follow from a fault elsewhere
in the chain; any other word is a false alarm.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vspair.commands.audit import audit_of
from vspair.files import sha256
from vspair.provenance.receipt.reading import read

TABLE3, TABLE_CT = "tables/table3.csv", "tables/table_ct.csv"
RUNS, EVALUATIONS = "inpainting/runs", "inpainting/evaluations"
WEIGHTS = f"{RUNS}/vsPAIR/digits/seed0/weights.safetensors"
IMAGES = f"{EVALUATIONS}/vsPAIR/digits/seed0/images.csv"


class Run:
    """The results of a finished run, to be tampered with."""

    def __init__(self, project):
        self.project = project
        self.root = project.folder
        self.results = project.folder / "results/demo"

    def path(self, name):
        return self.results / name

    def edit(self, name, before, after, count=1):
        path = self.path(name)
        text = path.read_text()
        assert before in text, f"{before!r} is not in {name}"
        path.write_text(text.replace(before, after, count))

    def receipt(self, name):
        """The receipt beside an output."""
        folder = self.path(name).parent
        for path in sorted(folder.glob("*.receipt.json")):
            if any(entry["name"] == name for entry in json.loads(path.read_text())["subject"]):
                return path
        raise AssertionError(f"no receipt of {name}")

    def claim(self, name, change):
        """Rewrite the receipt of an output; `change` gets the statement."""
        path = self.receipt(name)
        statement = json.loads(path.read_text())
        change(statement)
        path.write_text(json.dumps(statement, indent=1, sort_keys=True, ensure_ascii=False) + "\n")

    def external(self, name, **facts):
        self.claim(name, lambda statement: definition(statement)["externalParameters"].update(facts))

    def forge(self, name):
        """Make the receipt of an output that was changed agree with it."""

        def agree(statement):
            for entry in statement["subject"]:
                entry["digest"]["sha256"] = sha256(self.path(entry["name"]))

        self.claim(name, agree)

    def scale(self, name, row, column, factor=0.5):
        """Multiply one value of a table."""
        path = self.path(name)
        lines = path.read_text().splitlines(keepends=True)
        (at,) = [i for i, line in enumerate(lines) if line.startswith(f"{row},{column},")]
        parts = lines[at].split(",")
        parts[2] = f"{float(parts[2]) * factor:.8g}"
        lines[at] = ",".join(parts)
        path.write_text("".join(lines))

    def found(self, **options):
        settings = options.pop("settings", ())
        return {(finding.file, finding.word) for finding in audit_of(self.results, self.root, settings, **options)[1]}


class Restored:
    """One copy of a finished run, put back as it was after every fault: far faster than a copy for each."""

    def __init__(self, finished, folder):
        self.whole = finished.folder
        self.run = Run(finished.copy(folder / "project"))
        self.states = self.state()

    def state(self):
        """Identity of every file; a link or a changed folder above it changes it."""
        found = {}
        for folder, folders, files in os.walk(self.run.root):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for name in (*files, *links):
                path = Path(folder, name)
                status = path.lstat()
                found[path.relative_to(self.run.root)] = (status.st_ino, status.st_size, status.st_ctime_ns)
        return found

    def restore(self):
        now = self.state()
        for name in now.keys() - self.states.keys():
            (self.run.root / name).unlink()
        for name in (name for name, state in self.states.items() if now.get(name) != state):
            path = self.run.root / name
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.whole / name, path, follow_symlinks=False)
        for path in self.run.root.parent.glob("outside*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.states = self.state()


def definition(statement):
    return statement["predicate"]["buildDefinition"]


def dependency(statement, name):
    return next(entry for entry in definition(statement)["resolvedDependencies"] if entry["name"] == name)


def byproduct(statement, name):
    return next(e["annotations"] for e in statement["predicate"]["runDetails"]["byproducts"] if e["name"] == name)


@dataclass(frozen=True)
class Fault:
    """What is done to a run, and what the audit must say of it."""

    plant: Callable[[Run], None]
    expected: set[tuple[str, str]]
    also: set[str] = field(default_factory=set)
    options: dict = field(default_factory=dict)


def swap(run, one, two):
    first, second = run.path(one).read_bytes(), run.path(two).read_bytes()
    run.path(one).write_bytes(second)
    run.path(two).write_bytes(first)


def flip(run, name):
    data = bytearray(run.path(name).read_bytes())
    data[len(data) // 2] ^= 1
    run.path(name).write_bytes(data)


def truncate(run, name):
    path = run.path(name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def link(run, name):
    outside = run.root.parent / "outside"
    shutil.move(run.path(name), outside)
    run.path(name).symlink_to(outside)


def keep_size_and_time(run):
    """After an audit that has remembered the checksums of settled files."""
    path = run.path(TABLE3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vspair.provenance.run.checksums.SETTLED_NS", 0)
        assert run.found() == set()
    before = path.stat()
    text = path.read_text()
    digit = next(i for i, character in enumerate(text) if character in "123456789")
    path.write_text(text[:digit] + ("1" if text[digit] != "1" else "2") + text[digit + 1 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def swap_runs(run, one, two):
    """Everything of two runs, receipts included."""
    aside = run.root.parent / "aside"
    shutil.move(run.path(one), aside)
    shutil.move(run.path(two), run.path(one))
    shutil.move(aside, run.path(two))


def forge_cell(run, row, column):
    run.scale(TABLE3, row, column)
    run.forge(TABLE3)


def forge_metrics(run):
    run.edit(IMAGES, "0.", "0.0")
    run.forge(IMAGES)


def forge_history(run):
    run.edit(f"{RUNS}/vsPAIR/digits/seed0/history.csv", "0.", "0.0")
    run.forge(f"{RUNS}/vsPAIR/digits/seed0/history.csv")


def forge_weights(run):
    flip(run, WEIGHTS)
    run.forge(WEIGHTS)


def other_torch(run):
    run.claim(WEIGHTS, lambda s: s["predicate"]["runDetails"]["builder"]["version"].update(torch="0.1"))


def hide_stale_code(run):
    """Change a formula and the fingerprint that the receipt of one training names."""
    from vspair.provenance import fingerprint

    run.project.edit("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability")
    run.project.commit()
    now = fingerprint(run.root, "scripts/train.py", read(run.receipt(WEIGHTS)).entries)
    run.claim(WEIGHTS, lambda s: dependency(s, "code")["digest"].update(sha256=now))


def hide_configuration(run):
    run.project.edit("config/config.yaml", "training: {epochs: 2}", "training: {epochs: 3}")

    def agree(statement):
        configuration = definition(statement)["externalParameters"]["configuration"]
        configuration["inpainting.methods.vsPAIR"]["training"]["epochs"] = 3

    run.claim(WEIGHTS, agree)


def change_lock(run):
    lock = run.root / "envs/constraints.txt"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join("matplotlib==0.1" if line.startswith("matplotlib==") else line for line in lines))


def dirty_job(run):
    """A job of the real workflow with uncommitted changes around it."""
    (run.root / "vspair/unused.py").write_text("")
    result = run.project.snakemake("table8", "--forcerun", "table8")
    assert result.returncode == 0, result.stderr


def without_commit(run):
    shutil.rmtree(run.root / ".git")
    result = run.project.snakemake("table8", "--forcerun", "table8")
    assert result.returncode == 0, result.stderr


def receipt_of_another(run, one, two):
    shutil.copy(run.receipt(one), run.receipt(two))


def sign_and_rewrite_all(run):
    """A forger who rewrites a cell that cannot be worked out again, and every receipt above it, the last included."""
    assert sign_off(run)["signed"]["name"] == "A. Reader"
    forge_cell(run, "vsPAIR", "mse_unit")
    ledger = run.path("ledger.csv")
    lines = ledger.read_text().splitlines(keepends=True)
    (line,) = [line for line in lines if line.startswith(f"{TABLE3},vsPAIR,mse_unit,")]
    parts = line.split(",")
    ledger.write_text("".join(lines).replace(line, ",".join([*parts[:3], f"{float(parts[3]) * 0.5:.8g}", *parts[4:]])))
    claims = read(run.receipt(TABLE3)).claims

    def agree(statement):
        for suffix in ("csv", "md", "tex"):
            entry = dependency(statement, TABLE3.replace("csv", suffix))
            entry["digest"]["sha256"] = sha256(run.path(entry["name"]))
            entry["annotations"]["claims"] = claims

    run.claim("ledger.csv", agree)
    run.forge("ledger.csv")


def sign_off(run):
    result = run.project.run("vspair", "audit", "results/demo", "--sign-off", "A. Reader")
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(run.path("audit.json").read_text())


def forge_text(run, name, before, after):
    run.edit(name, before, after)
    run.forge(name)


def forge_ledger(run):
    """One number of the last file, which no later job vouches for."""
    lines = run.path("ledger.csv").read_text().splitlines(keepends=True)
    parts = lines[1].split(",")
    forge_text(run, "ledger.csv", lines[1], ",".join([*parts[:3], "0.123", *parts[4:]]))


def change_images(run, change):
    """Metrics of other images than were promised, or without a value of one, and every receipt that names them."""
    text = run.path(IMAGES).read_text()
    header, *lines = text.splitlines()
    run.path(IMAGES).write_text(
        "\n".join([header, *change(header.split(","), [line.split(",") for line in lines])]) + "\n"
    )
    run.forge(IMAGES)
    claims = read(run.receipt(IMAGES)).claims

    def agree(statement):
        for entry in definition(statement)["resolvedDependencies"]:
            if entry["name"] == IMAGES:
                entry["digest"]["sha256"] = sha256(run.path(IMAGES))
            if "claims" in entry.get("annotations", {}) and entry["name"].startswith(IMAGES.rpartition("/")[0] + "/"):
                entry["annotations"]["claims"] = claims

    for path in run.results.rglob("*.receipt.json"):
        if f'"{IMAGES}"' in path.read_text() and path != run.receipt(IMAGES):
            run.claim(next(iter(read(path).outputs)), agree)


def put(column, value):
    """Another value of image 5."""

    def change(header, lines):
        lines[5][header.index(column)] = value
        return [",".join(line) for line in lines]

    return change


def remove_row(run):
    """A cell that nobody likes."""
    line = next(line for line in run.path(TABLE3).read_text().splitlines(keepends=True) if line.startswith("sVAE,nnz,"))
    forge_text(run, TABLE3, line, "")


def second_column(run):
    """Readers differ on which of two columns of one name they take."""
    lines = run.path(TABLE3).read_text().splitlines()
    run.path(TABLE3).write_text("\n".join([f"{lines[0]},value", *(f"{line},0.1" for line in lines[1:])]) + "\n")
    run.forge(TABLE3)


def hidden_code(run):
    """Code that differs from the commit and that git was told not to look at, in a run of the real workflow."""
    table = run.root / "scripts/table8.py"
    subprocess.run(["git", "-C", str(run.root), "update-index", "--assume-unchanged", "scripts/table8.py"], check=True)
    table.write_text(table.read_text().replace("def count(", "HIDDEN = 1\n\n\ndef count("))
    result = run.project.snakemake("table8")
    assert result.returncode == 0, result.stderr


def at(word, *names):
    return {(name, word) for name in names}


FAULTS = {
    "edited cell": Fault(lambda run: run.scale(TABLE3, "vsPAIR", "mse"), at("edited", TABLE3), {"contradiction"}),
    "edited verdict": Fault(
        lambda run: run.edit("tables/table8.csv", "not comparable", "reproduced"), at("edited", "tables/table8.csv")
    ),
    "edited rendering": Fault(
        lambda run: run.edit("tables/table3.md", "vsPAIR", "Vspair"), at("edited", "tables/table3.md")
    ),
    "edited figure": Fault(lambda run: flip(run, "figures/fig3.png"), at("edited", "figures/fig3.png")),
    "edited numbers of a figure": Fault(
        lambda run: run.edit("figures/fig9.csv", "LPD", "TV"), at("edited", "figures/fig9.csv"), {"contradiction"}
    ),
    "edited history": Fault(
        lambda run: run.edit(f"{RUNS}/PAIR/digits/seed0/history.csv", "0.", "1."),
        at("edited", f"{RUNS}/PAIR/digits/seed0/history.csv"),
    ),
    "edited metrics": Fault(lambda run: run.edit(IMAGES, "0.", "1."), at("edited", IMAGES)),
    "edited ledger": Fault(lambda run: run.edit("ledger.csv", "0.", "1."), at("edited", "ledger.csv")),
    "edit that keeps size and time": Fault(keep_size_and_time, at("edited", TABLE3), {"contradiction"}),
    "flipped bit in a checkpoint": Fault(lambda run: flip(run, WEIGHTS), at("edited", WEIGHTS)),
    "swapped checkpoints of two noise levels": Fault(
        lambda run: swap(run, *(f"tomography/runs/LPD/noise{level}/seed0/weights.safetensors" for level in (0, 10))),
        at("edited", *(f"tomography/runs/LPD/noise{level}/seed0/weights.safetensors" for level in (0, 10))),
    ),
    "swapped runs with their receipts": Fault(
        lambda run: swap_runs(run, *(f"tomography/runs/LPD/noise{level}/seed0" for level in (0, 10))),
        {(f"tomography/runs/LPD/noise{level}/seed0/train.receipt.json", "contradiction") for level in (0, 10)},
        {"edited", "unreceipted", "contradiction"},
    ),
    "truncated checkpoint": Fault(lambda run: truncate(run, WEIGHTS), at("edited", WEIGHTS)),
    "emptied metrics": Fault(lambda run: run.path(IMAGES).write_text(""), at("edited", IMAGES)),
    "missing metrics": Fault(lambda run: run.path(IMAGES).unlink(), at("missing", IMAGES)),
    "missing figure": Fault(lambda run: run.path("figures/fig3.pdf").unlink(), at("missing", "figures/fig3.pdf")),
    "link to elsewhere": Fault(lambda run: link(run, IMAGES), at("edited", IMAGES)),
    "linked folder": Fault(
        lambda run: link(run, f"{EVALUATIONS}/vsPAIR"),
        {(f"{EVALUATIONS}/vsPAIR", "edited"), (IMAGES, "unreceipted")},
        {"unreceipted", "contradiction"},
    ),
    "strange table": Fault(
        lambda run: shutil.copy(run.path(TABLE3), run.path("tables/table99.csv")),
        at("unreceipted", "tables/table99.csv"),
    ),
    "deleted receipt": Fault(
        lambda run: run.receipt(IMAGES).unlink(), at("unreceipted", IMAGES), {"unreceipted", "contradiction"}
    ),
    "truncated receipt": Fault(
        lambda run: truncate(run, f"{RUNS}/PAIR/digits/seed0/train.receipt.json"),
        at("damaged receipt", f"{RUNS}/PAIR/digits/seed0/train.receipt.json"),
        {"unreceipted"},
    ),
    "receipt of another run": Fault(
        lambda run: receipt_of_another(run, WEIGHTS, WEIGHTS.replace("vsPAIR", "vPAIR")),
        at("contradiction", f"{RUNS}/vPAIR/digits/seed0/train.receipt.json"),
        {"unreceipted", "mixed runs"},
    ),
    "second receipt": Fault(
        lambda run: shutil.copy(run.receipt(WEIGHTS), run.path(f"{RUNS}/vsPAIR/digits/seed0/old.receipt.json")),
        at("mixed runs", WEIGHTS),
        {"mixed runs", "contradiction"},
    ),
    "changed formula": Fault(
        lambda run: run.project.edit(
            "vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability"
        ),
        at("stale code", WEIGHTS, WEIGHTS.replace("vsPAIR", "sVAE")),
        {"stale code"},
    ),
    "changed look of a figure": Fault(
        lambda run: run.project.edit("vspair/reporting/maps.py", '"inferno"', '"viridis"'),
        at("stale code", "figures/fig3.png"),
    ),
    "removed script": Fault(
        lambda run: (run.root / "scripts/table8.py").unlink(), at("stale code", "tables/table8.csv")
    ),
    "changed formula hidden in a receipt": Fault(
        hide_stale_code, at("contradiction", WEIGHTS), {"stale code", "contradiction"}
    ),
    "changed version in the lock": Fault(
        change_lock, at("stale environment", "figures/fig3.png"), {"stale environment"}
    ),
    "other version in one job": Fault(
        other_torch, {(WEIGHTS, "mixed runs"), (WEIGHTS, "stale environment")}, {"contradiction", "mixed runs"}
    ),
    "changed configuration": Fault(
        lambda run: run.project.edit("config/config.yaml", "training: {epochs: 2}", "training: {epochs: 3}"),
        at("stale configuration", WEIGHTS),
        {"stale configuration"},
    ),
    "other settings on the command line": Fault(
        lambda run: None,
        at("stale configuration", TABLE3),
        {"stale configuration", "unknown seed"},
        {"settings": ["seeds=[7]"]},
    ),
    "changed configuration hidden in a receipt": Fault(
        hide_configuration, at("contradiction", WEIGHTS), {"stale configuration", "mixed runs", "contradiction"}
    ),
    "changed published value": Fault(
        lambda run: run.project.edit("config/published/vspair.yaml", "[687042, 0]", "[687043, 0]"),
        at("stale data", "tables/table8.csv"),
        {"stale data"},
    ),
    "mixed presets": Fault(
        lambda run: run.external(TABLE3, preset="paper"), at("mixed runs", TABLE3), {"contradiction"}
    ),
    "dirty tree": Fault(dirty_job, at("dirty tree", "tables/table8.csv"), {"contradiction"}),
    "no commit": Fault(without_commit, at("dirty tree", "tables/table8.csv"), {"contradiction"}),
    "wrong seed": Fault(lambda run: run.external(WEIGHTS, seed=1), at("unknown seed", WEIGHTS), {"contradiction"}),
    "no seed": Fault(lambda run: run.external(WEIGHTS, seed=None), at("unknown seed", WEIGHTS), {"contradiction"}),
    "another machine in a receipt": Fault(
        lambda run: run.claim(WEIGHTS, lambda s: byproduct(s, "machine").update(gpu="NVIDIA H200")),
        at("contradiction", WEIGHTS),
        {"contradiction"},
    ),
    "another commit in a receipt": Fault(
        lambda run: run.claim(WEIGHTS, lambda s: dependency(s, "source")["digest"].update(gitCommit="0" * 40)),
        {(WEIGHTS, "contradiction"), (WEIGHTS, "unknown commit")},
        {"contradiction"},
        options={"full": True},
    ),
    "another lock in a receipt": Fault(
        lambda run: run.claim(WEIGHTS, lambda s: dependency(s, "lock")["digest"].update(sha256="0" * 64)),
        at("contradiction", WEIGHTS),
        {"contradiction", "stale environment"},
        options={"full": True},
    ),
    "forged table, worked out from metrics": Fault(
        lambda run: forge_cell(run, "vsPAIR", "mse"),
        {(TABLE3, "contradiction"), ("ledger.csv", "stale data")},
        {"contradiction"},
    ),
    "forged table, worked out otherwise": Fault(
        lambda run: forge_cell(run, "vsPAIR", "mse_unit"), at("stale data", "ledger.csv"), {"contradiction"}
    ),
    "forged verdict": Fault(
        lambda run: forge_text(run, "tables/table8.csv", "not comparable", "reproduced"),
        {("tables/table8.csv", "contradiction"), ("ledger.csv", "stale data")},
        {"contradiction"},
    ),
    "forged published value": Fault(
        lambda run: forge_text(run, TABLE3, "0.0762", "0.462"),
        {(TABLE3, "contradiction"), ("ledger.csv", "stale data")},
        {"contradiction"},
    ),
    "forged ledger": Fault(forge_ledger, at("contradiction", "ledger.csv")),
    "removed row": Fault(remove_row, {(TABLE3, "contradiction"), ("ledger.csv", "stale data")}, {"contradiction"}),
    "second column of one name": Fault(
        second_column, {(TABLE3, "contradiction"), ("ledger.csv", "stale data")}, {"contradiction"}
    ),
    "code that git was told to overlook": Fault(
        hidden_code,
        at("contradiction", "tables/table8.csv") | at("dirty tree", "tables/table8.csv"),
        {"contradiction"},
        {"full": True},
    ),
    "forged table without a ledger": Fault(
        lambda run: (forge_cell(run, "vsPAIR", "mse_unit"), *(path.unlink() for path in run.results.glob("ledger.*"))),
        at("unvouched", TABLE3),
        {"unvouched"},
        {"full": True},
    ),
    "forged metrics": Fault(forge_metrics, at("stale data", TABLE3), {"stale data", "contradiction"}),
    "an image dropped from metrics": Fault(
        lambda run: change_images(run, lambda _, lines: [",".join(line) for line in lines[:-1]]),
        at("contradiction", IMAGES),
        {"stale data", "contradiction"},
    ),
    "an image twice in metrics": Fault(
        lambda run: change_images(run, lambda _, lines: [",".join(line) for line in [*lines[:-1], lines[0]]]),
        at("contradiction", IMAGES),
        {"stale data", "contradiction"},
    ),
    "a value blanked in metrics": Fault(
        lambda run: change_images(run, put("mse30", "")),
        {(IMAGES, "contradiction"), (TABLE3, "contradiction")},
        {"stale data", "contradiction"},
    ),
    "an infinite value in metrics": Fault(
        lambda run: change_images(run, put("mse", "inf")),
        {(IMAGES, "contradiction"), (TABLE3, "contradiction")},
        {"stale data", "contradiction"},
    ),
    "forged history": Fault(forge_history, at("stale data", "figures/fig_training.png"), {"contradiction"}),
    "forged checkpoint": Fault(forge_weights, at("stale data", IMAGES), {"stale data", "contradiction"}),
    "all rewritten after a person signed": Fault(sign_and_rewrite_all, at("stale record", "audit.json")),
}


TELLING = (
    *("edited cell", "edited verdict", "edited rendering", "edited metrics", "flipped bit in a checkpoint"),
    *("swapped runs with their receipts", "missing metrics", "link to elsewhere", "deleted receipt"),
    *("receipt of another run", "changed formula", "changed formula hidden in a receipt", "other version in one job"),
    *("changed configuration", "changed published value", "mixed presets", "dirty tree", "wrong seed"),
    *("another commit in a receipt", "forged table, worked out from metrics", "forged ledger", "forged metrics"),
    *("a value blanked in metrics", "code that git was told to overlook", "all rewritten after a person signed"),
)
"""One or more of each kind of break; the others are variants of these and planted among the slow tests."""


@pytest.fixture(scope="module")
def copied(finished, tmp_path_factory):
    return Restored(finished, tmp_path_factory.mktemp("tampered"))


@pytest.fixture
def tampered(copied):
    """A finished run to tamper with."""
    yield copied.run
    copied.restore()


@pytest.mark.parametrize(
    "name", [name if name in TELLING else pytest.param(name, marks=pytest.mark.slow) for name in FAULTS]
)
def test_a_planted_fault_is_found_and_named_rightly(tampered, name):
    fault = FAULTS[name]
    fault.plant(tampered)
    found = tampered.found(**fault.options)
    assert fault.expected <= found
    others = found - fault.expected
    assert {word for _, word in others} <= fault.also, sorted(others)


def test_the_copy_is_put_back_whole(copied):
    """Else one fault would be found in the place of the next."""
    assert copied.run.found() == set()


def test_a_release_needs_what_vouches_for_its_tables(tampered):
    """Without the ledger, a table that was forged with its receipt stands at the end of its chain."""
    forge_cell(tampered, "vsPAIR", "mse_unit")
    for path in (tampered.path("ledger.csv"), tampered.path("ledger.receipt.json")):
        path.unlink()
    result = tampered.project.run("vspair", "release-check", "results/demo")
    assert result.returncode == 25, result.stdout + result.stderr
    assert "tables/table3.csv" in result.stdout
    assert not tampered.path("report.html").exists()


def test_at_least_25_different_faults_are_planted():
    assert len(FAULTS) >= 25
    assert set(TELLING) <= set(FAULTS)


def test_no_false_alarm_on_the_clean_run(finished):
    run = Run(finished)
    assert run.found() == set()
    assert run.found(full=True) == set()
    assert run.found() == set()


def test_no_false_alarm_on_a_moved_folder_nor_on_touched_files(project, tmp_path):
    run = Run(project)
    moved = Path(shutil.move(run.results, tmp_path / "elsewhere"))
    for path in moved.rglob("*"):
        path.touch()
    assert audit_of(moved, run.root, full=True)[1] == []


def test_no_false_alarm_on_a_fresh_clone_with_the_results_beside_it(finished, tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(finished.folder), str(clone)], check=True)
    shutil.copytree(finished.folder / "results", clone / "results")
    assert audit_of(clone / "results/demo", clone, full=True)[1] == []


def test_no_false_alarm_after_a_comment(project):
    project.edit("vspair/training/loop.py", '"""The one training loop', '"""Another docstring. The one training loop')
    project.commit()
    assert Run(project).found(full=True) == set()


@pytest.fixture
def two_seeds(project):
    """Two trainings of one model that differ by the seed alone."""
    weights = [f"results/demo/{RUNS}/PAIR/digits/seed{seed}/weights.safetensors" for seed in (0, 1)]
    result = project.snakemake(*weights, "--config", "seeds=[0, 1]")
    assert result.returncode == 0, result.stderr
    return Run(project)


def test_swapped_checkpoints_of_two_seeds(two_seeds):
    """The tables were made with one seed, so the present configuration is theirs and the second seed is not known."""
    second = f"{RUNS}/PAIR/digits/seed1"
    assert two_seeds.found() == {(f"{second}/weights.safetensors", "unknown seed")}
    names = [f"{RUNS}/PAIR/digits/seed{seed}/weights.safetensors" for seed in (0, 1)]
    swap(two_seeds, *names)
    assert at("edited", *names) <= two_seeds.found()
    swap(two_seeds, *names)
    swap_runs(two_seeds, f"{RUNS}/PAIR/digits/seed0", second)
    assert (f"{second}/train.receipt.json", "contradiction") in two_seeds.found()


def test_each_kind_of_break_has_a_planted_fault():
    from vspair.provenance.audit.findings import CODES

    assert {word for fault in FAULTS.values() for _, word in fault.expected} == set(CODES)

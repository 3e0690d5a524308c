"""Readers of evidence: receipts and notes of a run folder through the commands, bundles, and crates."""

import contextlib
import importlib.util
import io
import json
import shutil
import types
import zlib
from pathlib import Path

import mutations
from hostile import Reader

TESTS = Path(__file__).parents[1]
RUN, KEPT = "results/demo", "kept"
TABLE = "tables/table1.csv"


def tiny():
    """The tiny project that the tests of evidence start from, and what a crate of it needs."""
    found = []
    for number, name in enumerate(("provenance", "provenance/crate")):
        spec = importlib.util.spec_from_file_location(f"tiny{number}", TESTS / name / "conftest.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.append(module)
    return found


def made(folder: Path):
    """A finished run of the tiny project with a ledger over its table."""
    from vspair.provenance.run.chain import Run
    from vspair.provenance.run.ledger import COLUMNS, flat, ledger

    base, crates = tiny()
    folder.mkdir(parents=True)
    project = base.Project(folder)
    base.write_tree(folder, crates.FILES)
    project.commit()
    project.everything()
    lines = [",".join(COLUMNS)]
    for line in flat(ledger(Run(project.run, folder)), {TABLE}):
        lines.append(",".join("" if line[key] is None else str(line[key]) for key in COLUMNS))
    text = "\n".join(lines) + "\n"
    project.job("ledger", [TABLE], ["ledger.csv"], text, script="scripts/table.py")
    return project


def make_run(folder: Path) -> None:
    made(folder / "run")


def make_notes(folder: Path) -> None:
    """A run with everything that it notes beside its receipts: jobs of another folder, and a signed record."""
    project = made(folder / "run")
    twin = json.loads((project.run / "models/0/model.receipt.json").read_text())
    joined = {"format": 1, "left_behind": {"models/9/model.txt": "0" * 64}, "twins": [twin]}
    (project.run / "joined.json").write_text(json.dumps(joined))
    commanded(project.root, "audit", RUN, "--sign-off", "A. Reviewer", "--note", "as it is")
    assert (project.run / "audit.json").is_file()


def make_bundle(folder: Path) -> None:
    project = made(folder / "kept")
    _, text = commanded(project.root, "bundle", RUN, KEPT, "--without", "prepared/*")
    assert (project.root / KEPT / "bundle.json").is_file(), text
    shutil.rmtree(project.run)


def commanded(root: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and text of a command at work in a tiny project, as a terminal in UTF-8 would be sent it."""
    import vspair
    from vspair.__main__ import main
    from vspair.commands import settings

    values = tiny()[0].VALUES
    config = types.SimpleNamespace(data_dir=None, select=lambda keys: {key: values[key] for key in keys})
    vspair.__file__ = str(root / "vspair/__init__.py")
    settings.resolve = lambda root, overrides: config
    raw = io.BytesIO()
    screen = io.TextIOWrapper(raw, encoding="utf-8", errors="strict", write_through=True)
    places = [str(root / one) if one in (RUN, KEPT) or one.startswith(f"{RUN}/") else one for one in arguments]
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        code = main(places)
    return code, raw.getvalue().decode()


class Answers(dict):
    """Command -> its exit code and text."""

    @property
    def refused(self) -> bool:
        """Whether the audit found a break, or could not begin."""
        return self["audit"][0] != 0


def read_run(folder: Path, out: Path, place: str = RUN):
    """What the audit says of it, and one further command, which the content of the files chooses."""
    out.mkdir()
    record = out / "audit.json"
    answers = Answers(audit=commanded(folder, "audit", place, "--json", str(record)))
    answers["record"] = (0, record.read_text(encoding="utf-8") if record.exists() else "{}")
    others = [
        ("audit", place, "--full"),
        ("report", place, "--output", str(out / "report.html")),
        ("release-check", place),
        ("why", f"{place}/{TABLE}", "--cell", "A", "error"),
        ("why", f"{place}/ledger.csv", "--json"),
        ("why", f"{place}/models/1/model.txt"),
    ]
    content = b"".join(path.read_bytes() for path in sorted(folder.glob(f"{place}/**/*")) if path.is_file())
    chosen = others[zlib.crc32(content) % len(others)]
    answers[" ".join(chosen[:1] + chosen[2:3])] = commanded(folder, *chosen)
    return answers


def read_bundle(folder: Path, out: Path):
    return read_run(folder, out, KEPT)


def well_said(value, truth, folder) -> str | None:
    """Text that a terminal can be given, JSON that any reader takes, and a break for each changed claim."""
    for command, (_, text) in value.items():
        strange = {character for character in text if not (character.isprintable() or character == "\n")}
        if strange:
            return f"{command} prints {''.join(sorted(strange))!a}"
        if any(len(line) > 20_000 for line in text.splitlines()):
            return f"{command} prints a line of {max(map(len, text.splitlines()))} characters"
    try:
        json.loads(value["record"][1], parse_constant=_no_constant)
    except ValueError as error:
        return f"the record is no JSON: {error}"
    if value["audit"][0] == 0 and (changed := _claims_changed(folder)):
        return f"a changed claim goes unnoticed: {changed}"
    return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _claims_changed(folder: Path) -> str | None:
    """Receipts of a job that a later one vouches for, of which a claim is not that of the unchanged sample."""
    place = RUN if (folder / RUN).is_dir() else KEPT
    for path in sorted((folder / place).rglob("*.receipt.json")):
        try:
            found = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return f"{path.name} is no JSON"
        name = path.relative_to(folder / place).as_posix()
        if name == "ledger.receipt.json":
            continue
        claims = _without_times(found)
        if CLAIMS.setdefault(name, claims) != claims:
            return name
    return None


CLAIMS: dict[str, object] = {}
"""Claims of each receipt of the unchanged sample, which is the first that is read."""


def _without_times(statement: dict) -> dict:
    details = statement["predicate"]["runDetails"]
    details.pop("metadata", None)
    details["byproducts"] = [one for one in details["byproducts"] if one["name"] not in ("duration", "evidence")]
    return statement


JSON = {".json": mutations.JSON}
READERS = (
    Reader("receipts", make_run, read_run, well_said, f"{RUN}/**/*.receipt.json", JSON, 400),
    Reader("tables", make_run, read_run, well_said, f"{RUN}/**/*.csv", {".csv": mutations.TABLE}, 200),
    Reader("notes", make_notes, read_run, well_said, f"{RUN}/[aj]*.json", JSON, 200),
    Reader("bundle", make_bundle, read_bundle, well_said, f"{KEPT}/bundle.json", JSON, 200),
)

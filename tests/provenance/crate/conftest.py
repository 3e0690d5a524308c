"""The tiny project with what every crate needs, and its crate."""

import json
import shutil

import pytest

from vspair.provenance.audit import audit
from vspair.provenance.crate import export

FILES = {
    "LICENSE": "Some licence\n",
    "README.md": "# Tiny\n",
    "CITATION.cff": (
        "cff-version: 1.2.0\ntitle: Tiny\nlicense: MIT\nauthors:\n  - name: The tiny developers\n"
        "  - family-names: Doe\n    given-names: Jane\n    orcid: https://orcid.org/0000-0002-1825-0097\n"
        "preferred-citation:\n  title: On tiny things\n  year: 2026\n  doi: 10.1234/tiny\n  authors:\n"
        "    - family-names: Roe\n"
    ),
    "workflow/Snakefile": "rule all: input: []\n",
    "workflow/rules/tiny.smk": "# rules\n",
    "docs/evidence.md": "# Evidence\n",
    "docs/reproduction/paper/notes.md": "A run of its own.\n",
}


class Crates:
    """A finished run of the tiny project and the means to export it."""

    def __init__(self, project, folder):
        self.project, self.folder = project, folder

    def export(self, name="crate", **options):
        run, root = self.project.run, self.project.root
        findings = options.pop("findings", None)
        findings = audit(run, root) if findings is None else findings
        export(run, self.folder / name, root, findings, **options)
        return self.folder / name


@pytest.fixture
def crates(project, tmp_path):
    for name, text in FILES.items():
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project.commit()
    project.everything()
    (project.run / "logs").mkdir(exist_ok=True)
    (project.run / "logs/train.log").write_text(f"read {project.root}\n")
    (project.run / "models/1/checkpoint.safetensors").write_text("half done")
    return Crates(project, tmp_path / "crates")


@pytest.fixture(scope="session")
def entities():
    """Reads the entities of a crate in a folder, by identifier."""

    def read(crate):
        graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
        found = {entity["@id"]: entity for entity in graph}
        assert len(found) == len(graph)
        return found

    return read


@pytest.fixture(scope="session")
def edit():
    """Changes the metadata of a crate in a folder."""

    def change(crate, action):
        path = crate / "ro-crate-metadata.json"
        document = json.loads(path.read_text())
        action({entity["@id"]: entity for entity in document["@graph"]}, document)
        path.write_text(json.dumps(document))

    return change


@pytest.fixture
def no_space(monkeypatch):
    """A disk without free space."""
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))

"""What the documents say is there, is there."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from vspair.config import Config, Model, resolve

ROOT = Path(__file__).parents[1]


def keys(section, prefix=""):
    """Dotted keys of all settings, `MODEL` standing for a model's name."""
    for name, field in section.model_fields.items():
        kind = Model if name == "models" else field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from keys(kind, f"{prefix}{name}.MODEL." if name == "models" else f"{prefix}{name}.")
        else:
            yield prefix + name


def documented():
    """Key -> cells of its line in docs/configuration.md."""
    lines = (ROOT / "docs/configuration.md").read_text().splitlines()
    return {
        cells[1].strip("` "): [cell.strip() for cell in cells[2:6]]
        for line in lines
        if (cells := line.split("|"))[0] == "" and len(cells) > 5 and "`" in cells[1]
    }


def test_every_setting_is_documented_and_nothing_else():
    assert set(documented()) == set(keys(Config))


@pytest.mark.parametrize(("column", "preset"), [(1, "demo"), (2, "quick"), (3, "paper")])
def test_documented_values_are_the_presets(column, preset, monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)
    config = resolve(ROOT, {"preset": preset})
    for key, cells in documented().items():
        if ".MODEL." not in key:
            value = config.select([key])[key]
            assert cells[column] == ("none" if value is None else str(value)), key


def test_links_in_the_documents_lead_to_files():
    for document in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_make_targets_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    found = re.findall(r"`make ([a-z-]+)|^    make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = {one or other for one, other in found}
    assert named
    assert named <= targets

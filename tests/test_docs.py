"""What the documents say is there, is there."""

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from vspair.config import Config, Model, Study, resolve

ROOT = Path(__file__).parents[1]


NAMED = {Model: "MODEL", Study: "STUDY"}
"""What stands for the names that the user gives to sections of one kind."""


def settings(section, prefix=""):
    """Dotted key -> description of all settings, `MODEL` and `STUDY` standing for the name of a model or a study."""
    found = {}
    for name, field in section.model_fields.items():
        kind = field.annotation
        values = typing.get_args(kind)[1] if typing.get_origin(kind) is dict else None
        if typing.get_origin(values) is typing.Annotated:
            for method in typing.get_args(typing.get_args(values)[0]):
                found |= settings(
                    method, f"{prefix}{name}.{typing.get_args(method.model_fields['kind'].annotation)[0]}."
                )
        elif typing.get_origin(kind) is dict and typing.get_args(kind)[1] in NAMED:
            kind = typing.get_args(kind)[1]
            found |= settings(kind, f"{prefix}{name}.{NAMED[kind]}.")
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= settings(kind, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.description
    return found


def named(key):
    """Whether a key is inside a section that has a name of its own, and so has no value that is all presets'."""
    return bool({"MODEL", "STUDY", "methods"} & set(key.split(".")))


def documented():
    """Key -> cells of its line in docs/configuration.md."""
    lines = (ROOT / "docs/configuration.md").read_text().splitlines()
    return {
        cells[1].strip("` "): [cell.strip() for cell in cells[2:6]]
        for line in lines
        if (cells := line.split("|"))[0] == "" and len(cells) > 5 and "`" in cells[1]
    }


def test_every_setting_is_documented_in_the_words_of_the_configuration_and_nothing_else():
    assert {key: cells[0] for key, cells in documented().items()} == settings(Config)


def test_the_walk_over_the_settings_finds_those_of_every_kind():
    """Written by hand: a walk that stops early would ask for too few lines."""
    assert {
        "seeds",
        "inpainting.evaluation.calibration.share",
        "inpainting.models.MODEL.weights.lambda_b",
        "inpainting.studies.STUDY.models",
        "inpainting.studies.STUDY.axes",
        "ct.noise.levels",
        "ct.methods.LPD.training.epochs",
        "ct.methods.vsPAIR.weights.lambda2",
        "theory.noise",
    } <= set(settings(Config))


def test_what_has_many_names_is_documented_once_without_values():
    assert all(cells[1:] == ["", "", ""] for key, cells in documented().items() if named(key))


def test_every_study_model_and_method_that_ships_is_named_in_the_text():
    text = (ROOT / "docs/configuration.md").read_text()
    config = resolve(ROOT, {})
    for name in (*config.inpainting.models, *config.inpainting.studies, *config.ct.methods):
        assert f"`{name}`" in text


@pytest.mark.parametrize(("column", "preset"), [(1, "demo"), (2, "quick"), (3, "paper")])
def test_documented_values_are_the_presets(column, preset, monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)
    config = resolve(ROOT, {"preset": preset})
    for key, cells in documented().items():
        if not named(key):
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


def test_the_python_example_of_the_readme_runs(capsys):
    """On signals it must learn something: predicting 0 has an error of 1."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    shape, error = re.search(r"Size\((.*)\) (\S+)", capsys.readouterr().out).groups()
    assert shape == "[200, 4, 16]"
    assert float(error) < 0.8

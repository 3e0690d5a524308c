"""What the documents take from settings and rules is in step with them."""

import json
import subprocess
import sys

import jsonschema
import pytest
import yaml

from vspair.commands import docs
from vspair.errors import VspairError
from vspair.problems.configuration import config_class
from vspair.problems.schema import settings, settings_of_kinds

SCHEMA = "# yaml-language-server: $schema="


def test_the_documents_are_in_step_with_settings_and_rules(root):
    """By the real workflow; what fails here is mended by `python -m vspair docs`."""
    command = [sys.executable, "-m", "vspair", "docs", "--check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_what_is_out_of_step_is_named_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(docs, "written", lambda root: {"a.md": "new", "b.md": "same"})
    (tmp_path / "b.md").write_text("same")
    check, write = (docs.argparse.Namespace(check=check) for check in (True, False))
    assert docs.run(check, tmp_path) == 1
    assert capsys.readouterr().out == "a.md: out of step\nnext: python -m vspair docs\n"
    assert not (tmp_path / "a.md").exists()
    assert (docs.run(write, tmp_path), docs.run(check, tmp_path)) == (0, 0)
    assert (tmp_path / "a.md").read_text() == "new"


def test_text_goes_between_its_lines_and_nowhere_else(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("above\n<!-- x: written by `python -m vspair docs` -->\nold\n<!-- end of x -->\nbelow\n")
    assert docs._between(path, "x", "new") == path.read_text().replace("\nold\n", "\n\nnew\n\n")
    with pytest.raises(
        VspairError, match=r"expected the lines <!-- y.* and <!-- end of y --> in .*page.md, found not both"
    ):
        docs._between(path, "y", "new")


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("Table 8. Latent dimensions and parameters; `map` is one.", "Latent dimensions and parameters"),
        ("Figure 9: one CT slice.\n", "One CT slice"),
        ("PSNR against noise (Figure 2).", "PSNR against noise (Figure 2)"),
    ],
)
def test_of_a_caption_the_list_of_targets_takes_what_it_says_first(caption, said):
    assert docs._first(caption) == said


def test_every_setting_is_described_and_the_walk_finds_those_of_every_kind():
    """Written by hand: a walk that stops early would ask for too few lines."""
    own, kinds = {s.key: s for s in settings(config_class())}, settings_of_kinds()
    assert all(s.meaning for s in (*own.values(), *kinds))
    assert {"seeds", "inpainting.evaluation.calibration.share", "tomography.training.epochs", "theory.noise"} <= set(
        own
    )
    assert own["device"].words == ("cpu", "cuda")
    of = {(s.key, kind) for s, names in kinds.items() for kind in names}
    assert {("weights.lambda_b", "vsPAIR"), ("training.epochs", "LPD"), ("strengths", "TV"), ("label", "FBP")} <= of


@pytest.fixture(scope="module")
def schema(root):
    found = json.loads((root / "config/schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def test_every_file_of_settings_names_the_schema_and_holds_what_it_allows(root, schema):
    files = [path for path in root.glob("config/**/*.yaml") if path.read_text().startswith(SCHEMA)]
    assert {path.stem for path in files} >= {"config", "inpainting", "tomography", "theory", "demo", "quick", "paper"}
    for path in files:
        assert (
            path.parent / path.read_text().splitlines()[0].removeprefix(SCHEMA)
        ).resolve() == root / "config/schema.json"
        schema.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    "wrong",
    [
        {"sedes": [0]},
        {"threads": 0},
        {"inpainting": {"training": {"epoch": 1}}},
        {"inpainting": {"methods": {"PAIR": {"alpha0": 1}}}},
        {"tomography": {"methods": {"mine": {"kind": "FBP", "filter": "box"}}}},
        {"presets": {"demo": {"nothing": 1}}},
    ],
)
def test_editors_are_told_of_wrong_settings(schema, wrong):
    assert not schema.is_valid(wrong)

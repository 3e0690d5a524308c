"""From files and user settings to one configuration: the order of the layers, and what is refused with which words."""

import json
import re
from pathlib import Path
from typing import Literal

import pydantic
import pytest
import yaml
from pydantic import Field, create_model

from vspair.config import Section
from vspair.errors import VspairError
from vspair.problems.configuration import RunSettings, resolve
from vspair.problems.registry import installed

PRESETS = ("demo", "quick", "paper")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_resolves(resolved, preset):
    assert resolved(preset).preset == preset


def test_the_settings_that_ship_resolve_to_the_demo(root):
    config = resolve(root, yaml.safe_load((root / "config/config.yaml").read_text()))
    assert (config.preset, config.device, config.inpainting.data.source) == ("demo", "cpu", "digits")


def test_the_presets_on_disk_are_those_that_the_type_allows(root):
    assert {path.stem for path in (root / "config/presets").glob("*.yaml")} == set(PRESETS)
    for name in installed():
        assert set(yaml.safe_load((root / f"config/{name}.yaml").read_text())["presets"]) == set(PRESETS)


def test_the_user_wins_over_the_preset_and_the_preset_over_the_problem(root, resolved):
    file = yaml.safe_load((root / "config/inpainting.yaml").read_text())
    base, preset = file["inpainting"]["training"], file["presets"]["demo"]["training"]
    assert len({base["batch_size"], preset["batch_size"], 7}) == 3
    assert resolved().inpainting.training.batch_size == preset["batch_size"]
    problem = resolved(inpainting={"training": {"batch_size": 7}}).inpainting
    assert (problem.training.batch_size, problem.training.epochs) == (7, preset["epochs"])
    assert problem.data.patches == 10


def test_the_data_folder_is_the_setting_or_the_variable_or_nothing(resolved, monkeypatch):
    assert resolved().data_dir is None
    monkeypatch.setenv("VSPAIR_DATA", "/from/variable")
    assert resolved(data_dir=None).data_dir == "/from/variable"
    assert resolved(data_dir="/from/user").data_dir == "/from/user"


def test_a_resolved_configuration_cannot_be_changed(resolved):
    with pytest.raises(pydantic.ValidationError):
        resolved().inpainting.training.epochs = 1


WRONG = [
    ({"sedes": [0]}, "unknown key 'sedes'"),
    ({"ct": {}}, "unknown key 'ct'"),
    ({"preset": "tiny"}, "preset must be one of demo, paper, quick, found 'tiny'"),
    ({"preset": None}, "preset must be one of demo, paper, quick, found None"),
    ({"device": "tpu"}, "device: must be 'cpu' or 'cuda', found 'tpu'"),
    ({"precision": "float16"}, "precision: must be .*found 'float16'"),
    ({"captured": True, "device": "cpu"}, "captured is true and device is cpu.*leave captured out"),
    ({"threads": 0}, "threads: must be greater than 0, found 0"),
    ({"jobs_per_gpu": 0}, "jobs_per_gpu: .*found 0"),
    ({"lock": 3}, "lock: must be a valid string, found 3"),
    ({"seeds": []}, r"seeds: must have at least 1 of them, found \[\]"),
    ({"seeds": [0, 1, 0]}, r"seeds must be distinct and not negative, found \[0, 1, 0\]"),
    ({"seeds": [-1]}, r"seeds must be distinct and not negative, found \[-1\]"),
    ({"threads": True}, "threads: must not be true or false, found True"),
    ({"threads": 10**9}, "threads: must be less than or equal to 1000, found 1000000000"),
    ({"seeds": [True]}, r"seeds: must not be true or false, found \[True\]"),
    ({"seeds": list(range(3000))}, r"seeds: must have at most 100 of them, found \[0, 1, 2, .*\.\.\.\]"),
    ({"seeds": [10**12]}, "seeds must be below 2.32, found 1000000000000"),
    ({"seeds": [10**30]}, "seeds.0: expected whole numbers below 2.63, found a whole number of about 31 digits"),
    ({"lock": "../x"}, "lock: must be a path inside its folder"),
    ({"lock": "/etc/passwd"}, "lock: must be a path inside its folder"),
    ({"data_dir": ""}, "data_dir: must not be empty, found ''"),
    ({"data_dir": "a{b}"}, "data_dir: must be a path without braces, .* found 'a{b}'"),
    ({"data_dir": "a\nb"}, r"data_dir: must be a path without braces, line breaks.* found 'a\\nb'"),
    ({"data_dir": "~/data"}, "data_dir: must be a whole path, since nothing replaces ~ here, found '~/data'"),
    ({"data_dir": "x" * 300}, "data_dir: must be a path of at most 1000 bytes and 255 in each part"),
    ({"theory": {"noise": 1e-12}}, "theory.noise: must be greater than or equal to 0.001, found 1e-12"),
    ({"theory": {"pairs": float("nan")}}, "theory.pairs: .*found nan"),
    ({"determinism": {"epochs": 1}}, "determinism.epochs: must be greater than or equal to 2, found 1"),
    ({"theory": {"latent_y": 1}}, "theory: latent_y=1 must be at least observation=3"),
    ({"theory": None}, "theory: must be a section with keys of its own, found None"),
    ({"inpainting": 3}, "inpainting: must be a section with keys of its own, found 3"),
]


@pytest.mark.parametrize(("settings", "sentence"), WRONG, ids=[repr(settings) for settings, _ in WRONG])
def test_a_wrong_setting_gives_one_sentence_that_names_its_key(refused, settings, sentence):
    assert re.search(sentence, refused(**settings))


def test_two_wrong_settings_are_both_named(resolved):
    with pytest.raises(VspairError, match=r"threads: .*; .*'sedes'"):
        resolved(threads=0, sedes=1)


def test_a_data_folder_of_the_environment_is_checked_too(resolved, monkeypatch):
    monkeypatch.setenv("VSPAIR_DATA", "/a{b}")
    with pytest.raises(VspairError, match="data_dir: must be a path without braces"):
        resolved()


def test_of_many_faults_a_few_are_told(resolved):
    with pytest.raises(VspairError, match=r"; and 32 more \(see config/") as caught:
        resolved(seeds=["x"] * 40)
    assert str(caught.value).count(";") == 8


def test_more_trainings_than_can_be_planned_are_refused(refused):
    axes = {"axes": {"methods.vsPAIR.alpha0": list(range(1, 11)), "methods.vsPAIR.beta0": list(range(1, 12))}}
    studies = {"hyperprior": {**axes, "seeds": list(range(100))}}
    assert "inpainting asks for 11" in refused(inpainting={"studies": studies})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("theory: {qoi: 1, qoi: 2}", "expected YAML in .*theory.yaml, found: the key 'qoi' twice in one section"),
        ("theory: &a [*a]", "theory.0.*: expected at most 20 sections inside one another.* in .*theory.yaml"),
        (None, "expected settings at .*theory.yaml, found no file"),
        ("theory: [", "expected YAML in .*theory.yaml, found"),
        ("- theory", r"expected `key: value` in .*theory.yaml, found \['theory'\]"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, text, sentence):
    presets = tmp_path / "config/presets"
    presets.mkdir(parents=True)
    (presets / "demo.yaml").touch()
    if text:
        (tmp_path / "config/theory.yaml").write_text(text)
    with pytest.raises(VspairError, match=sentence):
        resolve(tmp_path, {})


def test_select_gives_plain_values_at_dotted_keys(resolved):
    changes = {"evaluation": {"localisation": {"images": 7}}, "studies": {"choices": {"train": 33}}}
    keys = [
        "seeds",
        "lock",
        "inpainting.image",
        "inpainting.evaluation.localisation",
        "inpainting.studies.choices.train",
    ]
    chosen = resolved(seeds=[4, 2], inpainting=changes).select(keys)
    values = [[4, 2], "envs/constraints.txt", [28, 28], {"images": 7, "levels": [-4, -2, 2, 4]}, 33]
    assert chosen == dict(zip(keys, values, strict=True))
    assert json.loads(json.dumps(chosen)) == chosen


@pytest.mark.parametrize("key", ["inpainting.train", "nothing", "seeds.first", ""])
def test_select_refuses_a_key_that_is_not_there(resolved, key):
    with pytest.raises(VspairError, match=f"no key {key!r}"):
        resolved().select([key])


class Old(Section):
    size: int = Field(description="stated in the files")


class New(Old):
    shape: Literal["round", "square"] = Field("round", description="a setting that came later")


class Whole(Section):
    share: float = Field(0.5, description="all of this section is at its defaults")


def test_a_new_setting_with_a_default_changes_no_selection():
    """Else every finished job of a problem would be stale for an option that nobody uses."""

    def run(part, whole):
        fields = {"part": (type(part), Field()), "whole": (type(whole), Field(type(whole)()))}
        return create_model("Run", __base__=RunSettings, **fields).model_construct(part=part, whole=whole)

    keys = ["part", "part.size", "whole"]
    before, after = run(Old(size=3), Section()), run(New(size=3), Whole())
    assert before.select(keys) == after.select(keys) == {"part": {"size": 3}, "part.size": 3, "whole": {}}
    used = run(New(size=3, shape="square"), Whole(share=0.25)).select(keys)
    assert (used["part"], used["whole"]) == ({"size": 3, "shape": "square"}, {"share": 0.25})
    assert after.select(["part.shape"]) == {"part.shape": "round"}


def test_what_is_only_shown_is_selected_by_no_job(resolved):
    """A label or another choice of data sets must not train a method again."""
    key = "tomography.methods.UNet"
    changes = {"methods": {"UNet": {"label": "mine", "datasets": ["noise0"]}}, "compare": ["UNet"]}
    assert resolved(tomography=changes).select([key]) == resolved().select([key])


def test_the_default_lock_is_there(root, resolved):
    assert Path(root / resolved().lock).is_file()

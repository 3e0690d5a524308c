import json
from pathlib import Path

import pydantic
import pytest
import yaml

from vspair.config import BASELINES, Config, resolve
from vspair.errors import VspairError

ROOT = Path(__file__).parents[2]
PRESETS = ("demo", "quick", "paper")
STUDIES = ("hyperprior", "lambda3", "choices")


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)


def inpainting(**parts):
    return {"inpainting": parts}


def localisation(**settings):
    return inpainting(evaluation={"localisation": settings})


def calibration(**settings):
    return inpainting(evaluation={"calibration": settings})


def sections(model):
    """Every pydantic model reachable from `model`."""
    found = {model}
    for field in model.model_fields.values():
        pending = [field.annotation]
        while pending:
            kind = pending.pop()
            if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
                found |= sections(kind)
            else:
                pending += getattr(kind, "__args__", ())
    return found


def test_every_field_of_every_section_is_described():
    walked = sections(Config)
    assert {section.__name__ for section in walked} == {
        *("Config", "Problem", "Data", "Model", "Weights", "Choices", "Training", "Evaluation", "Figure"),
        *("Calibration", "Localisation", "Study", "Theory", "Determinism"),
        *("Tomography", "ScanSettings", "SliceData", "Noise", "ScanEvaluation", "ScanFigures"),
        *("Filtered", "Variational", "Unrolled", "Postprocessing", "Paired"),
    }
    undescribed = [
        f"{section.__name__}.{name}"
        for section in walked
        for name, field in section.model_fields.items()
        if not field.description
    ]
    assert undescribed == []


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_resolves_with_the_papers_models_and_the_baselines(preset):
    config = resolve(ROOT, {"preset": preset})
    assert config.preset == preset
    assert list(config.inpainting.models) == ["PAIR", "vPAIR", "sVAE", "vsPAIR", *BASELINES]


def test_the_presets_on_disk_are_those_that_the_type_allows():
    assert {path.stem for path in (ROOT / "config" / "presets").glob("*.yaml")} == set(PRESETS)


def test_the_settings_that_ship_resolve_to_the_demo():
    config = resolve(ROOT, yaml.safe_load((ROOT / "config" / "config.yaml").read_text()))
    assert (config.preset, config.device, config.inpainting.data.source) == ("demo", "cpu", "digits")


def test_the_paper_preset_is_the_paper():
    """Section 4.1 and Table 9, by hand."""
    problem = resolve(ROOT, {"preset": "paper"}).inpainting
    assert problem.image == (28, 28)
    assert (problem.data.source, problem.data.train, problem.data.test) == ("mnist", 54_000, 6_000)
    assert (problem.data.patches, problem.data.patch_size) == (10, 5)
    assert (problem.training.epochs, problem.training.batch_size, problem.training.learning_rate) == (100, 64, 1e-4)
    assert problem.evaluation.samples == 30
    assert problem.evaluation.localisation.images == 6_000
    assert problem.figures.percentiles == (25, 50, 96)
    assert problem.figures.localised == (50, 75, 90)
    assert (problem.figures.levels[0], problem.figures.levels[-1]) == (-4, 4)
    assert problem.figures.scatter == 500


@pytest.mark.parametrize("preset", PRESETS)
def test_baselines_have_the_backbone_and_the_latent_of_the_papers_dense_models(preset):
    """Else a comparison with them would be one of sizes."""
    models = resolve(ROOT, {"preset": preset}).inpainting.models
    for name in BASELINES:
        assert (models[name].channels, models[name].latent_x) == (models["vPAIR"].channels, models["vPAIR"].latent_x)
        assert models[name].weights.lambda1 == models[name].weights.gamma_x == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_enough_samples_reach_the_tails_of_every_level(preset):
    """The quantile at (1 - c) / 2 needs a rank of at least 1 among S + 1: S >= 2 / (1 - c) - 1."""
    calibration = resolve(ROOT, {"preset": preset}).inpainting.evaluation.calibration
    assert (1 - max(calibration.levels)) / 2 * (calibration.samples + 1) >= 1 - 1e-9


def test_the_weights_are_those_of_table_9():
    """Zero stands for a dash of the table, where the model has no such term."""
    table = {
        "PAIR": {"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0},
        "vPAIR": {"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0, "gamma_x": 1.0, "gamma_y": 0.1},
        "sVAE": {"lambda1": 1.0, "lambda_rho": 1.4, "alpha0": 1.0, "beta0": 127.0, "gamma_x": 1.0},
        "vsPAIR": {
            **{"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0, "lambda_rho": 1.4, "alpha0": 1.0, "beta0": 127.0},
            **{"gamma_x": 1.0, "gamma_y": 0.1, "lambda_b": 0.05},
        },
    }
    models = resolve(ROOT, {"preset": "paper"}).inpainting.models
    assert set(models) == {*table, *BASELINES}
    for name, row in table.items():
        weights = models[name].weights.model_dump()
        shapes = {key: value for key in ("alpha0", "beta0") if (value := getattr(models[name], key)) is not None}
        assert shapes == {key: row.pop(key) for key in ("alpha0", "beta0") if key in row}
        assert {key: weights[key] for key in row} == row, name
        dashes = [key for key in weights if key not in row and not key.startswith("gamma")]
        assert all(weights[key] == 0 for key in dashes), name


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sedes": [0]}, "unknown key 'sedes'"),
        (inpainting(models={"PAIR": {"alpha0": 1.0}}), "models.PAIR has no alpha0: remove it"),
        (inpainting(models={"vsPAIR": {"hidden": None}}), "models.vsPAIR needs hidden"),
        (inpainting(models={"CVAE": {"latent_y": 3}}), "models.CVAE has no latent_y: remove it"),
        (inpainting(models={"Ensemble": {"members": None}}), "models.Ensemble needs members"),
        (inpainting(models={"Ensemble": {"members": 1}}), "models.Ensemble.members: .*found 1"),
        (inpainting(training={"epoch": 3}), "unknown key 'inpainting.training.epoch'"),
        (inpainting(models={"vPAIR": {"weights": {"lambda9": 1}}}), "'inpainting.models.vPAIR.weights.lambda9'"),
        (
            inpainting(models={"VAE": {"channels": [4, 8], "latent_x": 2, "weights": {}}}),
            "inpainting.models.VAE: .*found 'VAE'",
        ),
        ({"device": "tpu"}, "device: .*'cpu' or 'cuda', found 'tpu'"),
        ({"precision": "float16"}, "precision: .*found 'float16'"),
        ({"threads": 0}, "threads: .*greater than 0, found 0"),
        ({"jobs_per_gpu": 0}, "jobs_per_gpu: .*found 0"),
        ({"seeds": []}, "seeds: .*found \\[\\]"),
        ({"seeds": [0, 1, 0]}, r"seeds must be distinct and not negative, found \[0, 1, 0\]"),
        ({"seeds": [-1]}, r"seeds must be distinct and not negative, found \[-1\]"),
        (inpainting(data={"source": "cifar"}), "inpainting.data.source: .*found 'cifar'"),
        (inpainting(data={"train": 0}), "inpainting.data.train: .*found 0"),
        (inpainting(data={"patch_size": 29}), "inpainting: .*data.patch_size=29 .* image of 28x28"),
        (inpainting(image=[30, 28]), "models.PAIR.channels halve the image 2 times, .*image=30x28 .* by 4"),
        (inpainting(image=[28]), "inpainting.image"),
        (inpainting(training={"epochs": 0}), "inpainting.training.epochs: .*found 0"),
        (inpainting(training={"epochs": 1.5}), "inpainting.training.epochs: .*found 1.5"),
        (inpainting(training={"learning_rate": -1e-3}), "inpainting.training.learning_rate: .*found -0.001"),
        (inpainting(training={"learning_rate": float("inf")}), "inpainting.training.learning_rate: .*found inf"),
        (inpainting(training={"learning_rate": float("nan")}), "inpainting.training.learning_rate: .*found nan"),
        (inpainting(training=None), "inpainting.training: .*found None"),
        (inpainting(evaluation={"samples": 1}), "inpainting.evaluation.samples: .*found 1"),
        (inpainting(figures={"percentiles": [50, 101]}), "inpainting.figures.percentiles.1: .*found 101"),
        (inpainting(figures={"localised": [-1]}), "inpainting.figures.localised.0: .*found -1"),
        (inpainting(figures={"levels": [1, 2, 3]}), "figures: levels must hold 0"),
        (inpainting(figures={"examples": [0, 180]}), "figures.examples names test image 180, but data.test=180"),
        (inpainting(figures={"scatter": 181}), "figures.scatter=181 is more than the data.test=180"),
        (localisation(images=181), "localisation.images=181 is more than the data.test=180"),
        (localisation(images=0), "localisation.images: .*found 0"),
        (localisation(levels=[-1, 0]), "levels must not hold 0"),
        (localisation(levels=[]), "localisation.levels: .*found \\[\\]"),
        (calibration(samples=9), "calibration.samples: .*found 9"),
        (calibration(samples=38), "calibration.samples=38 .*0.95.* 39"),
        (calibration(levels=[0.5, 1.0]), "calibration.levels.1: .*found 1.0"),
        (calibration(share=1), "calibration.share: .*found 1"),
        (calibration(share=0.1), "share=0.1 of data.test=180 leaves 18 images .* level 0.95 needs 19"),
        (calibration(scaling_level=0.93), "scaling_level=0.93 must be one of levels"),
        (inpainting(choices={"mapping_space": "pixels"}), "inpainting.choices.mapping_space: .*found 'pixels'"),
        (inpainting(models={"PAIR": {"channels": [16]}}), "inpainting.models.PAIR.channels: "),
        (inpainting(models={"PAIR": {"weights": {"lambda1": -1}}}), "PAIR.weights.lambda1: .*found -1"),
        ({"preset": "tiny"}, "preset must be one of demo, paper, quick, found 'tiny'"),
        ({"preset": None}, "preset must be one of demo, paper, quick, found None"),
    ],
)
def test_a_wrong_setting_gives_one_sentence_that_names_its_key(settings, sentence):
    with pytest.raises(VspairError, match=sentence) as caught:
        resolve(ROOT, settings)
    message = str(caught.value)
    assert message.startswith("configuration: ")
    assert "\n" not in message
    assert ";" not in message


@pytest.mark.parametrize(
    ("levels", "images"), [([0.9], 9), ([0.5, 0.9], 9), ([0.8], 4), ([0.95], 19), ([0.5, 0.6, 0.7], 3)]
)
def test_as_many_images_as_the_conformal_scaling_needs_are_enough(levels, images):
    """n >= 1 / (1 - c) - 1, in fractions: 9 for 0.9, for which floats would ask for 10; one fewer is refused."""
    settings = {"levels": levels, "scaling_level": levels[-1], "share": 0.5}
    sizes = {"figures": {"scatter": 1, "examples": [0]}, "studies": {name: {"test": 1} for name in STUDIES}}

    def resolved(test):
        evaluation = {"localisation": {"images": 1}, "calibration": settings}
        return resolve(ROOT, inpainting(data={"test": test}, evaluation=evaluation, **sizes))

    assert resolved(2 * images).inpainting.data.test == 2 * images
    with pytest.raises(VspairError, match=rf"leaves {images - 1} images .* level {levels[-1]} needs {images}"):
        resolved(2 * images - 1)


def test_two_wrong_settings_are_both_named():
    with pytest.raises(VspairError, match=r"threads: .*; .*'sedes'"):
        resolve(ROOT, {"threads": 0, "sedes": 1})


def test_the_user_wins_over_the_preset_and_the_preset_over_the_problem():
    problem = yaml.safe_load((ROOT / "config" / "inpainting.yaml").read_text())["inpainting"]["training"]
    preset = yaml.safe_load((ROOT / "config" / "presets" / "demo.yaml").read_text())["inpainting"]["training"]
    assert len({problem["batch_size"], preset["batch_size"], 7}) == 3
    assert resolve(ROOT, {}).inpainting.training.batch_size == preset["batch_size"]
    config = resolve(ROOT, inpainting(training={"batch_size": 7}))
    assert config.inpainting.training.batch_size == 7
    assert config.inpainting.training.epochs == preset["epochs"]
    assert config.inpainting.data.patches == 10


def test_the_data_folder_is_the_setting_or_the_variable_or_nothing(monkeypatch):
    assert resolve(ROOT, {}).data_dir is None
    monkeypatch.setenv("VSPAIR_DATA", "/from/variable")
    assert resolve(ROOT, {"data_dir": None}).data_dir == "/from/variable"
    assert resolve(ROOT, {"data_dir": "/from/user"}).data_dir == "/from/user"


def test_a_resolved_configuration_cannot_be_changed():
    with pytest.raises(pydantic.ValidationError):
        resolve(ROOT, {}).inpainting.training.epochs = 1


def test_select_gives_plain_values_at_dotted_keys():
    keys = ["seeds", "inpainting.image", "inpainting.evaluation", "inpainting.studies.choices.train"]
    evaluation = {"localisation": {"images": 7}, "calibration": {"samples": 51}}
    settings = {"seeds": [4, 2], **inpainting(evaluation=evaluation, studies={"choices": {"train": 33}})}
    chosen = resolve(ROOT, settings).select(keys)
    levels = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    assert chosen == {
        "seeds": [4, 2],
        "inpainting.image": [28, 28],
        "inpainting.evaluation": {
            "samples": 30,
            "batch_size": 250,
            "calibration": {"samples": 51, "levels": levels, "share": 0.5, "scaling_level": 0.9},
            "localisation": {"images": 7, "levels": [-4, -2, 2, 4]},
        },
        "inpainting.studies.choices.train": 33,
    }
    assert json.loads(json.dumps(chosen)) == chosen


@pytest.mark.parametrize("key", ["inpainting.train", "nothing", "seeds.first", ""])
def test_select_refuses_a_key_that_is_not_there(key):
    with pytest.raises(VspairError, match=f"no key {key!r}"):
        resolve(ROOT, {}).select([key])


def test_a_model_is_given_exactly_the_sizes_that_it_has():
    models = resolve(ROOT, {}).inpainting.models
    assert models["PAIR"].architecture() == {"channels": (16, 32, 64), "latent_x": 32, "latent_y": 32}
    sparse = {"alpha0": 1.0, "beta0": 127.0, "rho_start": 0.5}
    assert models["sVAE"].architecture() == {"channels": (16, 32, 64), "latent_x": 784, **sparse}
    assert models["CVAE"].architecture() == {"channels": (16, 32, 64), "latent_x": 32}
    assert models["Ensemble"].architecture() == {"channels": (16, 32, 64), "latent_x": 32, "members": 2}

"""Studies: their designs, the names of their runs, and which runs a model shares because a setting is not its own."""

import math
import typing
from pathlib import Path

import pytest
import torch
from vspair.config.models import SIZES, ModelName
from vspair.config.studies import concerns

from vspair.config import Choices, Model, Study, Training, Weights, parse_run, resolve, run_name, with_settings
from vspair.errors import VspairError
from vspair.training import ResidentPairs, train_model

ROOT = Path(__file__).parents[2]
MODELS = typing.get_args(ModelName)
STUDY = {"models": ["PAIR"], "design": "each", "axes": {"training.epochs": [1]}, "train": 10, "test": 10, "seeds": [0]}
LONGEST_NAME = 255  # bytes of one part of a path, on every usual file system


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)


def study(**changes):
    return Study.model_validate(STUDY | changes)


A, B = "training.epochs", "data.scale"
AXES = {A: [1, 2, 3], B: ["x", "y"], "choices.left_alone": []}


def test_a_grid_has_every_combination_once():
    points = study(design="grid", axes=AXES).points()
    assert points == [{A: a, B: b} for a in (1, 2, 3) for b in ("x", "y")]


def test_each_has_the_problems_values_and_every_other_value_alone():
    points = study(design="each", axes=AXES).points()
    assert points == [{}, {A: 1}, {A: 2}, {A: 3}, {B: "x"}, {B: "y"}]


@pytest.mark.parametrize("design", ["grid", "each"])
def test_axes_without_values_leave_the_problem_as_it_is(design):
    assert study(design=design, axes={A: [], B: []}).points() == [{}]


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ({}, "default"),
        ({"models.vsPAIR.alpha0": 64}, "models.vsPAIR.alpha0=64"),
        ({"training.learning_rate": 1e-05}, "training.learning_rate=1e-05"),
        ({"models.all.rho_start": 0.0625, "data.scale": "unit"}, "models.all.rho_start=0.0625,data.scale=unit"),
        ({"models.vsPAIR.weights.lambda_b": 0.0, "training.epochs": 2}, None),
        ({"models.vsPAIR.map_gate": "clamped_exponential"}, "models.vsPAIR.map_gate=clamped_exponential"),
        ({"models.all.weights.gamma_x": 1e22}, None),
    ],
)
def test_a_runs_name_is_read_back_as_its_settings(point, name):
    """Numbers keep their kind: 64 is no float and 0.0 no whole number."""
    assert name is None or run_name(point) == name
    again = parse_run(run_name(point))
    assert again == point
    assert [type(value) for value in again.values()] == [type(value) for value in point.values()]
    assert "/" not in run_name(point)


@pytest.mark.parametrize(
    "value", [[8, 16], [8], None, True, "a,b", "a=b", "a/b", "NaN", math.inf, {"epochs": 1}], ids=repr
)
def test_a_value_that_would_not_be_read_back_from_a_name_is_refused(value):
    """Else a job dies on a folder's name, or trains something that the name does not say."""
    with pytest.raises(ValueError, match=f"axes.{A}: a value must be a number or a plain word, found "):
        study(axes={A: [1, value]})


@pytest.mark.parametrize(("text", "number"), [("64", 64), ("1e-5", 1e-5), ("0.0", 0.0)])
def test_numbers_that_arrive_as_text_are_numbers(text, number):
    """Snakemake hands over what stands inside a nested --config value as text."""
    made = study(axes={A: [text]}, base={"training.epochs": text})
    for value in (made.axes[A][0], made.base["training.epochs"]):
        assert (value, type(value)) == (number, type(number))


@pytest.mark.parametrize("preset", ["demo", "quick", "paper"])
def test_every_run_of_the_presets_has_a_name_that_is_a_file_name_and_reads_back(preset):
    for each in resolve(ROOT, {"preset": preset}).inpainting.studies.values():
        for model in each.models:
            points = [each.projected(point, model) for point in each.points()]
            names = [run_name(point) for point in points]
            assert [parse_run(name) for name in names] == points
            assert max(len(name.encode()) for name in names) <= LONGEST_NAME
            assert set(names) == {name for name, other in each.runs() if other == model}


def test_models_share_the_runs_whose_settings_are_not_their_own():
    """By hand: PAIR reads the reduction, sVAE rho's start; the paper's scale is everybody's."""
    axes = {"choices.reconstruction_reduction": ["mean"], "models.all.rho_start": [0.1], "data.scale": ["unit"]}
    assert study(models=["PAIR", "sVAE", "CVAE"], axes=axes).runs() == [
        *(("default", model) for model in ("PAIR", "sVAE", "CVAE")),
        ("choices.reconstruction_reduction=mean", "PAIR"),
        ("models.all.rho_start=0.1", "sVAE"),
        *(("data.scale=unit", model) for model in ("PAIR", "sVAE", "CVAE")),
    ]


@pytest.mark.parametrize("preset", ["demo", "quick", "paper"])
def test_the_studies_of_the_presets_ask_for_trainings_that_differ(preset):
    """A value that is the problem's own would train the default run twice in the design `each`."""
    problem = resolve(ROOT, {"preset": preset}).inpainting
    for each in problem.studies.values():
        varied = [problem.varied(each, point).model_dump_json() for point in each.points()]
        assert len(set(varied)) == len(varied)


@pytest.fixture
def plain(architectures):
    """Plain settings of all small models, as a problem holds them, with weights that are all on."""
    weights = {"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0, "lambda_rho": 1.4, "gamma_y": 0.1, "lambda_b": 0.05}
    sizes = {
        name: {**architecture, **{key: value for key, value in OWN.items() if key in SIZES[name]}}
        for name, architecture in architectures.items()
    }
    return {
        "models": {
            name: Model(**size, weights=Weights(**weights)).model_dump(mode="json") for name, size in sizes.items()
        },
        "choices": {
            "reconstruction_reduction": "sum",
            "mapping_reduction": "sum",
            "mapping_gradient": "both",
            "mapping_space": "latent",
        },
        "training": {"epochs": 1, "batch_size": 3, "learning_rate": 1e-2, "checkpoint_every": 1},
    }


OWN = {"rho_start": 0.5, "map_gate": "sigmoid"}


def outcome(settings, name, batch):
    """History and weights of one short training, as plain numbers."""
    model, history = train_model(
        name,
        Model.model_validate(settings["models"][name]),
        {"image": (8, 8)},
        ResidentPairs(*batch),
        Training.model_validate(settings["training"]),
        Choices.model_validate(settings["choices"]),
        seed=1,
    )
    return history, [value.tolist() for value in model.state_dict().values()]


@pytest.fixture
def default_outcome(plain, batch, model_name):
    return outcome(plain, model_name, batch)


SETTINGS = {
    "choices.reconstruction_reduction": "mean",
    "choices.mapping_reduction": "mean",
    "choices.mapping_gradient": "map",
    "choices.mapping_space": "image",
    "training.learning_rate": 2e-2,
    "training.batch_size": 4,
    "models.vsPAIR.map_gate": "clamped_exponential",
    "models.Ensemble.members": 2,
    "models.CVAE.latent_x": 7,
    "models.all.channels": [3, 6],
    "models.all.latent_x": 7,
    "models.all.latent_y": 4,
    "models.all.hidden": 6,
    "models.all.alpha0": 2.0,
    "models.all.beta0": 3.0,
    "models.all.rho_start": 0.25,
    "models.all.map_gate": "clamped_exponential",
    "models.all.members": 2,
    **{f"models.all.weights.{name}": 1.75 for name in Weights.model_fields},
}


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_concerns_a_model_exactly_if_it_changes_its_training(plain, batch, model_name, default_outcome, key):
    """Real trainings of small models. One that is wrongly left out of a name would give two runs one folder, one that
    is wrongly in it would train the same run twice."""
    changed = outcome(with_settings(plain, {key: SETTINGS[key]}), model_name, batch)
    assert concerns(key, model_name) is (changed != default_outcome)


HAVING = {
    "latent_x": MODELS,
    "latent_y": ("PAIR", "vPAIR", "vsPAIR"),
    "hidden": ("vPAIR", "vsPAIR"),
    "beta0": ("sVAE", "vsPAIR"),
    "members": ("Ensemble",),
}


@pytest.mark.parametrize("key", HAVING)
def test_settings_of_all_models_reach_those_that_have_them(plain, key):
    """Table 8's sizes by hand; the others keep theirs, and do not get what would be refused as needless."""
    models = with_settings(plain, {f"models.all.{key}": 9})["models"]
    assert models == {
        name: settings | ({key: 9} if name in HAVING[key] else {}) for name, settings in plain["models"].items()
    }


def test_weights_of_all_models_reach_the_weights(plain):
    models = with_settings(plain, {"models.all.weights.lambda1": 9})["models"]
    assert all(
        settings["weights"] == plain["models"][name]["weights"] | {"lambda1": 9} for name, settings in models.items()
    )


def test_later_settings_win_and_the_problem_stays_as_it_was(plain):
    before = repr(plain)
    changed = with_settings(plain, {"training.epochs": 2, "training.batch_size": 5}, {"training.epochs": 3})
    assert changed["training"] == plain["training"] | {"epochs": 3, "batch_size": 5}
    changed["models"]["PAIR"]["weights"]["lambda1"] = math.nan
    assert repr(plain) == before


@pytest.mark.parametrize("key", ["training.epoch", "nothing", "training.epochs.first", "models.VAE.latent_x", ""])
def test_settings_that_the_problem_does_not_have_are_refused(plain, key):
    with pytest.raises(ValueError, match=f"'{key}', which the problem does not have"):
        with_settings(plain, {key: 1})


def test_a_varied_problem_has_the_studys_settings_and_the_points():
    problem = resolve(ROOT, {}).inpainting
    each = problem.studies["hyperprior"]
    varied = problem.varied(each, {"models.vsPAIR.alpha0": 64})
    assert (varied.models["vsPAIR"].alpha0, varied.models["vsPAIR"].latent_y) == (64, 784)
    assert varied.training.epochs == each.base["training.epochs"] != problem.training.epochs
    assert varied.models["sVAE"] == problem.models["sVAE"]
    assert varied.studies == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"axes": {"training.epoch": [1]}}, "studies.mine.*'training.epoch', which the problem does not have"),
        ({"base": {"training.epoch": 1}}, "studies.mine.*'training.epoch', which the problem does not have"),
        ({"axes": {"models.all.nothing": [1]}}, "studies.mine.*models.all.nothing"),
        ({"base": {"models.all.nothing": 1}}, "studies.mine.*models.all.nothing"),
        ({"axes": {"models.VAE.latent_x": [1]}}, "'models.VAE.latent_x', which the problem does not have"),
        ({"axes": {"models.all.weights.lambda9": [1]}}, "lambda9', which the problem does not have"),
        ({"axes": {"training.epochs": [1, 0]}}, "studies.mine, training.epochs=0: training.epochs: .*greater than 0"),
        ({"base": {"training.epochs": 0}}, "studies.mine, .*training.epochs: .*greater than 0"),
        ({"axes": {"choices.mapping_space": ["pixels"]}}, "studies.mine, .*=pixels: .*'latent' or 'image'"),
        ({"axes": {"models.PAIR.alpha0": [1]}}, "studies.mine, models.PAIR.alpha0=1: models.PAIR has no alpha0"),
        ({"axes": {"data.patches": [3]}}, "studies.mine.*data.patches"),
        ({"axes": {"evaluation.samples": [3]}}, "studies.mine.*evaluation.samples"),
        ({"base": {"data.train": 5}}, "studies.mine.*data.train"),
        ({"axes": {"training.epochs": 1}}, "studies.mine.axes.training.epochs: .*found 1"),
        ({"axes": {}}, "studies.mine.axes: "),
        ({"models": ["VAE"]}, "studies.mine.models.0: .*found 'VAE'"),
        ({"models": []}, r"studies.mine.models: .*found \[\]"),
        ({"seeds": []}, r"studies.mine.seeds: .*found \[\]"),
        ({"seeds": [0, 0]}, r"studies.mine.*seeds.*distinct.*found \[0, 0\]"),
        ({"seeds": [-1]}, r"studies.mine.*seeds.*not negative.*found \[-1\]"),
        ({"design": "all"}, "studies.mine.design: .*found 'all'"),
        ({"train": 1618}, "studies.mine wants 1618 training and 10 test pairs, data has 1617 and 180"),
        ({"test": 181}, "studies.mine wants 10 training and 181 test pairs, data has 1617 and 180"),
        ({"axis": {}}, "unknown key 'inpainting.studies.mine.axis'"),
    ],
)
def test_a_wrong_study_gives_one_sentence_before_anything_runs(changes, sentence):
    with pytest.raises(VspairError, match=sentence) as caught:
        resolve(ROOT, {"inpainting": {"studies": {"mine": STUDY | changes}}})
    message = str(caught.value)
    assert message.startswith("configuration: ")
    assert "\n" not in message
    assert ";" not in message
    assert "Value error" not in message
    assert ": :" not in message


def test_a_study_may_only_train_models_of_the_problem():
    plain = resolve(ROOT, {}).inpainting.model_dump(mode="json")
    del plain["models"]["PAIR"]
    with pytest.raises(ValueError, match=r"studies.choices.models names PAIR, which models does not have"):
        type(resolve(ROOT, {}).inpainting).model_validate(plain)


def test_torch_is_seeded_by_the_run_alone(plain, batch):
    """What the comparisons above stand on: the same training twice gives the same numbers."""
    torch.manual_seed(1)
    first = outcome(plain, "vsPAIR", batch)
    torch.manual_seed(2)
    assert outcome(plain, "vsPAIR", batch) == first

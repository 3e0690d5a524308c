"""Studies: their designs, the names of their runs, and which runs a method shares because a setting is not its own."""

import math
import re

import pytest
import torch

from vspair.models.kinds import settings_of
from vspair.problems.studies import Study, concerns, parse_run, projected, run_name, varied
from vspair.training import ResidentPairs, train_model

NAMES = ("PAIR", "vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble", "Flow")
STUDY = {"methods": ["PAIR"], "design": "each", "axes": {"training.epochs": [1]}, "train": 10, "test": 10, "seeds": [0]}
LONGEST_NAME = 255  # bytes of one part of a path, on every usual file system
A, B = "training.epochs", "data.scale"
AXES = {A: [1, 2, 3], B: ["x", "y"], "choices.left_alone": []}


def study(**changes):
    return Study.model_validate(STUDY | changes)


@pytest.fixture
def methods(resolved):
    return resolved().inpainting.methods


def test_a_grid_has_every_combination_once():
    assert study(design="grid", axes=AXES).points() == [{A: a, B: b} for a in (1, 2, 3) for b in ("x", "y")]


def test_each_has_the_problems_values_and_every_other_value_alone():
    assert study(design="each", axes=AXES).points() == [{}, {A: 1}, {A: 2}, {A: 3}, {B: "x"}, {B: "y"}]


@pytest.mark.parametrize("design", ["grid", "each"])
def test_axes_without_values_leave_the_problem_as_it_is(design):
    assert study(design=design, axes={A: [], B: []}).points() == [{}]


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ({}, "default"),
        ({"methods.vsPAIR.alpha0": 64}, "methods.vsPAIR.alpha0=64"),
        ({"training.learning_rate": 1e-05}, "training.learning_rate=1e-05"),
        ({"methods.all.rho_start": 0.0625, "data.scale": "unit"}, "methods.all.rho_start=0.0625,data.scale=unit"),
        ({"methods.vsPAIR.weights.lambda_b": 0.0, "training.epochs": 2}, None),
        ({"methods.all.weights.gamma_x": 1e22}, None),
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
    made = study(axes={A: [text]}, base={A: text})
    for value in (made.axes[A][0], made.base[A]):
        assert (value, type(value)) == (number, type(number))


@pytest.mark.parametrize("preset", ["demo", "quick", "paper"])
def test_the_runs_of_the_presets_have_file_names_that_read_back_and_differ(resolved, preset):
    """A value that is the problem's own would train the same run twice."""
    problem = resolved(preset).inpainting
    values = problem.model_dump(mode="json")
    for each in problem.studies.values():
        for name in each.methods:
            method = problem.methods[name]
            own = {f"methods.{name}": values["methods"][name], "data.scale": values["data"]["scale"]}
            points = {run_name(point): point for point in (projected(p, name, method) for p in each.points())}
            assert {run: parse_run(run) for run in points} == points
            assert max(len(run.encode()) for run in points) <= LONGEST_NAME
            assert set(points) == {run for run, other in each.runs(problem.methods) if other == name}
            trained = [repr(varied(own, name, method, each.base, point)) for point in points.values()]
            assert len(set(trained)) == len(trained)


def test_methods_share_the_runs_whose_settings_are_not_their_own(methods):
    """By hand: PAIR reads the reduction, sVAE rho's start; the scale is everybody's."""
    axes = {"choices.reconstruction_reduction": ["mean"], "methods.all.rho_start": [0.1], "data.scale": ["unit"]}
    each = study(methods=["PAIR", "sVAE", "CVAE"], axes=axes)
    runs = [
        *(("default", name) for name in ("PAIR", "sVAE", "CVAE")),
        ("choices.reconstruction_reduction=mean", "PAIR"),
        ("methods.all.rho_start=0.1", "sVAE"),
        *(("data.scale=unit", name) for name in ("PAIR", "sVAE", "CVAE")),
    ]
    assert each.runs(methods) == runs
    # What is left out of the comparison is not trained, and changes no other run.
    assert each.runs({"sVAE": methods["sVAE"]}) == [run for run in runs if run[1] == "sVAE"]


def trained(settings, batch):
    """History, weights and reconstructions of one short training, as plain numbers."""
    shape = batch[0].shape[1:]
    frame = {"qoi_shape": shape, "observation_shape": shape}
    model, history = train_model(settings_of(settings), frame, ResidentPairs(*batch), seed=1)
    reconstructed = model.reconstruct(batch[1], torch.Generator().manual_seed(2))
    return history, [value.tolist() for value in model.state_dict().values()], reconstructed.tolist()


SMALL = {
    **{"channels": [4, 8], "latent_x": 5, "latent_y": 3, "hidden": 7},
    "training": {"epochs": 1, "batch_size": 3, "learning_rate": 1e-2, "checkpoint_every": 1},
}
OTHER = {
    **{"channels": [3, 6], "latent_x": 7, "latent_y": 4, "hidden": 6, "members": 3, "alpha0": 2.0, "beta0": 3.0},
    **{"rho_start": 0.25, "map_gate": "clamped_exponential", "steps": 5, "spread": 0.5},
    **{"bounds": [None, None], "step": 0.02, "mapping": "parameters", "condition": "none", "likelihood": "unit"},
    "training": {"epochs": 2, "batch_size": 4, "learning_rate": 2e-2},
    "choices": {"mapping_reduction": "mean", "mapping_gradient": "map"},
}
OTHER_CHOICES = {"reconstruction_reduction": "mean", "mapping_space": "image"}


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_of_a_method_changes_what_it_learns_or_draws(methods, batch, name):
    """Real trainings of small methods: a setting that is read by none would give one run two folders."""
    plain = methods[name].model_dump(mode="json")
    plain |= {key: value for key, value in SMALL.items() if key in plain}
    if "mapping_space" in plain.get("choices", {}):
        plain["choices"]["mapping_space"] = "latent"
    first = trained(plain, batch)
    assert trained(plain, batch) == first
    others = {key: value for key, value in OTHER.items() if key in plain and not isinstance(value, dict)}
    others |= {f"training.{key}": value for key, value in OTHER["training"].items()}
    others |= {f"weights.{key}": value + 0.75 for key, value in plain["weights"].items()}
    choices = OTHER["choices"] | OTHER_CHOICES
    others |= {f"choices.{key}": choices[key] for key in plain.get("choices", {})}
    assert {key.split(".")[0] for key in others} == set(plain) - {"kind"}
    for key, value in others.items():
        setting = key if key.startswith(("training.", "choices.")) else f"methods.{name}.{key}"
        assert concerns(setting, name, methods[name])
        changed = varied({f"methods.{name}": plain}, name, settings_of(plain), {setting: value})
        assert trained(changed[f"methods.{name}"], batch) != first, key


HAVING = {
    "latent_x": NAMES[:-1],
    "latent_y": ("PAIR", "vPAIR", "vsPAIR", "vsPAIRplus"),
    "hidden": ("vPAIR", "vsPAIR", "vsPAIRplus"),
    "beta0": ("sVAE", "vsPAIR", "vsPAIRplus"),
    "members": ("Ensemble",),
    "weights.lambda2": ("PAIR", "vPAIR", "vsPAIR", "vsPAIRplus"),
}


@pytest.mark.parametrize("key", HAVING)
def test_settings_of_all_methods_reach_those_that_have_them(methods, key):
    """Table 8's sizes by hand; the others keep theirs, and do not get what would be refused as needless."""
    for name, method in methods.items():
        plain = {f"methods.{name}": method.model_dump(mode="json")}
        changed = varied(plain, name, method, {f"methods.all.{key}": 9})[f"methods.{name}"]
        for part in key.split("."):
            changed = changed.get(part, {})
        assert (changed == 9) is (name in HAVING[key])


def test_later_settings_win_and_the_given_ones_stay_as_they_were(methods):
    plain = {"methods.PAIR": methods["PAIR"].model_dump(mode="json"), "data.scale": "unit"}
    before = repr(plain)
    layers = ({A: 2, "training.batch_size": 5, B: "symmetric"}, {A: 3, "methods.vPAIR.latent_x": 1})
    changed = varied(plain, "PAIR", methods["PAIR"], *layers)
    training = plain["methods.PAIR"]["training"] | {"epochs": 3, "batch_size": 5}
    assert changed == {"methods.PAIR": plain["methods.PAIR"] | {"training": training}, "data.scale": "symmetric"}
    assert repr(plain) == before


HAS_NOT = "names the setting '{}', which the problem does not have"
WRONG = [
    ({"axes": {"training.epoch": [1]}}, HAS_NOT.format("training.epoch")),
    ({"base": {"training.epoch": 1}}, HAS_NOT.format("training.epoch")),
    ({"axes": {"methods.all.nothing": [1]}}, HAS_NOT.format("methods.all.nothing")),
    ({"base": {"methods.all.nothing": 1}}, HAS_NOT.format("methods.all.nothing")),
    ({"axes": {"methods.VAE.latent_x": [1]}}, HAS_NOT.format("methods.VAE.latent_x")),
    ({"axes": {"methods.PAIR.alpha0": [1]}}, HAS_NOT.format("methods.PAIR.alpha0")),
    ({"axes": {"methods.all.weights.lambda9": [1]}}, HAS_NOT.format("methods.all.weights.lambda9")),
    ({"axes": {"methods.all": [1]}}, "expected methods.NAME.SETTING or methods.all.SETTING.*found 'methods.all'"),
    ({"axes": {"methods.PAIR.kind": ["TV"]}}, "and no kind, found 'methods.PAIR.kind'"),
    ({"axes": {A: [1, 0]}}, "studies.mine, training.epochs=0: .*PAIR.training.epochs: must be greater than 0, found 0"),
    ({"base": {A: 0}}, "studies.mine, .*methods.PAIR.training.epochs: must be greater than 0"),
    ({"axes": {"choices.mapping_space": ["pixels"]}}, "studies.mine, .*=pixels: .*'latent' or 'image', found 'pixels'"),
    ({"axes": {B: ["grey"]}}, "studies.mine, data.scale=grey: data.scale: must be 'symmetric', .*found 'grey'"),
    ({"axes": {"data.patches": [3]}}, "'data.patches' cannot be varied, only settings that start with data.scale"),
    ({"axes": {"evaluation.samples": [3]}}, "'evaluation.samples' cannot be varied"),
    ({"base": {"data.train": 5}}, "'data.train' cannot be varied"),
    ({"axes": {A: 1}}, "studies.mine.axes.training.epochs: must be a list, found 1"),
    ({"axes": {}}, "studies.mine.axes: must have at least 1 of them"),
    ({"methods": ["VAE"]}, "studies.mine.methods names VAE, which methods does not have"),
    ({"methods": []}, r"studies.mine.methods: must have at least 1 of them, found \[\]"),
    ({"seeds": []}, r"studies.mine.seeds: .*found \[\]"),
    ({"seeds": [0, 0]}, r"studies.mine: seeds must be distinct and not negative, found \[0, 0\]"),
    ({"seeds": [-1]}, r"studies.mine: seeds .*not negative, found \[-1\]"),
    ({"design": "all"}, "studies.mine.design: must be 'grid' or 'each', found 'all'"),
    ({"train": 1618}, "studies.mine wants 1618 training and 10 test pairs, data has 1617 and 180"),
    ({"test": 181}, "studies.mine wants 10 training and 181 test pairs, data has 1617 and 180"),
    ({"axis": {}}, "unknown key 'inpainting.studies.mine.axis'"),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG, ids=[repr(changes) for changes, _ in WRONG])
def test_a_wrong_study_gives_one_sentence_before_anything_runs(refused, changes, sentence):
    assert re.search(sentence, refused(inpainting={"studies": {"mine": STUDY | changes}}))


@pytest.mark.parametrize("name", ["../../x", "(", "a b", "", "é", "-a", "1a", "a/b", "{x}", "a.b", "xy" * 33])
@pytest.mark.parametrize("changes", [{}, {"train": 0, "nothing": 1}])
def test_a_name_that_no_path_or_pattern_can_have_is_refused_alone(refused, name, changes):
    """Beside it nothing is said of what stands in the study."""
    message = refused(inpainting={"studies": {name: STUDY | changes}})
    assert "a name is made of letters, digits, underscores and hyphens" in message or "expected keys" in message
    assert "train" not in message


@pytest.mark.parametrize("name", ["a", "my-sweep_2", "x" * 19, "abcdefgh" * 8])
def test_other_names_are_let_through(resolved, name):
    assert name in resolved(inpainting={"studies": {name: STUDY}}).inpainting.studies


TOO_MANY = [
    ({"axes": {A: [1, 1.0]}}, r"axes.training.epochs: values must be distinct, found \[1, 1.0\]"),
    ({"axes": {A: ["2", 2]}}, "axes.training.epochs: values must be distinct"),
    ({"axes": {A: list(range(1, 300))}}, "axes give 300 runs, more than 200"),
    ({"design": "grid", "axes": {A: [*range(1, 20)], "training.batch_size": [*range(1, 20)]}}, "axes give 361 runs"),
    (
        {
            "design": "grid",
            "axes": {key: [*range(1, 9)] for key in (A, "training.batch_size", "training.learning_rate")},
        },
        "axes give 512 runs",
    ),
    (
        {
            "design": "grid",
            "axes": {f"methods.PAIR.{key}": [1] for key in ("weights.lambda1", "weights.lambda2", "weights.lambda3")}
            | {f"training.{key}": [1] for key in ("epochs", "batch_size", "learning_rate", "checkpoint_every")}
            | {f"methods.PAIR.{key}": [1] for key in ("latent_x", "latent_y")},
        },
        "axes give a run's name of 233 bytes, more than 200",
    ),
    ({"seeds": list(range(101))}, "seeds: must have at most 100 of them"),
    ({"seeds": [2**32]}, "seeds must be below 2.32, found 4294967296"),
    ({"seeds": [True]}, r"studies.mine.seeds: must not be true or false, found \[True\]"),
    ({"methods": ["PAIR", "PAIR"]}, r"studies.mine.methods: must be distinct, found \['PAIR', 'PAIR'\]"),
    ({"test": 1}, "studies.mine.test: must be greater than or equal to 2, found 1"),
    ({"base": {A: True}}, "training.epochs: must not be true or false, found True"),
    ({"base": {A: 10**30}}, "base.training.epochs: expected whole numbers below 2.63"),
    ({"axes": {B: ["a b"]}}, "a value must be a number or a plain word, found 'a b'"),
    ({"axes": {B: ["../x"]}}, "a value must be a number or a plain word"),
]


@pytest.mark.parametrize(("changes", "sentence"), TOO_MANY, ids=[repr(changes)[:60] for changes, _ in TOO_MANY])
def test_a_study_that_cannot_be_planned_gives_one_sentence(refused, changes, sentence):
    assert re.search(sentence, refused(inpainting={"studies": {"mine": STUDY | changes}}))


def test_a_study_of_a_problem_without_a_scale_cannot_vary_it(resolved):
    """`data.scale` is the one axis that is the problem's and not a method's."""
    plain = {"methods.PAIR": resolved().inpainting.methods["PAIR"].model_dump()}
    with pytest.raises(ValueError, match=r"'data.scale', which the problem does not have"):
        varied(plain, "PAIR", resolved().inpainting.methods["PAIR"], {B: "unit"})


def test_trainings_are_seeded_by_the_run_alone(methods, batch):
    """What the comparisons above stand on."""
    settings = methods["sVAE"].model_dump(mode="json") | {
        key: SMALL[key] for key in ("channels", "latent_x", "training")
    }
    torch.manual_seed(1)
    first = trained(settings, batch)
    torch.manual_seed(2)
    assert trained(settings, batch) == first

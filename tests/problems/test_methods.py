"""Methods of a problem: their kinds, what they inherit, which are compared, on which data sets, and their names."""

import re

import pytest

from vspair.models.kinds import all_settings

NAMES = ["PAIR", "vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble", "Flow"]
BEHIND_FBP = {"UNetEnsemble", "QuantileUNet", "PhysicalCVAE", "PhysicalFlow"}
MINE = {"latent_x": 4, "channels": [4, 8], "weights": {"lambda1": 1}}


@pytest.fixture
def inpainting(resolved):
    return lambda preset="demo", **parts: resolved(preset, inpainting=parts).inpainting


def test_a_method_without_a_kind_is_of_the_one_that_it_is_named_after(inpainting):
    problem = inpainting(methods={"mine": {"kind": "Ensemble", "members": 2, **MINE}})
    assert {name: method.kind for name, method in problem.methods.items()} == {
        **{name: name for name in NAMES},
        "mine": "Ensemble",
    }
    assert type(problem.methods["mine"]) is all_settings()["Ensemble"]


def test_methods_take_what_they_do_not_state_from_the_problem(inpainting):
    changes = {"PAIR": {"training": {"epochs": 9}, "choices": {"mapping_space": "latent"}}}
    problem = inpainting(methods=changes, choices={"mapping_reduction": "mean"})
    pair, other = problem.methods["PAIR"], problem.methods["vPAIR"]
    assert other.training == problem.training
    assert pair.training == problem.training.model_copy(update={"epochs": 9})
    assert (pair.choices.mapping_space, pair.choices.mapping_reduction) == ("latent", "mean")
    # Only the choices that the kind has.
    assert other.choices.model_dump() == {"mapping_reduction": "mean", "mapping_gradient": "both"}
    assert not hasattr(problem.methods["CVAE"], "choices")


def test_methods_that_are_not_trained_by_steps_take_no_training(resolved):
    shared = {"training": {"epochs": 2, "batch_size": 2, "learning_rate": 1e-3, "checkpoint_every": 1}}
    methods = resolved(tomography=shared).tomography.methods
    assert {name for name, method in methods.items() if not hasattr(method, "training")} == {"FBP", "TV"}
    assert methods["LPD"].training.epochs == 4


def test_all_methods_are_compared_or_those_that_are_named_in_the_order_of_the_problem(inpainting):
    """So that a method keeps its colour and its row whatever stands beside it."""
    assert list(inpainting().compared) == NAMES
    problem = inpainting(compare=["vsPAIR", "PAIR"])
    assert list(problem.compared) == ["PAIR", "vsPAIR"]
    assert list(problem.methods) == NAMES
    assert problem.runs((0, 1)) == [(name, "digits", seed) for name in ("PAIR", "vsPAIR") for seed in (0, 1)]


def test_runs_are_each_method_on_its_data_sets_and_what_is_not_random_once(resolved):
    changes = {"FBP": {"datasets": ["variable", "noise0"]}, "LPD": {"datasets": ["noise10"]}}
    problem = resolved(tomography={"methods": changes, "compare": ["FBP", "LPD", "TV"]}).tomography
    assert problem.runs((3, 4)) == [
        *(("LPD", "noise10", seed) for seed in (3, 4)),
        *(("FBP", data, 3) for data in ("variable", "noise0")),
        *(("TV", data, 3) for data in ("noise0", "noise10")),
    ]


def test_readers_see_a_methods_label_or_its_name_and_which_are_ours(inpainting):
    problem = inpainting(methods={"PAIR": {"label": "paired"}})
    assert [problem.label(name) for name in ("PAIR", "vPAIR", "CVAE")] == ["paired", "vPAIR", "CVAE (ours)"]


def test_every_kind_is_told_apart_by_what_its_class_says():
    kinds = all_settings()

    def having(flag):
        return {name for name, settings in kinds.items() if getattr(settings, flag)}

    assert having("physical") == {"FBP", "TV", "LPD", "UNet", *BEHIND_FBP}
    assert set(kinds) - having("learns") == {"FBP"}
    assert set(kinds) - having("seeded") == {"FBP", "TV"}
    assert having("latent") == {"vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "PhysicalCVAE"}
    assert having("probabilistic") == having("latent") | {"Ensemble", "Flow"} | BEHIND_FBP
    assert having("baseline") == {"vsPAIRplus", "CVAE", "Ensemble", "Flow", "TV", "UNet"} | BEHIND_FBP


def test_a_method_is_built_from_exactly_the_settings_that_its_class_takes(inpainting):
    methods = inpainting().methods
    sizes, sparse = {"channels", "latent_x"}, {"alpha0", "beta0", "rho_start"}
    assert {name: set(method.architecture()) for name, method in methods.items()} == {
        "PAIR": {*sizes, "latent_y", "choices"},
        "vPAIR": {*sizes, "latent_y", "hidden", "choices"},
        "sVAE": sizes | sparse,
        "vsPAIR": {*sizes, *sparse, "latent_y", "hidden", "map_gate", "choices"},
        "vsPAIRplus": {
            *(*sizes, *sparse, "latent_y", "hidden", "bounds", "step"),
            *("mapping", "condition", "likelihood"),
        },
        "CVAE": sizes,
        "Ensemble": {*sizes, "members"},
        "Flow": {"channels", "steps", "spread"},
    }


def method(name, **settings):
    return {"methods": {name: settings}}


WRONG = [
    ({"compare": ["VAE"]}, "inpainting: compare names VAE, the methods are PAIR, vPAIR"),
    ({"compare": ["V\u200bA\u00a0E"]}, r"inpainting: compare names V\\u200bA\\xa0E, the methods are PAIR, vPAIR"),
    ({"compare": []}, "inpainting: compare must name one method at least"),
    ({"compare": "PAIR"}, "inpainting.compare: must be a list, found 'PAIR'"),
    (method("PAIR", datasets=["mnist"]), "methods.PAIR.datasets names mnist, the data sets are digits"),
    (method("mine", kind="ART"), "inpainting.methods.mine.kind must be one of CVAE, Ensemble, .*, found 'ART'"),
    (method("mine", channels=[4, 8]), "inpainting.methods.mine.kind must be one of .*, found None"),
    (method("mine"), "inpainting.methods.mine.kind must be one of .*, found None"),
    ({"methods": {"mine": 3}}, "inpainting.methods.mine: must be a section with keys of its own, found 3"),
    ({"methods": None}, "inpainting.methods: must be a section with keys of its own, found None"),
    (method("PAIR", alpha0=1.0), "unknown key 'inpainting.methods.PAIR.alpha0'"),
    (method("CVAE", latent_y=3), "unknown key 'inpainting.methods.CVAE.latent_y'"),
    (method("vPAIR", weights={"lambda9": 1}), "unknown key 'inpainting.methods.vPAIR.weights.lambda9'"),
    (
        method("PAIR", weights={"lambda1": -1}),
        "methods.PAIR.weights.lambda1: must be greater than or equal to 0, found -1",
    ),
    (method("PAIR", channels=[16]), r"methods.PAIR.channels: must have at least 2 of them, found \[16\]"),
    (method("Ensemble", members=1), "methods.Ensemble.members: must be greater than or equal to 2, found 1"),
    (method("Flow", steps=0), "inpainting.methods.Flow.steps: must be greater than 0, found 0"),
    (method("Flow", spread=0), "inpainting.methods.Flow.spread: must be greater than 0, found 0"),
    (method("Ensemble", members=None), "methods.Ensemble.members: must be a valid integer, found None"),
    ({"image": [30, 28]}, "methods.PAIR: channels halve the QoI 2 times, but 30x28 is not divisible by 4"),
    # What all methods inherit is named once, where it stands.
    ({"training": {"epoch": 3}}, "unknown key 'inpainting.training.epoch' "),
    ({"training": {"epochs": 0}}, "inpainting.training.epochs: must be greater than 0, found 0"),
    ({"training": {"epochs": 1.5}}, "inpainting.training.epochs: must be a valid integer.*found 1.5"),
    ({"training": {"learning_rate": float("inf")}}, "inpainting.training.learning_rate: .*finite.*found inf"),
    ({"training": {"learning_rate": float("nan")}}, "inpainting.training.learning_rate: .*found nan"),
    ({"training": None}, "'inpainting.training' is missing"),
    ({"training": 3}, "inpainting.training: must be a section with keys of its own, found 3"),
    ({"choices": {"mapping_gradient": "up"}}, "inpainting.choices.mapping_gradient: must be 'both', .*found 'up'"),
    ({"choices": {"nothing": "x"}}, "inpainting: choices names nothing, which no method has"),
    # What one method states is named there.
    (
        method("PAIR", training={"epochs": 0}),
        "inpainting.methods.PAIR.training.epochs: must be greater than 0, found 0",
    ),
    (method("PAIR", choices={"mapping_space": "pixels"}), "methods.PAIR.choices.mapping_space: .*found 'pixels'"),
]


@pytest.mark.parametrize(("parts", "sentence"), WRONG, ids=[repr(parts) for parts, _ in WRONG])
def test_a_wrong_method_gives_one_sentence_before_anything_runs(refused, parts, sentence):
    assert re.search(sentence, refused(inpainting=parts))


NONSENSE = [
    (method("vsPAIR", latent_x=10**12), "vsPAIR.latent_x: must be less than or equal to 16777216, found 1000000000000"),
    (method("Ensemble", members=10**6), "Ensemble.members: must be less than or equal to 1000, found 1000000"),
    (method("Ensemble", members=True), "Ensemble.members: must not be true or false, found True"),
    (method("PAIR", channels=[8, True]), r"PAIR.channels: must not be true or false, found \[8, True\]"),
    (method("PAIR", channels=[8] * 20), "PAIR.channels: must have at most 16 of them"),
    (method("vsPAIR", latent_x=2**24, hidden=2**22), "methods.vsPAIR has weights of at least .* TiB, more than any"),
    ({"training": {"epochs": 10**12}}, "training.epochs: must be less than or equal to 1000000"),
    ({"training": {"learning_rate": 5e-324}}, "training.learning_rate: must be 0 or between 1e-30 and 1e.30 in size"),
    ({"training": {"learning_rate": "1e-40"}}, "training.learning_rate: must be 0 or between .*, found '1e-40'"),
    ({"training": {"epochs": False}}, "training.epochs: must not be true or false, found False"),
    (method("PAIR", weights=dict.fromkeys(("lambda1", "lambda2", "lambda3"), 0)), "PAIR: weights must not all be 0"),
    (method("CVAE", weights={"lambda1": 0}), "CVAE: weights must not all be 0"),
    (method("PAIR", weights={"lambda1": 1e300}), "PAIR.weights.lambda1: must be less than or equal to 1000000"),
    (method("sVAE", rho_start=1 - 1e-12), "sVAE.rho_start: must be between 1e-06 and 0.999999"),
    (method("PAIR", label=""), "PAIR.label: .*found ''"),
    (method("PAIR", label=" "), "PAIR.label: .*found ' '"),
    (method("PAIR", label="x" * 201), "PAIR.label: .*at most 200 characters"),
    (method("PAIR", label="vPAIR"), "methods must have labels of their own, found 'vPAIR' twice"),
    (method("PAIR", datasets=["digits", "digits"]), "PAIR.datasets: must be distinct"),
    (method("PAIR", datasets=[]), "PAIR.datasets: must have at least 1 of them"),
    ({"compare": ["PAIR", "PAIR"]}, r"inpainting.compare: must be distinct, found \['PAIR', 'PAIR'\]"),
    (method("mine", kind=["PAIR"]), r"methods.mine.kind must be one of .*, found \['PAIR'\]"),
]


@pytest.mark.parametrize(("parts", "sentence"), NONSENSE, ids=[repr(parts)[:60] for parts, _ in NONSENSE])
def test_nonsense_gives_one_sentence_before_anything_runs(refused, parts, sentence):
    assert re.search(sentence, refused(inpainting=parts))


def test_a_name_that_stands_for_every_method_is_no_methods(refused):
    filtered = {"kind": "FBP", "filter": "hann", "cutoff": 1}
    assert "methods.all: this name stands for every method" in refused(tomography={"methods": {"all": filtered}})


def test_labels_are_for_readers_and_may_be_anything_that_can_be_seen(resolved):
    label = "<b>vsPAIR</b> & \n{ours}"
    assert resolved(inpainting=method("vsPAIR", label=label)).inpainting.label("vsPAIR") == label


@pytest.mark.parametrize("name", ["F/BP", "_", "é", "a b", "1a", "a-b", "xyz" * 22, "../x", "("])
def test_a_name_is_part_of_paths(refused, name):
    filtered = {"kind": "FBP", "filter": "hann", "cutoff": 1}
    assert "a name is made of letters, digits and underscores" in refused(tomography={"methods": {name: filtered}})

"""Computed tomography's configuration: the paper's numbers, the runs, and what is refused before anything runs."""

from pathlib import Path

import pytest

from vspair.config import Paired, resolve
from vspair.errors import VspairError

ROOT = Path(__file__).parents[2]
PRESETS = ("demo", "quick", "paper")
METHODS = ["LPD", "vsPAIR", "FBP", "TV", "UNet", "vsPAIR_sparse"]
PAIRED = {"channels", "latent_x", "latent_y", "map_gate", "alpha0", "beta0", "rho_start"}


@pytest.fixture(autouse=True)
def no_data_folder(monkeypatch):
    monkeypatch.delenv("VSPAIR_DATA", raising=False)


def tomography(preset="demo", **parts):
    return resolve(ROOT, {"preset": preset, "ct": parts}).ct


def method(name, **settings):
    return {"methods": {name: settings}}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_resolves_with_the_papers_methods_and_ours(preset):
    problem = tomography(preset)
    assert list(problem.methods) == METHODS
    assert {name: settings.kind for name, settings in problem.methods.items()} == {
        name: name.removesuffix("_sparse") for name in METHODS
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_both_pairs_of_a_preset_differ_in_hyperprior_and_training_data_alone(preset):
    """Table 12: alpha0 and beta0; the paper's epochs differ too."""
    dense, sparse = (tomography(preset).methods[name].model_dump() for name in ("vsPAIR", "vsPAIR_sparse"))
    different = {key for key in dense if dense[key] != sparse[key]}
    assert different == {"alpha0", "beta0", "trained_on"} | ({"training"} if preset == "paper" else set())


def test_the_paper_preset_is_the_paper():
    """Section 4.2, Tables 10 to 12, the caption of Figure 10 and D.2.1, by hand."""
    problem = tomography("paper")
    assert (problem.image, problem.observation) == ((88, 88), (248, 128))
    assert (problem.scan.angles, problem.scan.bins, problem.scan.photons, problem.scan.binning) == (1000, 513, 4096, 4)
    assert (problem.data.source, problem.data.train, problem.data.test) == ("lodopab", 3000, 800)
    assert (problem.noise.levels, problem.noise.variable) == ((0, 2.5, 5, 10, 20), (0, 20))
    assert problem.evaluation.samples == 1000
    assert problem.figures.gate == 0.95
    trainings = {name: problem.methods[name].training for name in ("LPD", "vsPAIR", "vsPAIR_sparse")}
    assert {name: (t.epochs, t.learning_rate, t.batch_size) for name, t in trainings.items()} == {
        "LPD": (500, 1e-4, 2),
        "vsPAIR": (100, 1e-5, 2),
        "vsPAIR_sparse": (200, 1e-5, 2),
    }
    for name, shapes in (("vsPAIR", (502, 1)), ("vsPAIR_sparse", (1, 64))):
        pair = problem.methods[name]
        assert (pair.channels, pair.latent_x, pair.latent_y) == ((16, 32, 64, 128), 8192, 2048)
        assert (pair.alpha0, pair.beta0) == shapes
        assert pair.weights.model_dump() == {
            **{"lambda1": 1, "lambda2": 0.1, "lambda3": 1, "lambda_rho": 1},
            **{"gamma_x": 1e-4, "gamma_y": 1e-4, "lambda_b": 0},
        }


def test_runs_are_each_method_with_the_data_that_it_is_trained_on():
    runs = tomography(noise={"levels": [0, 2.5]}).runs()
    on_levels = [(name, level) for name in METHODS[:5] for level in ("0", "2.5")]
    assert runs == [*on_levels, ("vsPAIR_sparse", "variable")]


def test_a_method_may_be_run_on_the_variable_data_too():
    problem = tomography(**method("UNet", trained_on="variable"), noise={"levels": [5]})
    assert ("UNet", "variable") in problem.runs()
    assert ("UNet", "5") not in problem.runs()
    assert len(problem.runs()) == len(set(problem.runs())) == 6


def test_data_sets_are_named_by_their_level():
    names = tomography(noise={"levels": [10, 2.5, 0], "variable": [1, 3]}).noise.names()
    assert names == {"10": 10, "2.5": 2.5, "0": 0, "variable": (1, 3)}


def test_a_methods_architecture_is_what_its_class_takes():
    """Settings of the training, the data and the tuning are none of the class's."""
    methods = tomography().methods
    assert {name: set(settings.architecture()) for name, settings in methods.items()} == {
        "LPD": {"iterations", "primal", "dual", "width", "start"},
        "FBP": {"filter", "cutoff"},
        "TV": {"strengths", "iterations"},
        "UNet": {"channels", "filter", "cutoff"},
        "vsPAIR": PAIRED,
        "vsPAIR_sparse": PAIRED,
    }
    assert {name for name, settings in methods.items() if not settings.physical} == {"vsPAIR", "vsPAIR_sparse"}


def test_what_each_kind_of_method_is():
    """Back-projection learns nothing; the tuned strength is the same for every seed; the pairs have a posterior."""
    methods = tomography().methods.items()
    assert {name for name, settings in methods if not settings.learns} == {"FBP"}
    assert {name for name, settings in methods if not settings.seeded} == {"FBP", "TV"}
    assert {name for name, settings in methods if settings.probabilistic} == {"vsPAIR", "vsPAIR_sparse"}


def test_the_scans_geometry_is_what_the_operators_take():
    assert tomography().scan.geometry() == {"side": 0.26, "pixels": 362, "enlarged": 1000, "angles": 1000, "bins": 513}


def test_settings_may_arrive_as_text():
    """Snakemake hands over what stands inside a nested --config value as text."""
    text = {
        "image": ["40", "48"],
        "scan": {"side": "0.5", "binning": "2"},
        "data": {"train": "30", "test": "40", "download": "false"},
        "noise": {"levels": ["0", "2.5"], "variable": ["1", "3.5"]},
        "methods": {"TV": {"strengths": ["1e-3", "0"], "pairs": "8"}, "UNet": {"training": {"learning_rate": "1e-4"}}},
        "evaluation": {"calibration": {"levels": ["0.5", "0.9"], "scaling_level": "0.9", "samples": "19"}},
        "figures": {"window": ["0.1", "0.4"], "overlays": ["0", "2"], "steps": ["-1", "0", "1"]},
    }
    problem = tomography(**text)
    assert problem.image == (40, 48)
    assert (problem.scan.side, problem.scan.binning) == (0.5, 2)
    assert (problem.data.train, problem.data.test, problem.data.download) == (30, 40, False)
    assert (problem.noise.levels, problem.noise.variable) == ((0, 2.5), (1, 3.5))
    assert list(problem.noise.names()) == ["0", "2.5", "variable"]
    assert (problem.methods["TV"].strengths, problem.methods["TV"].pairs) == ((1e-3, 0), 8)
    assert problem.methods["UNet"].training.learning_rate == 1e-4
    assert problem.evaluation.calibration.images_needed == 9
    assert (problem.figures.window, problem.figures.overlays, problem.figures.steps) == ((0.1, 0.4), (0, 2), (-1, 0, 1))


WRONG = {
    # Sizes: the demo's scan has 362 pixels, 1000 angles, 513 bins, and averages 8 of them.
    "image beyond the scan": ({"image": [48, 44]}, r"image=48x44 times scan.binning=8 is more than the scan's 362x362"),
    "bins beyond the scan": ({"observation": [124, 68]}, r"observation=124x68 times .* more than the scan's 1000x513"),
    "enlarged is smaller": ({"scan": {"enlarged": 361}}, r"scan.enlarged=361 must be at least scan.pixels=362"),
    "image of a pair": ({"image": [42, 44]}, r"methods.vsPAIR.channels halve .* 2 times, but 42x44 .* divisible by 4"),
    "observation of a pair": ({"observation": [124, 62]}, r"methods.vsPAIR.channels .* 124x62 is not divisible by 4"),
    "image of a U-Net": (
        method("UNet", channels=[4, 8, 16, 32]),
        r"methods.UNet.channels halve .* 3 times, but 44x44 is not divisible by 8",
    ),
    "image below SSIM's window": ({"image": [6, 44]}, r"image=6x44 is below the 7 pixels that SSIM needs"),
    "another scan than LoDoPaB's": (
        {"data": {"source": "lodopab"}, "scan": {"angles": 999}},
        r"data.source=lodopab were made with .*'angles': 1000.*leave these of scan as they are",
    ),
    "negative side": ({"scan": {"side": -1}}, r"ct.scan.side: .*greater than 0, found -1"),
    # Names.
    "name with a slash": (
        {"methods": {"F/BP": {"kind": "FBP", "filter": "hann", "cutoff": 1}}},
        r"methods.F/BP: a name is made of letters, digits and underscores",
    ),
    "name without letters": (
        {"methods": {"_": {"kind": "FBP", "filter": "hann", "cutoff": 1}}},
        r"methods._: a name is made of letters",
    ),
    # Kinds: each has settings of its own.
    "unknown kind": (
        {"methods": {"mine": {"kind": "ART"}}},
        r"ct.methods.mine.kind must be one of FBP, TV, LPD, UNet, vsPAIR, found 'ART'",
    ),
    "no kind": ({"methods": {"mine": {"filter": "hann"}}}, r"ct.methods.mine.kind must be one of .*, found None"),
    "setting of another kind": (method("FBP", iterations=3), r"unknown key 'ct.methods.FBP.*iterations'"),
    "setting left out": (
        {"methods": {"mine": {"kind": "FBP", "filter": "hann"}}},
        r"'ct.methods.mine.*cutoff' is miss",
    ),
    "window": (method("FBP", filter="box"), r"ct.methods.FBP.*filter: .*found 'box'"),
    "cut-off": (method("FBP", cutoff=1.1), r"ct.methods.FBP.*cutoff: .*less than or equal to 1, found 1.1"),
    "strength": (method("TV", strengths=[-1]), r"ct.methods.TV.*strengths.0: .*found -1"),
    "no strengths": (method("TV", strengths=[]), r"ct.methods.TV.*strengths: "),
    "memory of one channel": (method("LPD", primal=1), r"ct.methods.LPD.*primal: .*found 1"),
    "start": (method("LPD", start="tv"), r"ct.methods.LPD.*start: .*'zero' or 'fbp', found 'tv'"),
    "rho": (method("vsPAIR", rho_start=1), r"ct.methods.vsPAIR.*rho_start: .*less than 1, found 1"),
    "pairs beyond the slices": (method("TV", pairs=97), r"methods.TV.pairs=97 is more than the data.train=96 slices"),
    # Noise.
    "equal levels": ({"noise": {"levels": [5, 5.0]}}, r"ct.noise: levels must be distinct .*found \[5.0, 5.0\]"),
    "levels of one name": ({"noise": {"levels": [5, 5.0000001]}}, r"ct.noise: levels must be distinct in six digits"),
    "no levels": ({"noise": {"levels": []}}, r"ct.noise.levels: "),
    "level beyond 100": ({"noise": {"levels": [101]}}, r"ct.noise.levels.0: .*less than or equal to 100, found 101"),
    "falling levels": ({"noise": {"variable": [20, 20]}}, r"ct.noise: variable must rise .*found \[20.0, 20.0\]"),
    "convention": ({"noise": {"convention": "snr"}}, r"ct.noise.convention: .*found 'snr'"),
    # Data.
    "source": ({"data": {"source": "mnist"}}, r"ct.data.source: .*found 'mnist'"),
    "scale": ({"data": {"scale": "unit"}}, r"ct.data.scale: .*'raw' or 'maximum', found 'unit'"),
    "no blocks": ({"data": {"blocks": 0}}, r"ct.data.blocks: .*found 0"),
    # Figures: the demo has 40 test slices.
    "example beyond the test": ({"figures": {"example": 40}}, r"figures.example names test image 40, but data.test=40"),
    "overlay beyond the test": ({"figures": {"overlays": [0, 40]}}, r"figures.overlays names test image 40, but"),
    "perturbed beyond the test": ({"figures": {"perturbed": [41]}}, r"figures.perturbed names test image 41, but"),
    "window upside down": ({"figures": {"window": [0.5, 0.5]}}, r"ct.figures: window must rise .*found \[0.5, 0.5\]"),
    "more latents than there are": (
        {"figures": {"top": 257}},
        r"figures.top=257 is more than the latent_x=256 latents",
    ),
    "no unperturbed": ({"figures": {"steps": [-1, 1, 2]}}, r"ct.figures: steps must hold 0"),
    # Evaluation: 0.95 needs 19 of 40 slices.
    "share": (
        {"evaluation": {"calibration": {"share": 0.47}}},
        r"calibration.share=0.47 of data.test=40 leaves 18 images .*level 0.95 needs 19",
    ),
    "samples": (
        {"evaluation": {"calibration": {"samples": 38}}},
        r"samples=38 do not reach level 0.95, which needs 39",
    ),
    "unknown key": ({"sacn": {}}, r"unknown key 'ct.sacn'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_gives_one_sentence_before_anything_runs(name):
    parts, sentence = WRONG[name]
    with pytest.raises(VspairError, match=sentence) as caught:
        tomography(**parts)
    message = str(caught.value)
    assert message.startswith("configuration: ")
    assert "\n" not in message
    assert ";" not in message
    assert "Value error" not in message


def test_as_many_slices_as_the_conformal_scaling_needs_are_enough():
    """0.475 of 40 is 19 exactly, for which floats might leave 18."""
    assert tomography(evaluation={"calibration": {"share": 0.475}}).data.test == 40


@pytest.mark.parametrize(
    ("figures", "share", "test"),
    [({}, 0.5, 38), ({}, 0.475, 40), ({"example": 45}, 0.5, 46), ({"perturbed": [3, 50, 1]}, 0.5, 51)],
)
def test_the_fewest_test_slices_are_enough_and_one_fewer_is_refused(figures, share, test):
    """19 slices fit the level 0.95, and every image that is shown has to be there."""
    parts = {"figures": figures, "evaluation": {"calibration": {"share": share}}}
    problem = tomography(**parts, data={"test": test, "train": 8})
    assert problem.needed() == {"train": 8, "test": test}
    with pytest.raises(VspairError, match=f"data.test={test - 1}"):
        tomography(**parts, data={"test": test - 1})


@pytest.mark.parametrize(
    "settings",
    [method("vsPAIR_sparse", trained_on="levels"), {"methods": {n: {"trained_on": "variable"} for n in METHODS}}],
    ids=["no pair for fig10", "nothing for fig9"],
)
def test_figures_without_a_method_are_refused(settings):
    with pytest.raises(VspairError, match=r"fig9 needs one with trained_on=levels, fig10 and fig11 one of kind vsPAIR"):
        tomography(**settings)


def test_a_variable_method_of_another_kind_does_not_stand_in_for_the_pair():
    changes = {"vsPAIR_sparse": {"trained_on": "levels"}, "UNet": {"trained_on": "variable"}}
    with pytest.raises(VspairError, match="fig10 and fig11 one of kind vsPAIR"):
        tomography(methods=changes)


def test_a_pair_may_have_any_name():
    mine = tomography().methods["vsPAIR"].model_dump(mode="json") | {"alpha0": 3.0}
    problem = tomography(methods={"mine_2": mine})
    assert isinstance(problem.methods["mine_2"], Paired)
    assert ("mine_2", "0") in problem.runs()

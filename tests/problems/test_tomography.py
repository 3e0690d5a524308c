"""Computed tomography's configuration: the paper's numbers, and what is refused before anything runs."""

import re

import pytest

RIVALS = ["UNetEnsemble", "QuantileUNet", "PhysicalCVAE", "PhysicalFlow"]
METHODS = ["LPD", "vsPAIR", "FBP", "TV", "UNet", "vsPAIR_sparse", *RIVALS]


@pytest.fixture
def tomography(resolved):
    return lambda preset="demo", **parts: resolved(preset, tomography=parts).tomography


def method(name, **settings):
    return {"methods": {name: settings}}


@pytest.mark.parametrize("preset", ["demo", "quick", "paper"])
def test_both_pairs_of_a_preset_differ_in_hyperprior_and_training_data_alone(tomography, preset):
    """Table 12: alpha0 and beta0; the paper's epochs differ too."""
    methods = tomography(preset).methods
    assert list(methods) == METHODS
    dense, sparse = (dict(methods[name]) for name in ("vsPAIR", "vsPAIR_sparse"))
    different = {key for key in dense if dense[key] != sparse[key]}
    assert different == {"alpha0", "beta0", "label", "datasets"} | ({"training"} if preset == "paper" else set())


def test_the_paper_preset_is_the_paper(tomography):
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


def test_there_is_a_data_set_for_each_noise_level_and_one_that_varies(tomography):
    problem = tomography(compare=None, noise={"levels": [10, 2.5, 0], "variable": [1, 3]})
    assert problem.datasets() == ("noise10", "noise2.5", "noise0", "variable")
    assert problem.usual_datasets() == ("noise10", "noise2.5", "noise0")
    assert [problem.noise_label(name) for name in problem.datasets()] == ["10 %", "2.5 %", "0 %", "1 to 3 %"]
    runs = problem.runs((0,))
    assert [run.data for run in runs if run.method == "vsPAIR"] == list(problem.usual_datasets())
    for name in ("vsPAIR_sparse", *RIVALS):
        assert [run.data for run in runs if run.method == name] == ["variable"]


def test_a_methods_architecture_is_what_its_class_takes(tomography):
    """Settings of the training, the data and the tuning are none of the class's."""
    architectures = {name: set(method.architecture()) for name, method in tomography().methods.items()}
    paired = architectures.pop("vsPAIR")
    assert architectures.pop("vsPAIR_sparse") == paired >= {"channels", "latent_x", "latent_y", "map_gate", "choices"}
    assert architectures == {
        "LPD": {"iterations", "primal", "dual", "width", "start"},
        "FBP": {"filter", "cutoff"},
        "TV": {"strengths", "iterations"},
        "UNet": {"channels", "filter", "cutoff"},
        "UNetEnsemble": {"channels", "members", "filter", "cutoff"},
        "QuantileUNet": {"channels", "levels", "filter", "cutoff"},
        "PhysicalCVAE": {"channels", "latent_x", "filter", "cutoff"},
        "PhysicalFlow": {"channels", "steps", "spread", "filter", "cutoff"},
    }


def test_the_scans_geometry_is_what_the_operators_take(tomography):
    assert tomography().scan.geometry() == {"side": 0.26, "pixels": 362, "enlarged": 1000, "angles": 1000, "bins": 513}


def test_settings_may_arrive_as_text(tomography):
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
    assert (problem.methods["TV"].strengths, problem.methods["TV"].pairs) == ((1e-3, 0), 8)
    assert problem.methods["UNet"].training.learning_rate == 1e-4
    assert problem.evaluation.calibration.images_needed == 9
    assert (problem.figures.window, problem.figures.overlays, problem.figures.steps) == ((0.1, 0.4), (0, 2), (-1, 0, 1))


WRONG = {
    # Sizes: the demo's scan has 362 pixels, 1000 angles, 513 bins, and averages 8 of them.
    "image beyond the scan": ({"image": [48, 44]}, r"image=48x44 times scan.binning=8 is more than the scan's 362x362"),
    "bins beyond the scan": ({"observation": [124, 68]}, r"observation=124x68 times .* more than the scan's 1000x513"),
    "enlarged is smaller": ({"scan": {"enlarged": 361}}, r"scan.enlarged=361 must be at least scan.pixels=362"),
    "image of a pair": ({"image": [42, 44]}, r"methods.vsPAIR: channels halve .* 2 times, but 42x44 .* divisible by 4"),
    "observation of a pair": ({"observation": [124, 62]}, r"methods.vsPAIR: channels .* 124x62 is not divisible by 4"),
    "image of a U-Net": (
        method("UNet", channels=[4, 8, 16, 32]),
        r"methods.UNet: channels halve .* 3 times, but 44x44 is not divisible by 8",
    ),
    "image of a flow": (
        method("PhysicalFlow", channels=[4] * 3),
        r"methods.PhysicalFlow: channels halve the QoI 3 times, but 44x44",
    ),
    "falling quantiles": (
        method("QuantileUNet", levels=[0.5, 0.1]),
        r"tomography.methods.QuantileUNet.*levels: must rise",
    ),
    "one quantile": (method("QuantileUNet", levels=[0.5]), r"tomography.methods.QuantileUNet.*levels: .*at least 2"),
    "image below SSIM's window": ({"image": [4, 44]}, r"image=4x44 is below the 7 pixels that SSIM needs"),
    "another scan than LoDoPaB's": (
        {"data": {"source": "lodopab"}, "scan": {"angles": 999}},
        r"data.source=lodopab were made with .*'angles': 1000.*leave these of scan as they are",
    ),
    "negative side": ({"scan": {"side": -1}}, r"tomography.scan.side: .*greater than 0, found -1"),
    "photons without number": ({"scan": {"photons": 1e300}}, r"tomography.scan.photons: .*equal to 1000000000000000"),
    "hardly a photon": (
        {"scan": {"photons": 1e-9}},
        r"tomography.scan.photons: .*greater than or equal to 1, found 1e-09",
    ),
    "image without number": ({"image": [10**5, 44]}, r"tomography.image.0: .*less than or equal to 16384"),
    "more pairs than memory": (
        {"image": [4096, 4096], "observation": [4096, 4096], "data": {"train": 10**6}}
        | {"scan": {"pixels": 8192, "angles": 8192, "bins": 8192, "enlarged": 8192, "binning": 2}},
        r"1000040 pairs of the shapes .* TiB, more than any machine",
    ),
    # Kinds: each has settings of its own.
    "setting of another kind": (method("FBP", iterations=3), r"unknown key 'tomography.methods.FBP.*iterations'"),
    "setting left out": (
        {"methods": {"mine": {"kind": "FBP", "filter": "hann"}}},
        r"'tomography.methods.mine.*cutoff' is miss",
    ),
    "window": (method("FBP", filter="box"), r"tomography.methods.FBP.*filter: .*found 'box'"),
    "cut-off": (method("FBP", cutoff=1.1), r"tomography.methods.FBP.*cutoff: .*less than or equal to 1, found 1.1"),
    "equal strengths": (method("TV", strengths=[1e-3, 1e-3]), r"tomography.methods.TV.*strengths: must be distinct"),
    "strength": (method("TV", strengths=[-1]), r"tomography.methods.TV.*strengths.0: .*found -1"),
    "no strengths": (method("TV", strengths=[]), r"tomography.methods.TV.*strengths: "),
    "memory of one channel": (method("LPD", primal=1), r"tomography.methods.LPD.*primal: .*found 1"),
    "start": (method("LPD", start="tv"), r"tomography.methods.LPD.*start: .*'zero' or 'fbp', found 'tv'"),
    "rho": (method("vsPAIR", rho_start=1), r"tomography.methods.vsPAIR.*rho_start: .*less than 1, found 1"),
    "pairs beyond the slices": (method("TV", pairs=97), r"methods.TV.pairs=97 is more than the data.train=96 slices"),
    # Noise.
    "equal levels": (
        {"noise": {"levels": [5, 5.0]}},
        r"tomography.noise: levels must be distinct .*found \[5.0, 5.0\]",
    ),
    "levels of one name": (
        {"noise": {"levels": [5, 5.0000001]}},
        r"tomography.noise: levels must be distinct in six digits",
    ),
    "levels of one size": ({"noise": {"levels": [0.0, -0.0]}}, r"noise: levels must be .*found"),
    "minus nothing": ({"noise": {"levels": [-0.0]}}, r"noise: levels must be 0 or at least 0.001, found -0.0"),
    "hardly a level": ({"noise": {"levels": [1e-5]}}, r"noise: levels must be 0 or at least 0.001, found 1e-05"),
    "true is no level": ({"noise": {"levels": [True]}}, r"tomography.noise.levels: must not be true or false"),
    "no levels": ({"noise": {"levels": []}}, r"tomography.noise.levels: "),
    "level beyond 100": (
        {"noise": {"levels": [101]}},
        r"tomography.noise.levels.0: .*less than or equal to 100, found 101",
    ),
    "falling levels": (
        {"noise": {"variable": [20, 20]}},
        r"tomography.noise: variable must rise .*found \[20.0, 20.0\]",
    ),
    "convention": ({"noise": {"convention": "snr"}}, r"tomography.noise.convention: .*found 'snr'"),
    # Data.
    "source": ({"data": {"source": "mnist"}}, r"tomography.data.source: .*found 'mnist'"),
    "scale": ({"data": {"scale": "unit"}}, r"tomography.data.scale: .*'raw' or 'maximum', found 'unit'"),
    "path outside": (
        {"data": {"path": "../x"}},
        r"tomography.data.path: must be a path inside its folder.*found '../x'",
    ),
    "whole path": ({"data": {"path": "/etc"}}, r"tomography.data.path: must be a path inside its folder"),
    "path up and down": ({"data": {"path": "a/../../b"}}, r"tomography.data.path: must be a path inside its folder"),
    "no path": ({"data": {"path": ""}}, r"tomography.data.path: must not be empty"),
    "wildcards": ({"data": {"path": "{data}"}}, r"tomography.data.path: must be a path without braces"),
    "home": ({"data": {"path": "~/ct"}}, r"tomography.data.path: must be a whole path, since nothing replaces ~"),
    "more blocks than slices": ({"data": {"blocks": 137}}, r"data.blocks=137 is more than the 136 slices"),
    "blocks without number": ({"data": {"blocks": 10**30}}, r"tomography.data.blocks: expected whole numbers below"),
    "no blocks": ({"data": {"blocks": 0}}, r"tomography.data.blocks: .*found 0"),
    # Figures: the demo has 40 test slices.
    "example beyond the test": ({"figures": {"example": 40}}, r"figures.example names test image 40, but data.test=40"),
    "overlay beyond the test": ({"figures": {"overlays": [0, 40]}}, r"figures.overlays names test image 40, but"),
    "perturbed beyond the test": ({"figures": {"perturbed": [41]}}, r"figures.perturbed names test image 41, but"),
    "window upside down": (
        {"figures": {"window": [0.5, 0.5]}},
        r"tomography.figures: window must rise .*found \[0.5, 0.5\]",
    ),
    "more latents than there are": (
        {"figures": {"top": 257}},
        r"figures.top=257 is more than the latent_x=256 latents",
    ),
    "no unperturbed": ({"figures": {"steps": [-1, 1, 2]}}, r"tomography.figures: steps must hold 0"),
    # Evaluation: 0.95 needs 19 of 40 slices.
    "share": (
        {"evaluation": {"calibration": {"share": 0.47}}},
        r"calibration.share=0.47 of data.test=40 leaves 18 images .*level 0.95 needs 19",
    ),
    "samples": (
        {"evaluation": {"calibration": {"samples": 38}}},
        r"samples=38 do not reach level 0.95, which needs 39",
    ),
    "holes": (
        {"evaluation": {"calibration": {"functionals": {"ink": {"statistic": "mean", "region": "holes"}}}}},
        r"functionals.ink: region=holes, but the observation has lost nothing by place",
    ),
    "repeated beyond the test": (
        {"evaluation": {"repeated": {"images": [40]}}},
        r"evaluation.repeated.images names test image 40, but data.test=40",
    ),
    "unknown key": ({"sacn": {}}, r"unknown key 'tomography.sacn'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_gives_one_sentence_before_anything_runs(refused, name):
    parts, sentence = WRONG[name]
    assert re.search(sentence, refused(tomography=parts))


def test_as_many_slices_as_the_conformal_scaling_needs_are_enough(tomography):
    """0.475 of 40 is 19 exactly, for which floats might leave 18."""
    tomography(evaluation={"calibration": {"share": 0.475}}).require_data()


@pytest.mark.parametrize(
    ("figures", "share", "test"),
    [({}, 0.5, 38), ({}, 0.475, 40), ({"example": 45}, 0.5, 46), ({"perturbed": [3, 50, 1]}, 0.5, 51)],
)
def test_the_fewest_test_slices_are_enough_and_one_fewer_is_refused(tomography, figures, share, test):
    """19 slices fit the level 0.95, and every image that is shown has to be there."""
    parts = {"figures": figures, "evaluation": {"calibration": {"share": share}}}
    problem = tomography(**parts, data={"test": test, "train": 8})
    problem.require_data()
    assert problem.needed() == {"train": 8, "test": test}
    again = {"repeated": {"images": [test + 3]}, **parts["evaluation"]}
    assert tomography(figures=figures, evaluation=again, data={"train": 8}).needed() == {"train": 8, "test": test + 4}
    with pytest.raises(ValueError, match=f"data.test={test - 1}"):
        tomography(**parts, data={"test": test - 1}).require_data()

"""Blind inpainting's configuration: the paper's numbers, and what is refused before anything runs."""

import re

import pytest

from vspair.errors import VspairError

PAPERS = ("PAIR", "vPAIR", "sVAE", "vsPAIR")


@pytest.fixture
def inpainting(resolved):
    return lambda preset="demo", **parts: resolved(preset, inpainting=parts).inpainting


@pytest.fixture(params=["demo", "quick", "paper"])
def problem(request, inpainting):
    """The problem in each preset."""
    return inpainting(request.param)


def test_the_paper_preset_is_the_paper(inpainting):
    """Section 4.1 and Table 9, by hand."""
    problem = inpainting("paper")
    assert problem.image == (28, 28)
    assert (problem.data.source, problem.data.train, problem.data.test) == ("mnist", 54_000, 6_000)
    assert (problem.data.patches, problem.data.patch_size) == (10, 5)
    assert problem.evaluation.samples == 30
    assert problem.evaluation.localisation.images == 6_000
    assert (problem.figures.percentiles, problem.figures.localised) == ((25, 50, 96), (50, 75, 90))
    assert (problem.figures.levels[0], problem.figures.levels[-1]) == (-4, 4)
    assert problem.figures.scatter == 500
    for method in problem.methods.values():
        training = method.training
        assert (training.epochs, training.batch_size, training.learning_rate) == (100, 64, 1e-4)


def test_the_weights_are_those_of_table_9(inpainting):
    common = {"lambda1": 1.0, "lambda2": 0.5, "lambda3": 1.0}
    table = {
        "PAIR": common,
        "vPAIR": common | {"gamma_x": 1.0, "gamma_y": 0.1},
        "sVAE": {"lambda1": 1.0, "lambda_rho": 1.4, "gamma_x": 1.0},
        "vsPAIR": common | {"lambda_rho": 1.4, "gamma_x": 1.0, "gamma_y": 0.1, "lambda_b": 0.05},
    }
    methods = inpainting("paper").methods
    assert {name: methods[name].weights.model_dump() for name in PAPERS} == table
    assert {(methods[name].alpha0, methods[name].beta0) for name in ("sVAE", "vsPAIR")} == {(1.0, 127.0)}


def test_baselines_have_the_backbone_and_the_latent_of_the_papers_dense_models(problem):
    """Else a comparison with them would be one of sizes."""
    dense = problem.methods["vPAIR"]
    for baseline in (problem.methods[name] for name in ("CVAE", "Ensemble")):
        assert (baseline.channels, baseline.latent_x) == (dense.channels, dense.latent_x)
        assert set(baseline.weights.model_dump().values()) == {1}


def test_enough_samples_reach_the_tails_of_every_level(problem):
    """The quantile at (1 - c) / 2 needs a rank of at least 1 among S + 1: S >= 2 / (1 - c) - 1."""
    calibration = problem.evaluation.calibration
    assert (1 - max(calibration.levels)) / 2 * (calibration.samples + 1) >= 1 - 1e-9


@pytest.mark.parametrize(
    ("levels", "images"), [([0.9], 9), ([0.5, 0.9], 9), ([0.8], 4), ([0.95], 19), ([0.5, 0.6, 0.7], 3)]
)
def test_as_many_images_as_the_conformal_scaling_needs_are_enough(inpainting, levels, images):
    """n >= 1 / (1 - c) - 1, in fractions: 9 for 0.9, for which floats would ask for 10; one fewer is refused."""
    calibration = {"levels": levels, "scaling_level": levels[-1], "share": 0.5}
    parts = {
        "evaluation": {"localisation": {"images": 1}, "gates": {"images": 1}, "calibration": calibration},
        "figures": {"scatter": 1, "examples": [0]},
        "studies": {name: {"test": 2} for name in inpainting().studies},
    }
    inpainting(data={"test": 2 * images}, **parts).require_data()
    with pytest.raises(ValueError, match=rf"leaves {images - 1} images .* level {levels[-1]} needs {images}"):
        inpainting(data={"test": 2 * images - 1}, **parts).require_data()


def localisation(**settings):
    return {"evaluation": {"localisation": settings}}


def repeated(**settings):
    return {"evaluation": {"repeated": settings}}


def calibration(**settings):
    return {"evaluation": {"calibration": settings}}


def functional(name="ink", **settings):
    return calibration(functionals={name: {"statistic": "mean", "region": "all"} | settings})


WRONG = [
    ({"data": {"source": "cifar"}}, "inpainting.data.source: must be .*found 'cifar'"),
    ({"data": {"train": 0}}, "inpainting.data.train: must be greater than 0, found 0"),
    ({"data": {"patch_size": 29}}, "inpainting: .*data.patch_size=29 .* image of 28x28"),
    ({"image": [28]}, "'inpainting.image.1' is missing"),
    ({"evaluation": {"samples": 1}}, "inpainting.evaluation.samples: .*found 1"),
    ({"figures": {"percentiles": [50, 101]}}, "inpainting.figures.percentiles.1: .*found 101"),
    ({"figures": {"localised": [-1]}}, "inpainting.figures.localised.0: .*found -1"),
    ({"figures": {"levels": [1, 2, 3]}}, "figures: levels must hold 0"),
    ({"figures": {"examples": [0, 180]}}, "figures.examples names test image 180, but data.test=180"),
    ({"figures": {"scatter": 181}}, "figures.scatter=181 is more than the data.test=180"),
    (localisation(images=181), "localisation.images=181 is more than the data.test=180"),
    ({"evaluation": {"gates": {"images": 181}}}, "evaluation.gates.images=181 is more than the data.test=180"),
    ({"evaluation": {"gates": {"top": 200}}}, "evaluation.gates.top=200 is more than the latent_x=128 latents of meth"),
    (localisation(images=0), "localisation.images: .*found 0"),
    (localisation(levels=[-1, 0]), "levels must not hold 0"),
    (localisation(levels=[]), r"localisation.levels: .*found \[\]"),
    (calibration(samples=9), "calibration.samples: .*found 9"),
    (calibration(samples=38), "calibration.samples=38 .*0.95.* 39"),
    (calibration(levels=[0.5, 1.0]), "calibration.levels.1: .*found 1.0"),
    (calibration(levels=[0.9, 0.9]), r"levels must be distinct, found \[0.9, 0.9\]"),
    (
        {"data": {"train": 1700}},
        "inpainting: data.train=1700 and data.test=180 are more than the 1797 images of data.source=digits",
    ),
    (
        {"data": {"source": "mnist"}, "image": [32, 32]},
        r"image must be \[28, 28\] with data.source=mnist, found \[32, 32\]",
    ),
    ({"image": [100000, 28]}, "inpainting.image.0: must be less than or equal to 16384, found 100000"),
    ({"data": {"patch_size": 28}}, "data.patches=10 of data.patch_size=28 leave nothing of an image of 28x28"),
    ({"data": {"patches": 126}}, "data.patches=126 of data.patch_size=5 leave nothing"),
    ({"data": {"seed": 10**12}}, "inpainting.data.seed: must be less than 4294967296, found 1000000000000"),
    ({"data": {"seed": True}}, "inpainting.data.seed: must not be true or false, found True"),
    ({"image": [28, True]}, r"inpainting.image: must not be true or false, found \[28, True\]"),
    ({"figures": {"percentiles": [50, 50]}}, r"figures.percentiles: must be distinct, found \[50, 50\]"),
    ({"figures": {"examples": [1, 1]}}, "figures.examples: must be distinct"),
    ({"figures": {"levels": [0.0, -0.0, 1]}}, "figures.levels: must be distinct"),
    ({"figures": {"levels": [0, 1, 1.0000001]}}, "figures.levels: must be distinct in six digits"),
    ({"figures": {"levels": list(range(99))}}, "figures.levels: must have at most 50 of them"),
    ({"figures": {"levels": [0, 1, 1e-300]}}, "figures.levels: must be 0 or between 1e-30 and 1e.30 in size"),
    (localisation(levels=[1, 1]), "localisation.levels: must be distinct"),
    (calibration(levels=[0.5, 0.9, 0.9000000001]), "levels must be distinct in six digits of their percent"),
    (calibration(levels=[0.9, 1 - 1e-9]), "levels.1: must be between 1e-06 and 0.999999, found"),
    (calibration(samples=10**6), "calibration.samples: must be less than or equal to 100000"),
    (calibration(share=1), "calibration.share: .*found 1"),
    (calibration(share=0.1), "share=0.1 of data.test=180 leaves 18 images .* level 0.95 needs 19"),
    (
        functional(region="hole"),
        r"functionals.ink.region: must be all, holes or \[top, left, height, width\], found 'hole'",
    ),
    (functional(statistic="median"), "functionals.ink.statistic: .*mean.*found 'median'"),
    (
        functional(region=[20, 0, 9, 9]),
        r"functionals.ink: region=\[20.0, 0.0, 9.0, 9.0\] leaves the image of 28x28 pixels",
    ),
    (functional("worst_group"), "functionals names one worst_group, which stands for something else"),
    (functional("a-b"), "functionals.a-b: a name is made of letters"),
    (calibration(scaling_level=0.93), "scaling_level=0.93 must be one of levels"),
    (repeated(samples=18), "repeated.samples=18 do not reach level 0.9, which needs 19"),
    (repeated(level=0.95, samples=38), "repeated.samples=38 do not reach level 0.95, which needs 39"),
    (repeated(images=[0, 180]), "evaluation.repeated.images names test image 180, but data.test=180"),
    (repeated(methods=["GAN"]), "evaluation.repeated.methods names GAN, the methods are PAIR, vPAIR"),
    (repeated(methods=["PAIR"]), "evaluation.repeated.methods names PAIR, which has no posterior"),
    (repeated(draws=1), "evaluation.repeated.draws: must be greater than or equal to 2, found 1"),
]


@pytest.mark.parametrize(("parts", "sentence"), WRONG, ids=[repr(parts) for parts, _ in WRONG])
def test_a_wrong_setting_gives_one_sentence_before_anything_runs(refused, parts, sentence):
    assert re.search(sentence, refused(inpainting=parts))


@pytest.mark.parametrize(
    ("scale", "bounds", "edges"),
    [("unit", [-1, 1], "[0, 1]"), ("standardised", [-1, 1], "[None, None]"), ("symmetric", [0, None], "[-1, 1]")],
)
def test_bounds_of_recorded_values_are_those_of_the_scale(inpainting, scale, bounds, edges):
    """Else the mass at black would be at some grey."""
    with pytest.raises(
        VspairError, match=rf"methods.vsPAIRplus.bounds=.* which are {re.escape(edges)} with data.scale"
    ):
        inpainting(data={"scale": scale}, methods={"vsPAIRplus": {"bounds": bounds}})
    inpainting(data={"scale": scale}, methods={"vsPAIRplus": {"bounds": [None, None]}})
    inpainting(data={"scale": scale}, compare=["PAIR"], methods={"vsPAIRplus": {"bounds": bounds}})

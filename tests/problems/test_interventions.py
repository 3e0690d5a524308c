"""The intervention analysis: the paper's numbers, what is refused, and what its jobs make of subsets and results."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from vspair.data.subsets import Subsets, write_subsets
from vspair.errors import VspairError
from vspair.evaluation.quality import similarity
from vspair.problems.interventions.jobs import analysed, of_runs, stack
from vspair.problems.interventions.results import FEATURES, OF_DATA, OF_MODEL, Choice, Results, row
from vspair.problems.interventions.settings import Analysis, Network, Stack

SIZES = {"hidden": 6, "latent": 3}
ANALYSIS = Analysis(pairs=5, images=8, threshold=0.3, window=7, seed=1)
LOOP = {"batch_size": 4, "learning_rate": 1e-3, "checkpoint_every": 1, "seed": 5}


def networks(runs):
    """Untrained, one a run."""
    return [build() for build in of_runs("dense", Network(**SIZES), runs, 3)]


@pytest.fixture
def problem(resolved):
    return lambda preset="demo", **parts: resolved(preset, interventions=parts).problems["interventions"]


@pytest.fixture
def subsets():
    images = np.random.default_rng(2).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    index = {1: np.array([np.arange(10), np.arange(10, 20)]), 2: np.array([np.arange(20), np.arange(10, 30)])}
    return Subsets(images, index)


def test_the_paper_preset_is_the_paper(problem):
    """Sections 2.1 to 2.4, Tables A.1 and A.2, by hand."""
    paper = problem("paper")
    assert paper.sources == ("mnist", "fashion_mnist")
    assert (paper.data.classes, paper.data.images) == ((1, 5, 10), 1000)
    assert paper.data.seeds == tuple(range(2810, 2820))
    assert (paper.network.hidden, paper.network.latent) == (400, 20)
    assert (paper.training.batch_size, paper.training.learning_rate, paper.training.seed) == (256, 1e-3, 2810)
    assert paper.training.epochs == (10, 40)
    assert (paper.analysis.pairs, paper.analysis.images, paper.analysis.threshold) == (200, 500, 0.075)
    of_a_table = paper.stacks(paper.choices.epochs)
    assert len(of_a_table) * len(paper.data.seeds) == 60
    assert paper.trainings(()) == 120


def test_a_stack_comes_back_from_its_name():
    made = Stack("dense", "fashion_mnist", 10, 40)
    assert made.name == "dense.fashion_mnist.10.40" and Stack.parse(made.name) == made
    assert row(made) == "fashion_mnist 10" and row(made._replace(model="conv")) == "fashion_mnist 10 conv"


@pytest.mark.parametrize(
    "parts, told",
    [
        ({"choices": {"epochs": 7}}, "choices.epochs=7 must be one of training.epochs"),
        ({"analysis": {"images": 61}}, "analysis.images=61 is more than the 60 images of the smallest subset"),
        ({"data": {"images": 175}}, "data.images=175 is more than the 174"),
        ({"data": {"classes": [11]}}, "data.classes=11 is more than the 10"),
        ({"data": {"seeds": [1, 1]}}, "seeds must be distinct"),
        ({"models": []}, "interventions.models"),
        ({"sources": ["mnist", "mnist"]}, "interventions.sources"),
    ],
)
def test_what_cannot_be_is_refused(refused, parts, told):
    assert told in refused(interventions=parts)


def test_the_runs_of_a_stack_differ_in_their_data_alone(subsets, tmp_path):
    write_subsets(tmp_path / "subsets.safetensors", subsets)
    values = {"network": SIZES} | {f"training.{key}": value for key, value in LOOP.items()}
    runs = stack(values, "dense.mnist.2.3", tmp_path / "subsets.safetensors")
    assert runs.qoi.shape == (20, 2, 1, 28, 28) and runs.observation.shape == (20, 2, 0)
    torch.testing.assert_close(runs.qoi[4, 1, 0], torch.from_numpy(subsets.images[14]) / 255)
    assert (runs.training.epochs, runs.training.batch_size, runs.seed) == (3, 4, 5)
    first, second = (build().state_dict() for build in runs.builds)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture
def found(subsets):
    return analysed(networks(2), subsets, 1, ANALYSIS, "cpu")


def test_an_analysis_has_every_choice(found):
    for choice in Choice.every([1]):
        for metric in (*OF_DATA, *OF_MODEL):
            value = found[0]
            for part in choice.key(metric).split("."):
                value = value[part]
            assert math.isfinite(value)
    assert np.shape(found[0]["contributions"]["fresh"]["ssim"]["of_means"]) == (3,) == np.shape(found[0]["kl"])


def test_an_analysis_is_of_its_own_subset(found, subsets):
    """Seeds differ in their data, and the same data again give the same numbers."""
    assert found[0]["diversity"] != found[1]["diversity"]
    twice = Subsets(subsets.images, {1: subsets.index[1][[0, 0]]})
    same = analysed(networks(2), twice, 1, ANALYSIS, "cpu")
    assert same[0] == same[1] == found[0]


def test_the_errors_are_those_of_the_posterior_mean(subsets):
    """With all images of a subset the mean errors need no draw, and can be worked out by other means."""
    (network,) = networks(1)
    analysis = ANALYSIS.model_copy(update={"images": 10})
    one = Subsets(subsets.images, {1: subsets.index[1][:1]})
    metrics = analysed([network], one, 1, analysis, "cpu")[0]["metrics"]
    x = torch.from_numpy(subsets.images[:10])[:, None] / 255
    with torch.no_grad():
        decoded = network.decode(network.encode(x).mean)
    for noise in ("shared", "fresh"):
        squared = metrics[noise]["squared"]["of_means"]["recon_mean"]
        assert squared == pytest.approx(float(((decoded - x) ** 2).mean()), rel=1e-5)
        ssim = 1 - similarity(decoded.double(), x.double(), torch.ones(10, dtype=torch.float64)).mean()
        assert metrics[noise]["ssim"]["of_means"]["recon_mean"] == pytest.approx(float(ssim), rel=1e-5)


@pytest.fixture
def results(tmp_path):
    """Results of two stacks of four seeds with numbers by chance; one number is not there."""
    rng, paths = np.random.default_rng(6), {}
    for name in ("dense.mnist.1.40", "dense.mnist.5.40"):
        paths[name] = []
        for seed in range(4):
            numbers = {metric: float(value) for metric, value in zip(OF_MODEL, rng.random(6), strict=True)}
            told = {
                "diversity": {"ssim": {"diversity": rng.random(), "var_diversity": rng.random()}},
                "metrics": {"shared": {"squared": {"of_means": numbers, "mean_of_ratios": {"ratio_sum": None}}}},
            }
            path = tmp_path / f"{name}.{seed}.json"
            path.write_text(json.dumps(told))
            paths[name].append(str(path))
    return Results(paths)


CHOSEN = Choice(40, "squared", "of_means", "shared", "ssim")


def test_correlations_are_over_all_runs(results):
    found = results.correlations(CHOSEN, "dense")
    assert list(found) == list(FEATURES)
    values = {
        metric: [value for one in results.of_epochs(40) for value in results.values(one, CHOSEN.key(metric))]
        for metric in ("diversity", "sig_dims")
    }
    assert found["diversity"] == pytest.approx(tuple(spearmanr(values["diversity"], values["sig_dims"])))


def test_without_any_spread_there_is_no_correlation(results):
    for one in results.of_epochs(40):
        for file in results._found[one]:
            file["metrics"]["shared"]["squared"]["of_means"]["sig_dims"] = 2.0
    assert all(math.isnan(rho) and math.isnan(p) for rho, p in results.correlations(CHOSEN, "dense").values())


def test_a_cell_says_where_it_is_from(results):
    one = results.of_epochs(40)[0]
    cell = results.cell(one, CHOSEN, "int_var")
    assert (cell.row, cell.statistic, len(cell.values)) == ("mnist 1", "value", 4)
    told = json.loads(Path(cell.inputs[2]).read_text())
    assert told["metrics"]["shared"]["squared"]["of_means"]["int_var"] == cell.values[2]
    assert all(map(math.isnan, results.values(one, "metrics.shared.squared.mean_of_ratios.ratio_sum")))


def test_damaged_results_are_refused_with_what_to_do(results, tmp_path):
    """Where a number, its place or the whole file is gone."""
    one = results.of_epochs(40)[0]
    path, key = Path(results.paths[one][1]), CHOSEN.key("int_var")
    whole = json.loads(path.read_text())
    for damaged in ("1e-9", True, {"a": 1}):
        whole["metrics"]["shared"]["squared"]["of_means"]["int_var"] = damaged
        path.write_text(json.dumps(whole))
        again = Results({one.name: results.paths[one]})
        with pytest.raises(VspairError, match=rf"number or null at {key} in .*{path.name}.*delete it and run the same"):
            again.values(one, key)
    whole["metrics"] = {}
    path.write_text(json.dumps(whole))
    with pytest.raises(VspairError, match="number or null"):
        Results({one.name: results.paths[one]}).values(one, key)
    path.write_text(path.read_text()[:50])
    with pytest.raises(VspairError, match="expected JSON with diversity, metrics in"):
        Results({one.name: results.paths[one]})

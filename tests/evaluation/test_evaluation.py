import numpy as np
import pytest
import torch

from vspair.distributions import Gaussian, SpikeSlab
from vspair.evaluation import LatentStatistics, evaluate, mean_over, reconstruction
from vspair.models.posterior import LatentPosterior

SIDE = 6
PIXELS = SIDE * SIDE
BIAS, SD, OMEGA = 0.3, 0.5, 0.25
DENSE = ("mse", "mse30", "uncertainty", "variance_holes", "variance_outside")


def images(codes):
    return codes.reshape(-1, 1, SIDE, SIDE)


class Analytic:
    """A method whose posterior is known: independent pixels, N(y + BIAS, SD^2), switched on with probability OMEGA."""

    probabilistic = True

    def __init__(self, sparse=False):
        self.sparse = sparse

    def latent(self, y):
        slab = Gaussian(y.flatten(1) + BIAS, torch.full((len(y), PIXELS), 2 * float(np.log(SD))))
        return SpikeSlab(slab, torch.full((len(y), PIXELS), OMEGA)) if self.sparse else slab

    def reconstruct(self, y, generator=None):
        return images(self.latent(y).rsample(generator))

    def posterior(self, y):
        return LatentPosterior(self.latent(y), images, len(y), PIXELS)


class Shift:
    """A deterministic method that is wrong by BIAS everywhere."""

    probabilistic = False

    def reconstruct(self, y, generator=None):
        return y + BIAS


def pairs(n=400):
    x = torch.randn(n, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return x, x.clone()


def holes(n=400):
    """Random holes; the first image has none and the last is one."""
    lost = torch.rand(n, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(5)) < 0.3
    lost[0], lost[-1] = False, True
    return lost


def run(method, samples=30, batch_size=64, n=400):
    return evaluate(method, *pairs(n), holes(n), samples, batch_size, torch.Generator().manual_seed(2))


def z_score(values, expected):
    return (values.mean() - expected) / (values.std() / np.sqrt(len(values)))


@pytest.mark.parametrize("samples", [2, 30])
def test_errors_and_uncertainty_have_their_expectations(samples):
    """E mse = bias^2 + sd^2, E mse30 = bias^2 + sd^2 / n, E uncertainty = sd^2; 400 images, 4.5 standard errors."""
    rows = run(Analytic(), samples).images
    assert abs(z_score(rows["mse"], BIAS**2 + SD**2)) < 4.5
    assert abs(z_score(rows["mse30"], BIAS**2 + SD**2 / samples)) < 4.5
    assert abs(z_score(rows["uncertainty"], SD**2)) < 4.5


def test_the_sparse_counts_are_those_of_the_gates():
    """nnz is Binomial(pixels, omega); its mean over 400 images to 4.5 standard errors.

    Three of four codes are off on average, so that no latent is small on 95 % of the images, and no gate is at one.
    """
    found = run(Analytic(sparse=True))
    assert found.latents == {"collapsed": 0.0, "gates_at_one": 0.0, "always_at_one": 0.0}
    rows = found.images
    assert list(rows) == [*DENSE, "always_active", "nnz", "sparsity"]
    assert abs(rows["nnz"].mean() - PIXELS * OMEGA) < 4.5 * np.sqrt(PIXELS * OMEGA * (1 - OMEGA) / len(rows))
    assert rows["nnz"].nunique() > 5
    np.testing.assert_allclose(rows["sparsity"], 1 - rows["nnz"] / PIXELS, rtol=1e-6)


def test_a_deterministic_method_is_measured_exactly():
    found = run(Shift())
    assert list(found.images) == ["mse"]
    np.testing.assert_allclose(found.images["mse"], BIAS**2, rtol=1e-5)
    assert list(found.moments) == ["mean"]
    torch.testing.assert_close(found.moments["mean"], pairs()[1] + BIAS)
    assert found.latents == {}


@pytest.mark.parametrize("batch_size", [1, 7, 400, 1000])
def test_rows_are_in_the_order_of_the_images_whatever_the_batch(batch_size):
    x, y = pairs(40)
    y = y + torch.arange(40.0).reshape(-1, 1, 1, 1)
    found = evaluate(Shift(), x, y, holes(40), 2, batch_size, torch.Generator())
    np.testing.assert_allclose(found.images["mse"], (np.arange(40) + BIAS) ** 2, rtol=1e-4)


def test_moments_are_kept_for_every_image():
    found = run(Analytic(), samples=500, n=20)
    assert found.moments["mean"].shape == found.moments["variance"].shape == (20, 1, SIDE, SIDE)
    z = (found.moments["mean"] - pairs(20)[1] - BIAS) / (SD / np.sqrt(500))
    assert z.abs().max() < 5
    assert abs(z.mean()) < 4.5 / np.sqrt(z.numel())
    np.testing.assert_allclose(found.moments["variance"].flatten(1).mean(1), found.images["uncertainty"], rtol=1e-5)


@pytest.mark.parametrize("batch_size", [7, 40])
def test_variances_inside_and_outside_the_holes_are_numpys(batch_size):
    """Catches exchanged regions, a mean over all pixels, and holes that belong to another image."""
    found, lost = run(Analytic(), n=40, batch_size=batch_size), holes(40).numpy()
    variance = found.moments["variance"].numpy()
    for column, region in (("variance_holes", lost), ("variance_outside", ~lost)):
        means = [variance[i][region[i]].mean() if region[i].any() else np.nan for i in range(40)]
        np.testing.assert_allclose(found.images[column], means, rtol=1e-5)
    assert found.images["variance_holes"].isna().tolist() == [True] + 39 * [False]
    assert found.images["variance_outside"].isna().tolist() == 39 * [False] + [True]


def test_a_mean_over_a_region_broadcasts_the_region():
    """Values (2 levels, 3 images) and regions of the images alone; the third region is empty."""
    values = torch.randn(2, 3, 1, 4, 5, generator=torch.Generator().manual_seed(1))
    region = torch.rand(3, 1, 4, 5, generator=torch.Generator().manual_seed(2)) < 0.4
    region[2] = False
    found = mean_over(values, region)
    assert found.shape == (2, 3)
    assert found[:, 2].isnan().all()
    for level in range(2):
        for image in range(2):
            np.testing.assert_allclose(found[level, image], values[level, image][region[image]].mean(), rtol=1e-5)


class Known:
    """A posterior whose codes are given, shape (draws, images, width); only the first `latents` of a code count.

    It goes on where the last call ended, as a generator does, and notes how many were asked for.
    """

    probabilistic, gates = True, None

    def __init__(self, codes, latents, gates=None):
        self.codes, self.latents, self.gates = codes, latents, gates

    def reconstruct(self, y, generator=None):
        return y

    def posterior(self, y):
        self.shown, self.asked = y[:, 0, 0, 0].long(), []
        return self

    def moments(self, n, generator=None):
        return torch.zeros(2, len(self.shown), 1, SIDE, SIDE).unbind(0)

    def sample_latent(self, n, generator=None):
        drawn = sum(self.asked)
        self.asked.append(n)
        return self.codes[drawn : drawn + n, self.shown]


@pytest.mark.parametrize("sparse", [True, False])
def test_active_latents_are_counted_by_hand(sparse):
    """Nine images, five draws of four latents and a condition of two, which is never zero and never counted."""
    generator = np.random.default_rng(3)
    codes = generator.normal(size=(5, 9, 6)) * (generator.random((5, 9, 6)) < 0.8)
    codes[..., 4:] = 1
    codes[:, 0, :4], codes[:, 1, :4] = 0, 1
    on = codes[..., :4] != 0
    gates = torch.full((9, 4), 0.8) if sparse else None
    x = torch.arange(9.0).reshape(9, 1, 1, 1).expand(9, 1, SIDE, SIDE)
    method = Known(torch.tensor(codes), 4, gates)
    rows = evaluate(method, x, x, x > 4, 5, 9, torch.Generator()).images
    always = on.all(0).sum(1)
    assert rows["always_active"].tolist() == always.tolist()
    assert {0, 4} < set(always.tolist())
    if sparse:
        assert rows["nnz"].tolist() == on[0].sum(1).tolist() != always.tolist()
        np.testing.assert_allclose(rows["sparsity"], 1 - on[0].sum(1) / 4, rtol=1e-6)
    else:
        assert "nnz" not in rows


@pytest.mark.parametrize(("entries", "asked"), [(1, 5 * [1]), (2 * 9 * 4, [2, 2, 1]), (10**6, [5])])
def test_active_latents_counted_in_parts_are_those_counted_at_once(monkeypatch, entries, asked):
    """Of four latents two are off in the first draw alone, one in the last, one in the third for three images."""
    monkeypatch.setattr(reconstruction, "CODES_AT_ONCE", entries)
    codes = torch.ones(5, 9, 4)
    codes[0, :, :2] = codes[4, :, 2] = codes[2, :3, 3] = 0
    method = Known(codes, 4, torch.full((9, 4), 0.8))
    x = torch.arange(9.0).reshape(9, 1, 1, 1).expand(9, 1, SIDE, SIDE)
    rows = evaluate(method, x, x, None, 5, 9, torch.Generator()).images
    assert method.asked == asked
    assert rows["always_active"].tolist() == 3 * [0] + 6 * [1]
    assert rows["nnz"].tolist() == 9 * [2]


def farthest(estimate, truth):
    return {"farthest": (estimate - truth).abs().flatten(1).amax(1)}


@pytest.mark.parametrize("sparse", [True, False])
def test_without_lost_places_there_are_no_regions_and_the_rest_is_the_same(sparse):
    x, y = pairs(40)
    known, unknown = (
        evaluate(Analytic(sparse), x, y, lost, 5, 16, torch.Generator().manual_seed(2)) for lost in (holes(40), None)
    )
    assert list(unknown.images) == [column for column in known.images if column not in DENSE[3:]]
    assert unknown.images.equals(known.images[list(unknown.images)])
    assert "reconstruction" not in unknown.moments


def test_quality_is_of_the_single_reconstruction_and_of_the_mean():
    """Against the images that are given back; catches exchanged columns and images of another batch."""
    x, y = pairs(40)
    found = evaluate(Analytic(), x, y, None, 5, 16, torch.Generator().manual_seed(2), farthest)
    assert list(found.images) == ["mse", "farthest", "mse30", "uncertainty", "farthest_mean", "always_active"]
    assert list(found.moments) == ["mean", "reconstruction", "variance"]
    for column, error, moment in (("farthest", "mse", "reconstruction"), ("farthest_mean", "mse30", "mean")):
        off = found.moments[moment] - x
        np.testing.assert_allclose(found.images[column], off.abs().flatten(1).amax(1))
        np.testing.assert_allclose(found.images[error], off.square().flatten(1).mean(1), rtol=1e-6)
    assert (found.images["farthest_mean"] < found.images["farthest"]).mean() > 0.9
    alone = evaluate(Shift(), x, y, None, 5, 16, torch.Generator(), farthest)
    assert list(alone.images) == ["mse", "farthest"]
    assert torch.equal(alone.moments["mean"], alone.moments["reconstruction"])


def test_every_model_has_the_columns_that_it_can_have(build, batch, model_name, sparse_names):
    """A dense latent is active in every draw; an ensemble or a flow has no latent and no share of them."""
    lost = batch[1] != batch[0]
    found = evaluate(build(model_name), *batch, lost, 3, 4, torch.Generator().manual_seed(1))
    latent = {"vPAIR": ["always_active"], "CVAE": ["always_active"], "PAIR": [], "Ensemble": [], "Flow": []}
    expected = [] if model_name == "PAIR" else list(DENSE[1:])
    expected += latent.get(model_name, ["always_active", "nnz", "sparsity"])
    assert list(found.images) == ["mse", *expected]
    assert found.images.notna().all(axis=None)
    assert ("collapsed" in found.latents) is ("always_active" in found.images)
    assert ("gates_at_one" in found.latents) is (model_name in sparse_names)
    if model_name in ("vPAIR", "CVAE"):
        assert (found.images["always_active"] == 5).all()


def test_collapsed_latents_are_those_that_stay_small_on_95_of_100_inputs():
    codes = torch.ones(100, 4)
    codes[:95, 0] = 0.009  # small on 95 inputs: collapsed
    codes[:94, 1] = -0.009  # on 94: not
    codes[:, 2] = 0  # always: collapsed
    codes[:, 3] = -1  # large and negative: not
    statistics = LatentStatistics()
    for part in codes.split(30):
        statistics.update(part, None)
    assert statistics.summary() == {"collapsed": 0.5}


def test_stuck_gates_are_those_at_exactly_one():
    gates = torch.tensor([[1.0, 1.0, 0.999, 0.0], [1.0, 0.5, 1.0, 0.0]])
    statistics = LatentStatistics()
    for row in gates:
        statistics.update(torch.ones(1, 4), row[None])
    assert statistics.summary() == {"collapsed": 0.0, "gates_at_one": 4 / 8, "always_at_one": 0.25}

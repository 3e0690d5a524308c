"""Calibration end to end: Gaussian methods with closed forms, what is reported, and what is refused."""

import json
import math
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import pearsonr, spearmanr

from vspair.errors import VspairError
from vspair.evaluation.calibration import calibrate
from vspair.evaluation.grouping import parts_of
from vspair.evaluation.measured import bare
from vspair.metrics import SCALINGS

SIDE = 8
PIXELS = SIDE * SIDE
SD = 0.5  # of the truth about its mean
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
NAMES = ("50", "60", "70", "80", "90", "95")


class Gaussian:
    """Posterior N(y + bias, (k SD)^2), independent pixels, where the truth is N(y, SD^2)."""

    def __init__(self, k=1.0, bias=0.0):
        self.k, self.bias = k, bias

    def posterior(self, y):
        return SimpleNamespace(
            sample=lambda n, generator: y + self.bias + self.k * SD * noise((n, *y.shape), generator)
        )


class Symmetric:
    """Posterior y + half and y - half in turn, so that the mean is y exactly; halves are handed out batch by batch."""

    def __init__(self, halves):
        self.halves = iter(halves)

    def posterior(self, y):
        half = next(self.halves)
        signs = torch.tensor([1.0, -1.0]).reshape(-1, 1, 1, 1, 1)
        return SimpleNamespace(sample=lambda n, _: y + signs.repeat(n // 2, 1, 1, 1, 1) * half)


class Offsets:
    """Posterior of fixed offsets from y, wider in brighter images: no draw, so that any batch gives the same."""

    def posterior(self, y):
        width = 1 + y.mean((1, 2, 3), keepdim=True)
        return SimpleNamespace(sample=lambda n, _: y + width * torch.linspace(-1, 1, n).reshape(-1, 1, 1, 1, 1))


def noise(shape, generator):
    return torch.randn(shape, generator=generator)


def pairs(count, seed=0):
    """Truth, observation and mask; the mask is the upper half of every image."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.rand(count, 1, SIDE, SIDE, generator=generator)
    mask = torch.zeros_like(y, dtype=torch.bool)
    mask[..., : SIDE // 2, :] = True
    return y + SD * noise(y.shape, generator), y, mask


def run(method, count=400, data=None, share=0.5, group=None, **changes):
    data = data or pairs(count)
    settings = {
        "parts": parts_of(group, len(data[0]), share, "image" if group is None else "group", np.random.default_rng(0)),
        "samples": 199,
        "levels": LEVELS,
        "scaling_level": 0.9,
        "delta": 0.1,
        "batch_size": 64,
        "resolution": 1e-6,
        "generator": torch.Generator().manual_seed(1),
    }
    return calibrate(method, *data, **settings | changes)


@pytest.fixture(scope="module", params=[1.0, 0.4, 2.0])
def gaussian(request):
    """Spread k of the posterior relative to the truth's, and what was found with many samples."""
    return request.param, run(Gaussian(request.param), count=240, samples=399)


def test_raw_coverage_of_gaussians(gaussian):
    """2 Phi(k z_c) - 1, to 4.5 standard errors of 7,680 pixels and 1/400 for the ranks of the samples."""
    k, found = gaussian
    normal = NormalDist()
    for level, name in zip(LEVELS, NAMES, strict=True):
        expected = 2 * normal.cdf(k * normal.inv_cdf((1 + level) / 2)) - 1
        tolerance = 4.5 * math.sqrt(expected * (1 - expected) / (120 * PIXELS)) + 1 / 400
        assert found.summary["raw"][f"coverage_{name}"] == pytest.approx(expected, abs=tolerance)
        assert found.summary["raw"]["holes_coverage_90"] == pytest.approx(
            found.summary["raw"]["coverage_90"], abs=6 * math.sqrt(0.25 / (60 * PIXELS))
        )


def test_the_summary_of_gaussians_before_and_after(gaussian):
    """CRPS is sqrt(2/pi) sqrt(SD^2 + s^2) - s / sqrt(pi), the variance ratio s^2 / SD^2; s = k SD before, SD after."""
    k, found = gaussian
    for part, s in (("raw", k * SD), ("scaled", SD)):
        summary = found.summary[part]
        expected = math.sqrt(2 / math.pi) * math.hypot(SD, s) - s / math.sqrt(math.pi)
        assert summary["crps"] == pytest.approx(expected, rel=0.03)
        assert summary["variance_ratio"] == pytest.approx((s / SD) ** 2, rel=0.08 if part == "raw" else 0.12)
        distances = [abs(summary[f"coverage_{n}"] - c) for c, n in zip(LEVELS, NAMES, strict=True)]
        assert summary["mace"] == pytest.approx(np.mean(distances))


def test_scaling_brings_the_coverage_to_its_level(gaussian):
    """Factors are 1 / k; coverage within 4.5 standard errors of two samples of 7,680 pixels, and 1 / 121."""
    k, found = gaussian
    for level, name in zip(LEVELS, NAMES, strict=True):
        tolerance = 4.5 * math.sqrt(2 * level * (1 - level) / (120 * PIXELS)) + 1 / 121
        assert found.summary["scaled"][f"coverage_{name}"] == pytest.approx(level, abs=tolerance)
        assert found.summary["scaled"][f"factor_{name}"] == pytest.approx(1 / k, rel=0.08)
    assert found.summary["scaled"]["mace"] < 0.02


def test_a_wrong_model_is_covered_after_scaling():
    """Half a standard deviation off and five times too sure: raw intervals cover little, scaled ones what they say."""
    found = run(Gaussian(0.2, bias=0.5 * SD))
    assert found.summary["raw"]["coverage_90"] < 0.3
    for level, name in zip(LEVELS, NAMES, strict=True):
        assert found.summary["scaled"][f"coverage_{name}"] == pytest.approx(level, abs=0.025)


def test_few_samples_are_calibrated_exactly():
    """With 19 samples the 90 % interval is from the least to the greatest; 4.5 standard errors of 38,400 pixels.

    The variance ratio of 19 samples would be 1 / (1 + 1/19) without its correction, five standard errors below.
    """
    found = run(Gaussian(), count=1200, samples=19, levels=(0.9,))
    assert found.summary["raw"]["coverage_90"] == pytest.approx(0.9, abs=4.5 * math.sqrt(0.09 / (600 * PIXELS)))
    assert found.summary["raw"]["variance_ratio"] == pytest.approx(1, abs=4.5 * math.sqrt(2 / (600 * PIXELS)))


def test_coverage_in_the_holes_is_of_the_masked_pixels_alone():
    """Exact outside of the holes, far off inside; an image without holes has no such number and is left out."""
    x, y, mask = pairs(80)
    x[mask] += 100
    mask[-1] = False
    found = run(Gaussian(), data=(x, y, mask))
    assert found.summary["raw"]["holes_coverage_90"] == 0
    assert found.summary["raw"]["coverage_90"] == pytest.approx(0.45, abs=0.03)
    assert found.images["holes_coverage_90"].isna().tolist() == [False] * 79 + [True]


def test_coverage_in_the_holes_takes_the_level_nearest_90():
    found = run(Gaussian(), levels=(0.5, 0.8, 0.975), scaling_level=0.5)
    assert [key for key in found.summary["raw"] if key.startswith("holes")] == ["holes_coverage_97.5"]


def test_without_a_mask_there_are_no_holes_and_the_rest_is_the_same():
    """Same draws, so every other number is the same to the bit."""
    x, y, mask = pairs(60)
    masked, unmasked = (run(Gaussian(0.7), data=(x, y, which), batch_size=16) for which in (mask, None))
    names = ("holes_coverage_90", "outside_coverage_90")
    holes = [column for column in masked.images if bare(column) in names]
    assert holes == [*names, *(f"{kind}_{name}" for kind in SCALINGS for name in names)]
    pd.testing.assert_frame_equal(unmasked.images, masked.images.drop(columns=holes), check_exact=True)
    pd.testing.assert_frame_equal(unmasked.curves, masked.curves, check_exact=True)
    for part in ("raw", *SCALINGS):
        for name in names:
            del masked.summary[part][name]
    assert unmasked.summary == masked.summary


@pytest.mark.parametrize("batch_size", [1, 7, 400])
def test_nothing_depends_on_the_batches(batch_size):
    expected, found = run(Offsets(), count=60), run(Offsets(), count=60, batch_size=batch_size)
    pd.testing.assert_frame_equal(found.images, expected.images, rtol=1e-5)
    pd.testing.assert_frame_equal(found.curves, expected.curves, rtol=1e-5)
    assert found.summary["scaled"] == pytest.approx(expected.summary["scaled"], rel=1e-5)


def test_the_first_images_fit_the_factors_and_are_not_reported():
    """Spoiled calibration images move the factors and no raw number; the scaled columns are of the rest alone."""
    x, y, mask = pairs(100)
    spoiled = torch.cat([x[:30] + 5, x[30:]])
    clean, found = (run(Offsets(), data=(truth, y, mask), share=0.3) for truth in (x, spoiled))
    assert found.summary["raw"] == clean.summary["raw"]
    assert found.summary["scaled"]["factor_90"] > 2 * clean.summary["scaled"]["factor_90"]
    assert found.images["part"].tolist() == ["calibration"] * 30 + ["report"] * 70
    for column in [column for column in found.images if column.startswith("scaled_")]:
        assert found.images[column].isna().tolist() == [True] * 30 + [False] * 70, column
    assert (found.summary["calibration_images"], found.summary["images"], found.summary["samples"]) == (30, 70, 199)
    means = found.images[30:].drop(columns="part").mean()
    for part, prefix in (("raw", ""), ("scaled", "scaled_")):
        for key in (*(f"coverage_{name}" for name in NAMES), "holes_coverage_90", "crps"):
            assert found.summary[part][key] == pytest.approx(means[prefix + key]), key


def test_rows_are_error_and_uncertainty_of_each_image():
    x, y, mask = pairs(60)
    images = run(Offsets(), data=(x, y, mask)).images
    np.testing.assert_allclose(images["error"], ((x - y) ** 2).flatten(1).mean(1), rtol=1e-4)
    width = 1 + y.flatten(1).mean(1)
    np.testing.assert_allclose(images["uncertainty"], width**2 * np.linspace(-1, 1, 199).var(ddof=1), rtol=1e-4)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_scaling_level_alone_scales_the_samples(level):
    """Evenly spread samples against a Gaussian truth need another factor at each level; all pairs give the CRPS."""
    x, y, mask = pairs(60)
    found = run(Offsets(), data=(x, y, mask), samples=39, scaling_level=level)
    scaled = found.summary["scaled"]
    assert scaled["factor_95"] > 1.2 * scaled["factor_50"]
    factor = scaled[f"factor_{100 * level:g}"]
    ratio = found.summary["scaled"]["variance_ratio"] / found.summary["raw"]["variance_ratio"]
    assert ratio == pytest.approx(factor**2)
    offsets = factor * (1 + y[30:].mean((1, 2, 3))) * torch.linspace(-1, 1, 39)[:, None]
    distances = (offsets[..., None] - (x - y)[30:].flatten(1)).abs().mean((0, 2))
    spread = (offsets[:, None] - offsets).abs().sum((0, 1)) / (39 * 38)
    np.testing.assert_allclose(found.images["scaled_crps"][30:], distances - spread / 2, rtol=1e-4)


def test_correlations_are_scipys_over_the_reported_images_and_stay_under_the_scaling():
    found = run(Offsets(), count=60)
    report = found.images[found.images["part"] == "report"]
    for key, statistic in (("pearson", pearsonr), ("spearman", spearmanr)):
        expected = statistic(report["uncertainty"], report["error"]).statistic
        assert found.summary["raw"][key] == pytest.approx(expected)
    for key in ("pearson", "spearman", "ause"):
        assert found.summary["raw"][key] == found.summary["scaled"][key]
    assert found.summary["raw"]["ause"] == pytest.approx(report["ause"].mean())


def test_an_uncertainty_that_knows_the_errors_has_no_sparsification_error():
    """Samples y +- |x - y|: variance and squared error rank alike, and the two curves agree."""
    x, y, mask = pairs(60)
    method = Symmetric((x - y).abs().split(30))
    found = run(method, data=(x, y, mask), batch_size=30, samples=40, levels=(0.9,))
    assert abs(found.summary["raw"]["ause"]) < 1e-6
    curves = found.curves.pivot(index="x", columns="kind", values="y")
    np.testing.assert_allclose(curves["sparsification"].dropna(), curves["oracle"].dropna(), rtol=1e-5)


def test_curves_are_tidy_and_agree_with_the_summary():
    found = run(Offsets(), count=60)
    kinds = found.curves.groupby("kind", sort=False)
    assert list(kinds.groups) == ["reliability", "reliability_scaled", "sparsification", "oracle"]
    for kind, part in (("reliability", "raw"), ("reliability_scaled", "scaled")):
        assert kinds.get_group(kind)["x"].tolist() == list(LEVELS)
        assert kinds.get_group(kind)["y"].tolist() == [found.summary[part][f"coverage_{name}"] for name in NAMES]
    sparse, oracle = (kinds.get_group(kind).set_index("x")["y"] for kind in ("sparsification", "oracle"))
    assert sparse.index.tolist() == oracle.index.tolist() == [step / 20 for step in range(20)]
    assert sparse.iloc[0] == oracle.iloc[0] == 1
    assert np.trapezoid(sparse - oracle, sparse.index) == pytest.approx(found.summary["raw"]["ause"])


def test_what_is_not_defined_is_none_and_the_summary_is_json():
    """Samples that agree with the truth: no sparsification, no ratio, no correlation of what is constant."""
    y = torch.zeros(60, 1, SIDE, SIDE)
    method = Symmetric([torch.tensor(0.0)] * 2)
    data = y, y, torch.zeros_like(y, dtype=torch.bool)
    found = run(method, data=data, batch_size=30, samples=40, levels=(0.9,))
    missing = [key for key, value in found.summary["raw"].items() if value is None]
    assert missing == [
        *(f"{region}_coverage_90" for region in ("holes", "dark", "bright", "edges")),
        *("ause", "pearson", "spearman", "variance_ratio"),
    ]
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


class Untouched:
    """A method that must not be asked."""

    def posterior(self, y):
        raise AssertionError("sampled before the settings were checked")


@pytest.mark.parametrize(
    ("count", "changes", "message"),
    [
        (60, {"samples": 38}, r"at least 39 posterior samples .* level 0\.95, found samples=38"),
        (60, {"scaling_level": 0.85}, r"scaling_level to be one of .*0\.95\], found 0\.85"),
        (60, {"share": 1.0}, r"others to report, found 60 and 0 images of 60 images: change calibration\.share"),
        (60, {"share": 0.01}, r"expected images that fit .*, found 0 and 60 images of 60 images"),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_sampled(count, changes, message):
    with pytest.raises(VspairError, match=message):
        run(Untouched(), count, **changes)


def patients(sizes, bias, seed=3):
    """Images of groups, in random order, each group off from its posterior mean by a bias of its own."""
    generator = torch.Generator().manual_seed(seed)
    group = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    group = group[torch.randperm(len(group), generator=generator)]
    x, y, mask = pairs(len(group), seed)
    return (x + bias[group][:, None, None, None], y, mask), group.numpy()


def test_groups_are_in_one_part_and_coverages_are_means_over_them():
    data, group = patients([40, *[4] * 19], torch.linspace(-0.3, 0.3, 20))
    found = run(Gaussian(), data=data, group=group, levels=(0.5, 0.9, 0.95))
    parts = found.images.groupby(group)["part"].nunique()
    assert (parts == 1).all()
    assert (found.summary["calibration_units"], found.summary["units"]) == (10, 10)
    report = found.images["part"] == "report"
    means = found.images[report].groupby(group[report])["coverage_90"].mean()
    assert found.summary["raw"]["coverage_90"] == pytest.approx(means.mean())
    assert found.summary["raw"]["worst_group_coverage_90"] == pytest.approx(means.min())
    assert found.summary["scaled"]["worst_group_coverage_90"] >= 0.8


def test_levels_that_few_groups_cannot_support_have_no_factor():
    """Ten groups fit: 9 are needed at 90 %, 19 at 95 %."""
    data, group = patients([4] * 20, torch.zeros(20))
    found = run(Gaussian(), data=data, group=group, levels=(0.5, 0.9, 0.95))
    assert found.summary["unsupported"] == {"scaled": {"95": 19}, "assured": {"90": 22, "95": 45}}
    assert found.summary["scaled"]["factor_95"] is None
    assert found.summary["scaled"]["coverage_95"] is None
    assert found.images["scaled_coverage_95"].isna().all()
    scaled = found.summary["scaled"]
    assert scaled["mace"] == pytest.approx((abs(scaled["coverage_50"] - 0.5) + abs(scaled["coverage_90"] - 0.9)) / 2)
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


def test_without_a_factor_for_the_scaling_level_no_sample_is_scaled():
    data, group = patients([9] * 6, torch.zeros(6))
    found = run(Gaussian(), data=data, group=group, levels=(0.5, 0.9), scaling_level=0.9)
    assert [key for key, value in found.summary["scaled"].items() if value is None] == [
        "coverage_90",
        *(f"{region}_coverage_90" for region in ("holes", "outside", "dark", "bright", "edges")),
        *(f"{name}_coverage_90" for name in ("worst_group", "easy", "medium", "hard")),
        *("width_90", "interval_score_90", "crps", "energy", "unevenness", "rank_mace", "variance_ratio", "factor_90"),
    ]

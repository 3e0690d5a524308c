"""Image quality against scikit-image, dival and values by hand."""

import numpy as np
import pytest
import torch

from vspair.errors import VspairError
from vspair.evaluation.quality import quality

SIZES = [(88, 88), (7, 7), (16, 9)]


def images(size, n=5, noise=0.1, seed=0):
    """Smooth truths of different ranges and offsets, and noisy copies, in float32 as models give them."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(n, 1, 4, 4, generator=generator)
    truth = torch.nn.functional.interpolate(coarse, size, mode="bicubic")
    truth = truth * torch.linspace(0.2, 3, n)[:, None, None, None] + torch.linspace(-1, 1, n)[:, None, None, None]
    return truth + noise * torch.randn(truth.shape, generator=generator), truth


def pairs(size):
    estimate, truth = (part[:, 0].double().numpy() for part in images(size))
    return list(zip(estimate, truth, strict=True))


@pytest.mark.parametrize("size", SIZES)
def test_psnr_and_ssim_are_those_of_scikit_image_for_every_image(size):
    """Catches a range, window, covariance or border of another convention, and images that are mixed up."""
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    found = quality(*images(size))
    ranges = {"": [np.ptp(truth) for _, truth in pairs(size)], "_fixed": [1.0] * 5}
    for suffix, spans in ranges.items():
        both = list(zip(pairs(size), spans, strict=True))
        ssim = [structural_similarity(a, b, data_range=span) for (a, b), span in both]
        psnr = [peak_signal_noise_ratio(b, a, data_range=span) for (a, b), span in both]
        np.testing.assert_allclose(found[f"ssim{suffix}"], ssim, rtol=0, atol=1e-6)
        np.testing.assert_allclose(found[f"psnr{suffix}"], psnr, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", SIZES[:1])
def test_psnr_and_ssim_of_the_own_range_are_those_of_dival(size, tmp_path, monkeypatch):
    """The library of the data set: its numbers are the ones that its users publish."""
    # It writes a file of settings into the home folder when it is imported.
    monkeypatch.setenv("HOME", str(tmp_path))
    measure = pytest.importorskip("dival.measure")
    found = quality(*images(size))
    for name, theirs in (("psnr", measure.PSNR), ("ssim", measure.SSIM)):
        expected = [theirs.apply(a, b) for a, b in pairs(size)]
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-6)
    for name, kind in (("psnr_fixed", measure.PSNRMeasure), ("ssim_fixed", measure.SSIMMeasure)):
        theirs = kind(data_range=1, short_name=f"{name}_of_test")
        expected = [theirs.apply(a, b) for a, b in pairs(size)]
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=1e-6)


def test_numbers_by_hand():
    """An error of 0.1 everywhere: 20 dB below a range of 1, 26.02 dB below a range of 2."""
    truth = torch.zeros(2, 1, 8, 8)
    truth[0, ..., 4:] = 1
    truth[1, ..., 4:] = 2
    found = quality(truth + 0.1, truth)
    np.testing.assert_allclose(found["psnr"], [20, 20 + 20 * np.log10(2)], atol=1e-5)
    np.testing.assert_allclose(found["psnr_fixed"], [20, 20], atol=1e-5)
    np.testing.assert_allclose(found["rre"], [0.1 * np.sqrt(2), 0.1 / np.sqrt(2)], atol=1e-6)


def test_a_perfect_reconstruction_has_no_error():
    """One image among others: infinite PSNR is not cut off and does not reach its neighbours."""
    estimate, truth = images((12, 12))
    estimate[2] = truth[2]
    found = quality(estimate, truth)
    for name in ("psnr", "psnr_fixed"):
        assert found[name].isposinf().tolist() == [False, False, True, False, False]
    for name in ("ssim", "ssim_fixed"):
        assert found[name][2] == pytest.approx(1)
        assert (found[name][[0, 1, 3, 4]] < 1).all()
    assert found["rre"].eq(0).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(("value", "offset"), [(0.25, 0.0), (0.25, 0.5), (0.0, 0.5)])
def test_a_constant_truth_has_no_range_of_its_own_and_an_empty_one_no_relative_error(value, offset):
    """Even where it is met exactly; the fixed range still holds. Catches minus infinity in the mean of a table."""
    truth = torch.full((1, 1, 9, 9), value)
    found = quality(truth + offset, truth)
    assert found["psnr"].isnan().all()
    assert found["ssim"].isnan().all()
    assert found["psnr_fixed"].item() == pytest.approx(np.inf if offset == 0 else 20 * np.log10(2))
    assert not found["ssim_fixed"].isnan().any()
    assert found["rre"].item() == pytest.approx(offset / value if value else np.nan, nan_ok=True)


def test_every_number_is_per_image_and_does_not_depend_on_the_batch():
    estimate, truth = images((16, 16))
    together = quality(estimate, truth)
    assert set(together) == {"psnr", "psnr_fixed", "ssim", "ssim_fixed", "rre"}
    for name, values in together.items():
        assert values.shape == (5,)
        alone = [quality(a[None], b[None])[name] for a, b in zip(estimate, truth, strict=True)]
        torch.testing.assert_close(values, torch.cat(alone))


@pytest.mark.parametrize("size", [(6, 30), (30, 6)])
def test_images_smaller_than_the_window_are_refused(size):
    with pytest.raises(VspairError, match=f"at least 7 x 7 .* found {size[0]} x {size[1]}"):
        quality(*images(size))


def test_reconstructions_of_other_images_are_refused():
    """Would otherwise be broadcast, one reconstruction against all truths."""
    estimate, truth = images((8, 8))
    with pytest.raises(ValueError, match="differ in shape"):
        quality(estimate[:1], truth)

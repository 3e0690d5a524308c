import numpy as np
import pytest
import torch
from skimage.transform.radon_transform import _get_fourier_filter

from vspair.operators import ParallelBeam, Scan
from vspair.operators.filtering import WINDOWS, FilteredBackProjection, ramp
from vspair.operators.ray import RayTransform

SCAN = Scan(enlarged=64, angles=90, bins=91)
CENTRE, RADIUS, VALUE = (0.02, -0.03), 0.06, 0.4


def disc_sinogram(geometry):
    """Chords 2 sqrt(r^2 - t^2) of the disc, (1, 1, angles, bins)."""
    x, y = CENTRE
    distance = geometry.bins - (x * np.cos(geometry.angles) + y * np.sin(geometry.angles))[:, None]
    chords = 2 * VALUE * np.sqrt(np.maximum(RADIUS**2 - distance**2, 0))
    return torch.from_numpy(chords[None, None].astype(np.float32))


def radii(geometry):
    """Distance of each pixel's middle from the middle of the disc, m."""
    x, y = (
        corner + np.arange(n) * geometry.pixel - c
        for corner, n, c in zip(geometry.corner, geometry.image, CENTRE, strict=True)
    )
    return np.hypot(x[:, None], y)


@pytest.fixture(scope="module")
def ray():
    return RayTransform(SCAN.full())


@pytest.mark.parametrize("filter", WINDOWS)
def test_the_filter_is_that_of_scikit_image(filter):
    """Twice ours at unit spacing. Its Hamming and Hann windows are made a step of the frequency off ours: 3 % of 1."""
    theirs = _get_fourier_filter(128, {"ram-lak": "ramp"}.get(filter, filter))[:, 0]
    np.testing.assert_allclose(2 * ramp(64, 1.0, filter, 1.0), theirs[:65], atol=0.03 if filter[0] == "h" else 1e-12)


@pytest.mark.parametrize("filter", WINDOWS)
def test_a_cutoff_squeezes_the_window_and_ends_it(filter):
    """Half the cut-off is the window of every second frequency; catches a cut-off that only truncates."""
    whole, half, bare = (ramp(64, 1.0, *choice) for choice in ((filter, 1.0), (filter, 0.5), ("ram-lak", 1.0)))
    np.testing.assert_allclose(half[:33] / bare[:33], whole[::2] / bare[::2], atol=1e-12)
    assert (half[33:] == 0).all()


@pytest.mark.parametrize(("filter", "cutoff"), [("ram-lak", 1.0), ("hann", 1.0), ("hann", 0.64)])
def test_a_disc_gets_its_value_and_the_rest_nothing(ray, filter, cutoff):
    """1 % of its value inside and outside: catches wrong weights, a lost mean, swapped axes and flipped bins."""
    found = FilteredBackProjection(ray, filter, cutoff)(disc_sinogram(ray.geometry))[0, 0].numpy()
    radius = radii(ray.geometry)
    assert found[radius < 0.7 * RADIUS].mean() == pytest.approx(VALUE, rel=0.01)
    assert abs(found[(radius > 1.3 * RADIUS) & (radius < 2 * RADIUS)].mean()) < 0.01 * VALUE


def test_a_reduced_scan_whose_bins_are_not_symmetric_gets_the_disc_too():
    """The middle of the disc is right to a tenth of a pixel: catches bins that are taken to be symmetric."""
    geometry = Scan(pixels=130, angles=182, bins=183).reduced((64, 64), (90, 91), 2)
    assert abs(geometry.bins.mean()) > 0.2 * np.diff(geometry.bins)[0]
    found = FilteredBackProjection(RayTransform(geometry), "hann", 1.0)(disc_sinogram(geometry))[0, 0].numpy()
    assert found[radii(geometry) < 0.7 * RADIUS].mean() == pytest.approx(VALUE, rel=0.01)
    inside = np.where(radii(geometry) < 1.3 * RADIUS, found, 0)
    for axis, expected in enumerate(CENTRE):
        position = geometry.corner[axis] + np.arange(geometry.image[axis]) * geometry.pixel
        middle = (inside.sum(1 - axis) * position).sum() / inside.sum()
        assert middle == pytest.approx(expected, abs=0.1 * geometry.pixel)


def test_the_units_of_the_observation_cancel(ray):
    y = disc_sinogram(ray.geometry)
    scaled = RayTransform(SCAN.full(), 7.0)
    expected = FilteredBackProjection(ray, "hann", 0.64)(y)
    torch.testing.assert_close(FilteredBackProjection(scaled, "hann", 0.64)(7 * y), expected, rtol=1e-4, atol=1e-6)


def test_what_cannot_be_filtered_is_refused(ray):
    with pytest.raises(ValueError, match=r"filter is 'boxcar': expected one of ram-lak, shepp-logan"):
        FilteredBackProjection(ray, "boxcar", 1.0)
    for cutoff in (0.0, 1.5):
        with pytest.raises(ValueError, match=r"cutoff is .* in \(0, 1\]"):
            FilteredBackProjection(ray, "hann", cutoff)
    uneven = ParallelBeam((4, 4), 0.1, (0.0, 0.0), np.array([0.1, 1.0]), np.array([-0.1, 0.0, 0.2]))
    with pytest.raises(ValueError, match="evenly spaced"):
        FilteredBackProjection(RayTransform(uneven), "hann", 1.0)

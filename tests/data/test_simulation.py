from itertools import islice

import numpy as np
import pytest

from vspair.data.simulation import PART, rescans, simulate
from vspair.operators import Scan

MU_MAX = 81.35858
PHOTONS = 4096.0
SCAN = Scan(pixels=36, enlarged=100, angles=50, bins=53)
TINY = Scan(pixels=8, enlarged=16, angles=6, bins=9)
NOISELESS = 1e15
"""Photons enough for a relative error of 1e-8 where rays pass."""


def images(n, pixels, seed=0):
    """Random, and thin enough that no bin starves: at most 0.26 m sqrt(2) of 0.25."""
    return np.random.default_rng(seed).random((n, pixels, pixels), dtype=np.float32) / 4


def counts(observation, photons=PHOTONS):
    return photons * np.exp(-MU_MAX * observation.astype(np.float64))


@pytest.mark.filterwarnings("ignore")
def test_without_noise_it_is_the_recipe_of_lodopab_run_with_odl():
    """skimage enlarges, astra projects: agreement to astra's single precision, 1e-4 of the sinogram's norm."""
    import odl
    from skimage.transform import resize

    space = odl.uniform_discr([-0.13, -0.13], [0.13, 0.13], (100, 100))
    geometry = odl.tomo.parallel_beam_geometry(space, num_angles=50, det_shape=(53,))
    ray = odl.tomo.RayTransform(space, geometry, impl="astra_cpu")
    image = images(1, 36)
    expected = ray(resize(image[0], (100, 100), order=1) * MU_MAX).asarray() / MU_MAX
    found = simulate(image, [0], SCAN, NOISELESS, 0, "cpu")[0]
    assert found.dtype == np.float32
    assert np.linalg.norm(found - expected) < 1e-4 * np.linalg.norm(expected)


def test_photons_have_the_mean_and_the_variance_of_poisson_and_rays_are_independent():
    """2,000 scans of one slice; standard errors of Poisson's moments, 54 rays, 5 standard errors."""
    n = 2000
    slices = np.full((n, 8, 8), 0.2, np.float32)
    exact = counts(simulate(slices[:1], [0], TINY, NOISELESS, 0, "cpu")[0])
    found = counts(simulate(slices, range(n), TINY, PHOTONS, 3, "cpu"))
    np.testing.assert_allclose(found, found.round(), atol=0.05)  # whole photons, up to float32 of y
    assert exact.min() < 100 < exact.max()
    mean, variance = found.mean(0), found.var(0, ddof=1)
    assert np.abs((mean - exact) / np.sqrt(exact / n)).max() < 5
    # Var of the sample variance of Poisson(m): (m + 2 m^2 n / (n - 1)) / n.
    assert np.abs((variance - exact) / np.sqrt((exact + 2 * exact**2) / n)).max() < 5
    correlation = np.corrcoef(found.reshape(n, -1).T)
    np.fill_diagonal(correlation, 0)
    assert np.abs(correlation).max() < 5.2 / np.sqrt(n)


def test_a_scan_anew_is_the_simulated_one_with_photons_of_its_own():
    """The first, from the stream of the slice, is the scan itself; the mean of 2,000 is what was expected."""
    slices, n = images(1, 36), 2000
    stream = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(7,)))
    scans = rescans(slices[0], SCAN, PHOTONS, stream, "cpu")
    first = next(scans)
    known = simulate(slices, [7], SCAN, PHOTONS, 3, "cpu")[0]
    # The projections agree to rounding, which may move a count now and then.
    assert first.dtype == known.dtype == np.float32
    assert (np.abs(counts(first) - counts(known)) < 0.05).mean() > 0.999
    assert (np.abs(counts(next(scans)) - counts(known)) > 0.5).mean() > 0.9
    few = rescans(np.full((8, 8), 0.2, np.float32), TINY, PHOTONS, np.random.default_rng(0), "cpu")
    exact = counts(simulate(np.full((1, 8, 8), 0.2), [0], TINY, NOISELESS, 0, "cpu")[0])
    found = np.stack([counts(scan) for scan in islice(few, n)])
    assert np.abs((found.mean(0) - exact) / np.sqrt(exact / n)).max() < 5
    assert np.abs((found.var(0, ddof=1) - exact) / np.sqrt((exact + 2 * exact**2) / n)).max() < 5


def test_a_bin_that_no_photon_reaches_is_floored():
    """The densest slice lets through 3e-6 photons a ray: most bins are empty, and stand at a tenth of a photon."""
    found = simulate(np.ones((1, 36, 36), np.float32), [0], SCAN, PHOTONS, 0, "cpu")[0]
    assert found.max() == np.float32(-np.log(0.1 / PHOTONS) / MU_MAX)
    assert (found[:, 26] == found.max()).all()


def test_a_slice_depends_on_its_number_and_the_seed_alone():
    """Bit for bit, whatever its block, its place in the block, and the other slices."""
    n = PART + 3
    slices, ids = images(n, 8), np.arange(100, 100 + n)
    whole = simulate(slices, ids, TINY, PHOTONS, 1, "cpu")
    for some in (np.random.default_rng(0).permutation(n), [n - 1], slice(0)):
        np.testing.assert_array_equal(simulate(slices[some], ids[some], TINY, PHOTONS, 1, "cpu"), whole[some])
    one, other = simulate(np.repeat(slices[:1], 2, 0), [100, 101], TINY, PHOTONS, 1, "cpu")
    np.testing.assert_array_equal(one, whole[0])
    assert (one != other).mean() > 0.9
    assert (one != simulate(slices[:1], [100], TINY, PHOTONS, 2, "cpu")[0]).mean() > 0.9


@pytest.mark.parametrize(
    ("slices", "fault"),
    [
        (np.zeros((2, 8, 8)), "expected images of"),
        (np.zeros((1, 9, 9)), "expected images of"),
        (np.full((1, 8, 8), 1.5), r"expected images in \[0, 1\]"),
        (np.full((1, 8, 8), np.nan), r"expected images in \[0, 1\]"),
    ],
)
def test_images_that_do_not_fit_are_refused(slices, fault):
    with pytest.raises(ValueError, match=fault):
        simulate(slices, [0], TINY, PHOTONS, 0, "cpu")

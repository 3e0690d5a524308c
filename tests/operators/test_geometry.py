import numpy as np
import pytest
import torch

from vspair.operators import ParallelBeam, Scan, crop_average
from vspair.operators.projector import Projector, enlarge
from vspair.operators.ray import RayTransform

SMALL = Scan(pixels=90, enlarged=250, angles=250, bins=129)
IMAGE, OBSERVATION, BINNING = (22, 22), (62, 32), 4


def test_the_reduced_centres_are_those_of_the_crop_worked_out_by_hand():
    """One of 513 bins goes, so the bins lie askew by half a bin; 4 of 1000 angles go at each end."""
    reduced = Scan().reduced((88, 88), (248, 128), 4)
    spacing = 0.26 * np.sqrt(2) / 513
    np.testing.assert_allclose(reduced.bins, (-254.5 + 4 * np.arange(128)) * spacing, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(reduced.angles, (4 * np.arange(248) + 6) * np.pi / 1000, rtol=1e-12)
    assert reduced.shape == (248, 128)
    assert reduced.image == (88, 88)
    assert reduced.pixel == pytest.approx(4 * 0.26 / 362, rel=1e-12)
    assert reduced.centre == pytest.approx((0, 0), abs=1e-15)
    assert reduced.corner == pytest.approx((-43.5 * reduced.pixel,) * 2, rel=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_the_full_scan_is_that_of_odl():
    """ODL makes LoDoPaB's geometry: catches angles that start at 0 and bins that end on the corner."""
    import odl

    space = odl.uniform_discr([-0.13, -0.13], [0.13, 0.13], (1000, 1000))
    theirs = odl.tomo.parallel_beam_geometry(space, num_angles=1000, det_shape=(513,))
    ours = Scan().full()
    np.testing.assert_allclose(ours.angles, theirs.angles, rtol=1e-12)
    np.testing.assert_allclose(ours.bins, theirs.det_partition.grid.coord_vectors[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(ours.corner, space.grid.min_pt, rtol=1e-12)


@pytest.mark.parametrize("pixels", [90, 91, 93])
def test_averaging_an_image_of_coordinates_gives_the_coordinates_of_the_reduced_grid(pixels):
    """91 and 93 leave more pixels on one side than on the other, so that the grid's middle moves."""
    scan = Scan(side=1.0, pixels=pixels, angles=250, bins=129)
    reduced = scan.reduced((20, 22), OBSERVATION, BINNING)
    x = (np.arange(pixels) + 0.5) / pixels - 0.5
    i, j = np.arange(20), np.arange(22)
    found = crop_average(np.broadcast_to(x[:, None], (pixels, pixels)), (20, 22), BINNING)
    np.testing.assert_allclose(found[:, 0], reduced.corner[0] + i * reduced.pixel, atol=1e-12)
    found = crop_average(np.broadcast_to(x, (pixels, pixels)), (20, 22), BINNING)
    np.testing.assert_allclose(found[0], reduced.corner[1] + j * reduced.pixel, atol=1e-12)
    full = scan.full()
    grid = np.broadcast_to(full.angles[:, None], full.shape), np.broadcast_to(full.bins, full.shape)
    np.testing.assert_allclose(crop_average(grid[0], OBSERVATION, BINNING)[:, 0], reduced.angles, atol=1e-12)
    np.testing.assert_allclose(crop_average(grid[1], OBSERVATION, BINNING)[0], reduced.bins, atol=1e-12)


def test_averages_of_torch_and_numpy_agree_and_keep_the_leading_axes():
    array = np.random.default_rng(0).random((2, 3, 13, 10), dtype=np.float32)
    found = crop_average(array, (4, 2), 3)
    assert found.shape == (2, 3, 4, 2)
    assert found.dtype == np.float32
    assert found[1, 2, 3, 1] == pytest.approx(array[1, 2, 9:12, 5:8].mean(), rel=1e-6)
    np.testing.assert_allclose(crop_average(torch.from_numpy(array), (4, 2), 3).numpy(), found, rtol=1e-6)


@pytest.mark.parametrize("kept", [(5, 2), (4, 4), (0, 2)])
def test_more_than_there_is_is_refused(kept):
    with pytest.raises(ValueError, match="do not fit"):
        crop_average(np.zeros((13, 10)), kept, 3)


def discs():
    """Two smooth-edged discs off the middle, inside the part that the crop keeps: no symmetry hides a shift."""
    x = (np.arange(SMALL.pixels) + 0.5) / SMALL.pixels * SMALL.side - SMALL.side / 2
    edge = 2 * SMALL.side / SMALL.pixels
    parts = ((0.045, -0.03, 0.05, 0.6), (-0.06, 0.05, 0.025, 0.9))
    sums = [value / (1 + np.exp((np.hypot(x[:, None] - a, x - b) - r) / edge)) for a, b, r, value in parts]
    return torch.from_numpy(sum(sums).astype(np.float32))[None]


def misfit(scanned):
    """Shift of the detector in bins and turn in angle steps, by which the reduced operator explains the scan best."""
    reduced = SMALL.reduced(IMAGE, OBSERVATION, BINNING)
    image = crop_average(discs(), IMAGE, BINNING)[None]
    units = np.diff(reduced.bins)[0], np.diff(reduced.angles)[0]

    def seen(shift, turn):
        moved = reduced.bins + shift * units[0], reduced.angles + turn * units[1]
        beam = ParallelBeam(reduced.image, reduced.pixel, reduced.centre, moved[1], moved[0])
        return RayTransform(beam)(image).numpy().ravel().astype(float)

    found = np.zeros(2)
    target = crop_average(scanned, OBSERVATION, BINNING).numpy().ravel()
    for _ in range(3):  # Gauss-Newton
        slopes = [(seen(*(found + d)) - seen(*(found - d))) / 0.2 for d in (np.array([0.1, 0]), np.array([0, 0.1]))]
        found += np.linalg.lstsq(np.stack(slopes, 1), target - seen(*found), rcond=None)[0]
    return found


@pytest.mark.parametrize(("bins", "angles"), [(0, 0), (2, 0), (0, 2), (-2, -2)])
def test_the_reduced_operator_explains_a_full_scan_with_no_shift_or_turn_left(bins, angles):
    """Half a bin and half an angle step, planted by moving the crop by two entries, must show; without, nothing."""
    wide = SMALL.full()
    steps = np.diff(wide.bins)[0], np.diff(wide.angles)[0]
    moved = ParallelBeam(
        wide.image, wide.pixel, wide.centre, wide.angles + angles * steps[1], wide.bins + bins * steps[0]
    )
    scanned = Projector(moved)(enlarge(discs(), SMALL.enlarged))
    np.testing.assert_allclose(misfit(scanned), [bins / BINNING, angles / BINNING], atol=0.03)

import numpy as np
import pytest
import torch
from skimage.transform import resize

from vspair.operators import ParallelBeam, Scan
from vspair.operators.joseph import joseph_matrix
from vspair.operators.projector import Projector, enlarge, project_one, project_sampled
from vspair.operators.tiles import LANES, TILE

BEAMS = {
    # More than two tiles a side, and not a whole number of them.
    "tiles": Scan(enlarged=2 * TILE + 5, angles=24, bins=71).full(),
    "askew": ParallelBeam((70, 21), 0.01, (0.1, -0.02), np.linspace(-0.3, 3.3, 31), np.linspace(-0.5, 0.4, 43)),
    # Rays exactly along the axes and the diagonals, through the middles of pixels and along their edges.
    "axes": ParallelBeam((12, 12), 1.0, (0.0, 0.0), np.arange(8) * np.pi / 4, np.arange(-8.0, 8.5, 0.5)),
    "one angle": ParallelBeam((9, 9), 1.0, (0.0, 0.0), np.array([0.2]), np.arange(-6.0, 6.0)),
}


@pytest.fixture(params=list(BEAMS))
def beam(request):
    return BEAMS[request.param]


def images(n, shape, seed=0):
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(seed))


def exact(image, beam):
    return (joseph_matrix(beam).astype(np.float64) @ image.numpy().astype(np.float64).ravel()).reshape(beam.shape)


WAYS = {
    "tiles": lambda x, beam: Projector(beam)(x),
    "samples": project_sampled,
    "one by one": lambda x, beam: torch.stack([project_one(image, beam) for image in x]),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_all_ways_are_the_sums_of_the_matrix(beam, way):
    """Catches crossings lost or counted twice where tiles meet, and borders of the image."""
    x = images(2, beam.image)
    found = way(x, beam)
    assert found.shape == (2, *beam.shape)
    for one, image in zip(found, x, strict=True):
        expected = exact(image, beam)
        np.testing.assert_allclose(one, expected, atol=3e-6 * expected.max())


def test_an_image_does_not_depend_on_its_neighbours():
    """Bit for bit, in a second batch too."""
    beam = BEAMS["askew"]
    x = images(LANES + 3, beam.image)
    projector = Projector(beam)
    assert torch.equal(projector(x[[LANES + 1, 0]]), projector(x)[[LANES + 1, 0]])


@pytest.mark.filterwarnings("ignore")
def test_it_is_the_linear_projector_of_astra_under_odl():
    """Up to astra's single precision, which is worst for rays that nearly follow a line of pixels."""
    import odl

    space = odl.uniform_discr([-0.13, -0.13], [0.13, 0.13], (200, 200), dtype="float32")
    geometry = odl.tomo.parallel_beam_geometry(space, num_angles=100, det_shape=(103,))
    beam = Scan(enlarged=200, angles=100, bins=103).full()
    x = enlarge(images(1, (40, 40)), 200)
    expected = odl.tomo.RayTransform(space, geometry, impl="astra_cpu")(x[0].numpy()).asarray()
    assert np.linalg.norm(Projector(beam)(x)[0] - expected) < 1e-4 * np.linalg.norm(expected)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_agrees_with_the_cpu():
    beam = BEAMS["tiles"]
    x = images(5, beam.image)
    projector = Projector(beam)
    found = projector(x.cuda())
    assert found.is_cuda
    torch.testing.assert_close(found.cpu(), projector(x), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(projector.adjoint(found).cpu(), projector.adjoint(found.cpu()), rtol=1e-4, atol=1e-6)


def test_few_samples_at_once_give_the_same(monkeypatch):
    beam = BEAMS["askew"]
    x = images(2, beam.image)
    whole = project_sampled(x, beam)
    monkeypatch.setattr("vspair.operators.projector.SAMPLED", 1)
    torch.testing.assert_close(project_sampled(x, beam), whole, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("small", "large"), [(36, 100), (7, 7), (9, 10), (40, 1000)])
def test_enlarging_is_that_of_skimage(small, large):
    """The mirrored border too, where torch's own interpolation differs by the slope of the image there."""
    x = images(2, (small, small))
    found = enlarge(x, large)
    for one, image in zip(found, x, strict=True):
        expected = resize(image.numpy(), (large, large), order=1, mode="reflect", anti_aliasing=False)
        np.testing.assert_allclose(one, expected, atol=1e-6)


@pytest.mark.parametrize("bins", [(0.0, 0.1, 0.3), (0.1, 0.0), (0.1,)])
def test_uneven_bins_are_refused(bins):
    beam = BEAMS["askew"]
    with pytest.raises(ValueError, match="evenly spaced and ascending"):
        Projector(ParallelBeam(beam.image, beam.pixel, beam.centre, beam.angles, np.array(bins)))

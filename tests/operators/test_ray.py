import copy

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from vspair.operators import ParallelBeam, Scan
from vspair.operators.joseph import joseph_matrix
from vspair.operators.ray import RayTransform

SMALL = Scan(pixels=40, enlarged=60, angles=48, bins=53)
ASKEW = ParallelBeam((17, 23), 0.01, (0.013, -0.02), np.linspace(-0.3, 3.3, 31), np.linspace(-0.2, 0.17, 29))
"""More pixels along y than along x, off the middle, angles beyond half a turn, bins not symmetric."""


@pytest.fixture(scope="module", params=["square", "askew", "reduced"])
def geometry(request):
    return {"square": SMALL.full(), "askew": ASKEW, "reduced": SMALL.reduced((19, 19), (22, 26), 2)}[request.param]


@pytest.fixture(scope="module")
def ray(geometry):
    return RayTransform(geometry, 2.5)


def images(ray, n=2, seed=0):
    return torch.rand(n, 1, *ray.geometry.image, generator=torch.Generator().manual_seed(seed)) - 0.3


def sinograms(ray, n=2, seed=1):
    return torch.rand(n, 1, *ray.geometry.shape, generator=torch.Generator().manual_seed(seed)) - 0.3


def sampled(image, beam):
    """Line integrals by scipy's bilinear interpolation at points on the ray, one each line of pixels."""
    result = np.empty(beam.shape)
    for a, phi in enumerate(beam.angles):
        cos, sin = np.cos(phi), np.sin(phi)
        along_y = abs(cos) > abs(sin) - 1e-9
        main = 1 if along_y else 0
        at = beam.corner[main] + np.arange(beam.image[main]) * beam.pixel
        s = beam.bins[:, None]
        points = ((s - at * sin) / cos, at) if along_y else (at, (s - at * cos) / sin)
        points = np.broadcast_arrays(*points, np.empty((len(beam.bins), len(at))))[:2]
        index = [(p - c) / beam.pixel for p, c in zip(points, beam.corner, strict=True)]
        values = map_coordinates(image, index, order=1, mode="grid-constant")
        result[a] = values.sum(1) * beam.pixel / max(abs(cos), abs(sin))
    return result


def test_it_integrates_along_the_rays_that_the_geometry_names(ray):
    """Against scipy: catches swapped axes, a wrong direction of the bins, and weights lost at the border."""
    image = images(ray, 1)
    expected = ray.scale * sampled(image[0, 0].numpy().astype(np.float64), ray.geometry)
    np.testing.assert_allclose(ray(image)[0, 0], expected, atol=2e-6 * np.abs(expected).max())


def test_the_matrix_is_that_of_astra():
    """Entry by entry, in astra's own axes: x to the right, rows from the top, so our x runs down and our y right."""
    import astra

    beam = SMALL.full()
    normal = np.stack([np.cos(beam.angles), np.sin(beam.angles)])
    vectors = np.zeros((len(beam.angles), 6))
    vectors[:, 0:2] = normal.T
    vectors[:, 4:6] = np.stack([normal[1], -normal[0]], 1) * (beam.bins[1] - beam.bins[0]) / beam.pixel
    volume = astra.create_vol_geom(60, 60)
    projector = astra.create_projector("linear", astra.create_proj_geom("parallel_vec", 53, vectors), volume)
    theirs = astra.matrix.get(astra.projector.matrix(projector)) * beam.pixel
    ours = joseph_matrix(beam)
    assert abs(ours - theirs).max() < 5e-4 * ours.max()
    assert abs(ours - theirs).sum() < 1e-4 * ours.sum()


def test_it_has_no_state_and_a_copy_can_be_moved_without_the_original(ray):
    assert not ray.state_dict()
    assert not list(ray.parameters())
    x = images(ray)
    twin = copy.deepcopy(ray).to("cpu", memory_format=torch.channels_last)
    assert torch.equal(twin(x), ray(x))
    twin.to("meta")
    assert ray.matrix.device.type == ray.transpose.device.type == "cpu"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_agrees_with_the_cpu_and_with_itself(ray):
    """Both directions, their gradients and the norm; twice the same to the bit, or resuming would not be exact."""
    there = copy.deepcopy(ray).to("cuda")
    assert there.norm() == pytest.approx(ray.norm(), rel=1e-4)
    for batch, here, gpu in ((images(ray), ray, there), (sinograms(ray), ray.adjoint, there.adjoint)):
        torch.testing.assert_close(gpu(batch.cuda()).cpu(), here(batch), rtol=1e-4, atol=1e-6)
        assert torch.equal(gpu(batch.cuda()), gpu(batch.cuda()))
        leaf = batch.cuda().requires_grad_()
        gpu(leaf).square().sum().backward()
        expected = batch.clone().requires_grad_()
        here(expected).square().sum().backward()
        torch.testing.assert_close(leaf.grad.cpu(), expected.grad, rtol=1e-3, atol=1e-5)

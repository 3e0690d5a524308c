import numpy as np
import pytest
import torch

from vspair.models.fbp import FBP
from vspair.operators import Scan
from vspair.operators.ray import RayTransform

SCAN = Scan(enlarged=40, angles=30, bins=41)


@pytest.fixture(scope="module")
def ray():
    return RayTransform(SCAN.full())


@pytest.fixture(scope="module")
def sinograms(ray):
    x = torch.zeros(2, 1, 40, 40)
    x[0, 0, 10:25, 18:30] = 0.5
    x[1, 0, 15:20, 8:30] = 0.3
    return ray(x)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("filter", "cutoff"), [("Ram-Lak", 1.0), ("Hann", 0.64), ("Cosine", 0.8)])
def test_it_is_divals_up_to_a_constant(sinograms, tmp_path, monkeypatch, filter, cutoff):
    """dival (ODL, astra) samples |f| in frequency and so loses a constant below 1 % of the largest value; the rest
    agrees to 0.4 % of the norm."""
    monkeypatch.setenv("HOME", str(tmp_path))
    import odl
    from dival.reconstructors.odl_reconstructors import FBPReconstructor

    space = odl.uniform_discr([-0.13, -0.13], [0.13, 0.13], (40, 40))
    geometry = odl.tomo.parallel_beam_geometry(space, num_angles=30, det_shape=(41,))
    theirs = FBPReconstructor(
        odl.tomo.RayTransform(space, geometry, impl="astra_cpu"),
        hyper_params={"filter_type": filter, "frequency_scaling": cutoff},
    )
    for y in sinograms:
        expected = np.asarray(theirs.reconstruct(theirs.observation_space.element(y[0].numpy())))
        found = FBP(RayTransform(SCAN.full()), filter.lower(), cutoff).reconstruct(y[None])[0, 0].numpy()
        difference = found - expected
        assert 0 < -difference.mean() < 0.01 * expected.max() or 0 < difference.mean() < 0.01 * expected.max()
        assert np.linalg.norm(difference - difference.mean()) < 4e-3 * np.linalg.norm(expected)


def test_it_is_deterministic_and_has_nothing_to_learn_or_save(ray, sinograms):
    method = FBP(ray)
    assert not method.probabilistic
    assert not list(method.parameters())
    assert not method.state_dict()
    found = method.reconstruct(sinograms)
    assert found.shape == (2, 1, 40, 40)
    assert found.is_inference()
    torch.testing.assert_close(found[1:], method.reconstruct(sinograms[1:]), rtol=1e-5, atol=1e-6)


def test_its_default_is_the_reference_for_lodopab(ray, sinograms):
    expected = FBP(ray, "ram-lak", 1.0).reconstruct(sinograms)
    torch.testing.assert_close(FBP(ray).reconstruct(sinograms), expected, rtol=0, atol=0)


def test_mixed_precision_leaves_it_alone(ray, sinograms):
    expected = FBP(ray).reconstruct(sinograms)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(FBP(ray).reconstruct(sinograms), expected, rtol=0, atol=0)

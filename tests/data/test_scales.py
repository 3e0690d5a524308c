import numpy as np
import pytest

from vspair.data import Pairs, Split, scale_for
from vspair.data.scales import scan_scales
from vspair.errors import VspairError


def images(n=40, seed=0):
    """Random images without a black pixel, so that every covered pixel can be told."""
    return np.random.default_rng(seed).integers(1, 256, (n, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "black", "white", "factor"),
    [("symmetric", -1, 1, 1 / 4), ("unit", 0, 1, 1), ("standardised", None, None, None)],
)
def test_a_scale_has_its_range_and_its_way_back(name, black, white, factor):
    """An error of 1 in [-1, 1] units is 1/4 in [0, 1] units (deviation E5: times four the other way)."""
    train = images()
    scale = scale_for(name, train)
    scaled = (np.array([0.0, 255.0]) - scale.offset) / scale.unit
    if name == "standardised":
        values = (train - scale.offset) / scale.unit
        assert values.mean() == pytest.approx(0, abs=1e-9)
        assert values.std() == pytest.approx(1, rel=1e-9)
        factor = (train / 255).var()
    else:
        assert scaled.tolist() == [black, white]
    assert scale.mse_to_unit == pytest.approx(factor)


def test_the_scales_of_mnist_are_those_of_erratum_e5():
    """0.090 / 0.0225 = 4; (1 / 0.3081)^2 = 10.5."""
    from vspair.data import Scale

    assert 1 / Scale(127.5, 127.5).mse_to_unit == pytest.approx(4)
    assert 1 / Scale(0.1307 * 255, 0.3081 * 255).mse_to_unit == pytest.approx(10.5, abs=0.05)


def scans(level, mask=None, shape=(1, 4, 4), observed=(1, 3, 5)):
    """Six pairs with an observation of another shape than the QoI; the largest value is 4, and 8 in the test part."""
    generator = np.random.default_rng(2)

    def part(count, largest):
        observation = generator.random((count, *observed), dtype=np.float32) - 0.5
        observation[-1].flat[-1] = largest
        qoi = generator.random((count, *shape), dtype=np.float32)
        levels = generator.random(count, dtype=np.float32) if level else None
        return Split(qoi, observation, None if mask is None else qoi > mask, np.arange(count), np.arange(count), levels)

    return Pairs(part(4, 4.0), part(2, 8.0))


@pytest.mark.parametrize(("name", "unit"), [("raw", 1.0), ("maximum", 4.0)])
def test_scans_keep_their_attenuation_and_stay_linear(name, unit):
    """The largest training observation becomes 1: catches a unit from the test part, and an offset, which A x lacks."""
    scale, observation_scale = scan_scales(name, scans(False).train)
    assert (scale.offset, scale.unit) == (0, 1)
    assert (observation_scale.offset, observation_scale.unit) == (0, unit)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, np.inf])
def test_data_that_do_not_vary_or_are_not_finite_give_no_scale(value):
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(VspairError, match=r"of the training QoI .*prepare the pairs again"),
    ):
        scale_for("standardised", np.full((3, 4), value))


@pytest.mark.parametrize("value", [0.0, -0.5, np.nan, np.inf])
def test_observations_without_a_largest_above_zero_give_no_scale(value):
    train = scans(False).train
    train.observation[:] = value
    with pytest.raises(VspairError, match=r"expected a (finite )?largest training observation .*found"):
        scan_scales("maximum", train)
    assert scan_scales("raw", train)[1].unit == 1

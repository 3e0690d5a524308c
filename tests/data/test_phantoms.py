import numpy as np
import pytest

from vspair.data.ellipses import ellipses, paint
from vspair.data.phantoms import SLICES, Phantoms
from vspair.data.splits import split_slices
from vspair.data.units import attenuation


def painted(pixels, *args, background=0.0, **keywords):
    """One image with the ellipses of one table row, without warp."""
    image = np.full((1, pixels, pixels), background, np.float32)
    table = ellipses(*(np.array([[one]]) for one in args), **keywords)
    paint(image, table, np.zeros((1, 2, pixels, pixels), np.float32), 0.0)
    return image[0].astype(np.float64)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_an_ellipse_has_its_area_centre_and_direction(angle):
    """Moments of an ellipse in closed form: area pi a b, centre, variances a^2/4 and b^2/4 along its axes."""
    a, b, x, y = 0.5, 0.2, 0.1, -0.2
    image = painted(200, x, y, a, b, value=3.0, angle=angle) / 3
    across = (np.arange(200) + 0.5) / 100 - 1
    down = across[:, None]
    assert image.sum() / 100**2 == pytest.approx(np.pi * a * b, rel=1e-3)

    def mean(values):
        return (image * values).sum() / image.sum()

    assert (mean(across), mean(down)) == pytest.approx((x, y), abs=1e-4)
    u = (across - x) * np.cos(angle) + (down - y) * np.sin(angle)
    v = (down - y) * np.cos(angle) - (across - x) * np.sin(angle)
    assert mean(u**2) == pytest.approx(a**2 / 4, rel=2e-3)
    assert mean(v**2) == pytest.approx(b**2 / 4, rel=5e-3)
    assert abs(mean(u * v)) < 1e-4


def test_an_ellipse_has_a_smooth_edge_and_leaves_the_rest():
    """An empty one and one beyond the image paint nothing."""
    image = painted(64, 0.0, 0.0, 0.5, 0.5, value=50.0, background=-1000.0)
    assert (image.min(), image.max()) == (-1000, 50)
    partly = ((image > -999) & (image < 49)).sum()
    assert 0.5 < partly / (2 * np.pi * 16) < 2
    assert not painted(16, 0.0, 0.0, 0.0, 0.3, value=1.0).any()
    assert not painted(16, 5.0, 5.0, 0.5, 0.3, value=1.0).any()
    assert (painted(16, 0.0, 0.0, 9.0, 9.0, value=1.0) == 1).all()


@pytest.mark.parametrize("pixels", [16, 33, 88])
def test_phantoms_are_normalised_attenuation_of_the_size_asked_for(pixels):
    images = Phantoms(9, pixels, 0).images(np.arange(9))
    assert (images.shape, images.dtype) == ((9, pixels, pixels), np.float32)
    assert ((images >= 0) & (images <= 1)).all()


def test_a_phantom_has_the_materials_of_a_chest():
    """Shares of air, lung, soft tissue and bone over many slices, about as in scans of the chest."""
    images = Phantoms(60, 128, 3).images(np.arange(60))
    bounds = attenuation(np.array([-960, -700, -200, 200]))
    air, lung, _, soft, bone = np.bincount(np.digitize(images, bounds).ravel(), minlength=5) / images.size
    for share, low, high in ((air, 0.25, 0.6), (lung, 0.05, 0.3), (soft, 0.2, 0.55), (bone, 0.02, 0.12)):
        assert low < share < high
    assert images.max() > attenuation(np.int16(500))


def test_a_slice_depends_on_its_index_and_the_seed_only():
    """Any others that are asked for, their order and number must not change a bit."""
    source = Phantoms(40, 64, 5)
    images = source.images(np.arange(40))
    order = np.array([37, 2, 2, 11])
    np.testing.assert_array_equal(source.images(order), images[order])
    np.testing.assert_array_equal(source.images(np.array([13])), images[[13]])
    np.testing.assert_array_equal(Phantoms(100, 64, 5).images(order), images[order])
    assert not np.array_equal(Phantoms(40, 64, 6).images(order), images[order])


def test_slices_of_a_patient_are_more_alike_than_those_of_others_and_none_is_the_same():
    """Slices at the same height of all pairs of patients, against neighbouring heights of one patient."""
    source = Phantoms(80, 64, 1)
    images = source.images(np.arange(80)).reshape(-1, SLICES, 64 * 64)
    neighbours = np.abs(images[:, 1:] - images[:, :-1]).mean(-1)
    strangers = np.abs(images[1:] - images[:-1]).mean(-1)
    assert neighbours.mean() < 0.9 * strangers.mean()
    assert min(strangers.min(), neighbours.min()) > 1e-3


@pytest.mark.parametrize(("train", "test"), [(1, 1), (17, 6), (30, 10), (5, 19)])
def test_any_division_of_the_count_can_be_made_by_patient(train, test):
    source = Phantoms(train + test, 16, 0)
    split = split_slices(source.patients, source.held_out, train, test, 0)
    assert split.sentence is None
    assert not set(source.patients[split.train_index]) & set(source.patients[split.test_index])

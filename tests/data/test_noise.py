import numpy as np
import pytest

from vspair.data.noise import PART, add_noise


def observation(n=6, angles=40, bins=32, seed=0):
    """Sinograms of different size, some values of which are negative as with few photons lost."""
    generator = np.random.default_rng(seed)
    return (generator.normal(0.3, 0.2, (n, angles, bins)) * generator.uniform(0.2, 3, (n, 1, 1))).astype(np.float32)


def norm(arrays):
    return np.linalg.norm(arrays.astype(np.float64), axis=(1, 2))


@pytest.mark.parametrize("level", [2.5, 20.0, 100.0])
def test_relative_norm_is_exact_for_each_observation(level):
    y = observation()
    noisy, levels = add_noise(y, range(6), level, "relative_norm", 0)
    np.testing.assert_allclose(norm(noisy.astype(np.float64) - y) / norm(y), level / 100, rtol=1e-4)
    np.testing.assert_array_equal(levels, np.float32(level))
    assert noisy.dtype == levels.dtype == np.float32


def test_mean_abs_is_the_deviation_and_not_a_norm():
    """The deviation of 1,280 values has a relative error of 2 %; a norm made exact would have none at all."""
    y = observation(60)
    noisy, _ = add_noise(y, range(60), 5.0, "mean_abs", 1)
    ratio = (noisy.astype(np.float64) - y).std((1, 2)) / (0.05 * np.abs(y).mean((1, 2)))
    error = 1 / np.sqrt(2 * 40 * 32)
    assert abs(ratio.mean() - 1) < 4 * error / np.sqrt(60)
    assert 0.7 * error < ratio.std() < 1.3 * error


@pytest.mark.parametrize("convention", ["relative_norm", "mean_abs"])
def test_noise_is_white_and_gaussian(convention):
    """Neighbours uncorrelated, mean 0, skewness 0, kurtosis 3, within five standard errors; as strong where y is 0."""
    y = observation(20, 100, 100)
    y[:, :50] = 0
    noisy, _ = add_noise(y, range(20), 10.0, convention, 2)
    e = (noisy - y).astype(np.float64)
    e /= e.std((1, 2), keepdims=True)
    error = 1 / np.sqrt(e.size)
    neighbours = (e[1:] * e[:-1], e[:, 1:] * e[:, :-1], e[:, :, 1:] * e[:, :, :-1])
    assert all(abs(moment.mean()) < 5 * error for moment in (e, *neighbours))
    assert abs((e**3).mean()) < 5 * np.sqrt(15) * error
    assert abs((e**4).mean() - 3) < 5 * np.sqrt(96) * error
    assert abs((e[:, :50] ** 2).mean() - (e[:, 50:] ** 2).mean()) < 5 * np.sqrt(8) * error


def test_an_interval_gives_each_observation_its_own_level_which_is_returned():
    y = observation(400, 4, 5)
    noisy, levels = add_noise(y, range(400), (0, 20), "relative_norm", 3)
    np.testing.assert_allclose(norm(noisy.astype(np.float64) - y) / norm(y), levels / 100, rtol=1e-3, atol=1e-6)
    assert 0 <= levels.min() <= levels.max() <= 20
    # Kolmogorov's statistic against the uniform law; 1.95 / sqrt(n) is exceeded once in a thousand seeds.
    steps = np.arange(1, 401) / 400
    assert abs(np.sort(levels) / 20 - steps).max() < 1.95 / np.sqrt(400)


@pytest.mark.parametrize("convention", ["relative_norm", "mean_abs"])
def test_level_0_changes_no_bit(convention):
    y = observation()
    y[0, 0, :3] = (-0.0, 0.0, 1e-42)
    noisy, levels = add_noise(y, range(6), 0.0, convention, 0)
    assert noisy.tobytes() == y.tobytes()
    assert not levels.any()


@pytest.mark.parametrize("level", [5.0, (0.0, 20.0)])
def test_noise_of_an_observation_depends_on_neither_the_others_nor_their_order(level):
    y = observation(PART + 5, 6, 4)
    ids = np.random.default_rng(5).permutation(1000)[: PART + 5]
    noisy, levels = add_noise(y, ids, level, "relative_norm", 7)
    order = np.random.default_rng(6).permutation(PART + 5)[:50]
    again, levels_again = add_noise(y[order], ids[order], level, "relative_norm", 7)
    np.testing.assert_array_equal(again, noisy[order])
    np.testing.assert_array_equal(levels_again, levels[order])


def test_streams_differ_between_ids_levels_and_seeds():
    """Correlation of the noise with another id's, level's or seed's; the same stream would give 1."""
    y = np.ones((1, 60, 60), np.float32)

    def noise(number=0, level=5.0, seed=0):
        return (add_noise(y, [number], level, "mean_abs", seed)[0] - y).ravel()

    for other in (noise(number=1), noise(level=10.0), noise(level=5.000001), noise(level=(5, 10)), noise(seed=1)):
        assert abs(np.corrcoef(noise(), other)[0, 1]) < 5 / 60
    np.testing.assert_array_equal(noise(level=5), noise(level=5.0))


@pytest.mark.parametrize(
    ("count", "level", "convention"),
    [(5, 5.0, "mean_abs"), (6, -1.0, "mean_abs"), (6, (5.0, 2.0), "mean_abs"), (6, 5.0, "percent")],
)
def test_impossible_arguments_are_refused(count, level, convention):
    with pytest.raises(ValueError, match=r"level|convention|ids"):
        add_noise(observation(), range(count), level, convention, 0)

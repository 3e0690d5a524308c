"""x and y of any shape: every number is that of the image with the same entries, to the bit."""

import numpy as np
import pandas as pd
import pytest
import torch

from vspair.distributions import Gaussian, SpikeSlab
from vspair.errors import VspairError
from vspair.evaluation import calibrate, evaluate, fidelity, localise, parts_of, quality
from vspair.evaluation.inspection import inspect_codes, inspect_localised, inspect_variances
from vspair.models.posterior import LatentPosterior, MemberPosterior

IMAGE, PAIRS, LATENTS = (1, 6, 6), 30, 7
LEVELS = (-1.0, 2.0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


WEIGHT = torch.randn(LATENTS, 36, generator=seeded(1)) / 3
X = torch.randn(PAIRS, 36, generator=seeded(2))
LOST = torch.rand(PAIRS, 36, generator=seeded(3)) < 0.3
Y = X[:, : 2 * LATENTS].reshape(PAIRS, 2, LATENTS)
"""Observations of two channels and another length."""


class Method:
    """A sparse code of y and a decoder that is not linear."""

    probabilistic = True

    def __init__(self, shape):
        self.shape = shape

    def decode(self, codes):
        return (codes @ WEIGHT).tanh().reshape(-1, *self.shape)

    def posterior(self, y):
        latent = SpikeSlab(Gaussian(y[:, 0] + 0.3, y[:, 1]), (2 * y[:, 0]).sigmoid())
        return LatentPosterior(latent, self.decode, len(y), LATENTS)

    def reconstruct(self, y, generator=None):
        return self.posterior(y).sample(1, generator)[0]


def evaluated(shape, lost):
    found = evaluate(Method(shape), X.reshape(-1, *shape), Y, lost, 5, 16, seeded(), fidelity)
    return {"images": found.images, **found.moments, "latents": found.latents}


def calibrated(shape, lost):
    """All but the coverage of edges, of which there are others, or none, in another shape."""
    settings = {
        "samples": 19,
        "levels": (0.5, 0.9),
        "scaling_level": 0.9,
        "delta": 0.1,
        "batch_size": 8,
        "resolution": 1e-3,
    }
    parts = parts_of(None, len(Y), 0.5, "image", np.random.default_rng(0))
    found = calibrate(Method(shape), X.reshape(-1, *shape), Y, lost, parts=parts, **settings, generator=seeded())
    for part in ("raw", "scaled", "assured"):
        found.summary[part].pop("edges_coverage_90", None)
    return {
        "images": found.images[[name for name in found.images if "edges" not in name]],
        "summary": found.summary,
        "curves": found.curves,
    }


def inspected(shape, lost):
    posterior = Method(shape).posterior(Y[:4])
    found = inspect_codes(posterior, 1, LEVELS, (0.0, 1.0), 4, 3, seeded())
    found |= inspect_localised(posterior, [0, -1, 5, 2], (0.0, 1.0), 4, seeded())
    found |= inspect_variances(posterior, [0, 2], (-1.0, 0.0, 2.0), threshold=0.4)
    shown = shape[1:] if shape[0] == 1 else shape
    assert found["reconstructions"].shape == found["localised_mean"].shape == (4, *shown)
    assert found["varied_images"].shape == (2, 6, 3, *shown)
    return found


def members(shape, lost):
    return {"draws": MemberPosterior(X.reshape(5, 6, *shape)).sample(9, seeded())}


MEASURES = {
    "evaluate": evaluated,
    "evaluate without holes": lambda shape, lost: evaluated(shape, None),
    "calibrate": calibrated,
    "localise": lambda shape, lost: {"found": localise(Method(shape), Y, lost, LEVELS, 3, 8, seeded())},
    "inspect": inspected,
    "members": members,
}


@pytest.mark.parametrize("shape", [(36,), (2, 18), (4, 3, 3), (1, 2, 9, 2)], ids=str)
@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_the_numbers_are_those_of_the_image_with_the_same_entries(measure, shape):
    expected, found = (measure(form, LOST.reshape(-1, *form)) for form in (IMAGE, shape))
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(found[name], value, check_exact=True)
        elif isinstance(value, torch.Tensor):
            torch.testing.assert_close(found[name].flatten(), value.flatten(), rtol=0, atol=0, equal_nan=True)
        else:
            assert found[name] == value, name


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: evaluated((36,), LOST[:, :30]),
            ValueError,
            r"lost region in the shape of x, \(30, 36\), found \(30, 30",
        ),
        (
            lambda: evaluate(Method(IMAGE), X, Y, None, 2, 9, seeded()),
            ValueError,
            r"reconstructions of shape \(9, 36\)",
        ),
        (lambda: calibrated(IMAGE, LOST), ValueError, r"a mask in the shape of x, \(30, 1, 6, 6\), found \(30, 36\)"),
        (
            lambda: MEASURES["localise"]((36,), None),
            VspairError,
            r"expected a mask .* found none: leave the search out",
        ),
        (
            lambda: MEASURES["localise"](IMAGE, LOST),
            ValueError,
            r"region in the shape .* \(8, 1, 6, 6\), found \(8, 36\)",
        ),
        (lambda: quality(X, X), VspairError, r"expected images .* found the QoI as \(30, 36\): .* `fidelity`"),
    ],
    ids=["region", "reconstruction", "mask", "no mask", "localised region", "SSIM"],
)
def test_what_is_of_another_shape_or_no_image_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()

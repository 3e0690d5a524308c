"""Contributions of latents to the error, against a linear decoder, where their expectations have closed forms."""

import numpy as np
import pytest
import torch

from vspair.evaluation.ablation import Errors, codes, contributions, intervene, summarised
from vspair.evaluation.structure import SquaredError

LATENT, PIXELS = 4, 9
SIGMA = torch.tensor([0.5, 0.1, 1.0, 0.3], dtype=torch.float64)


def generator():
    return torch.Generator().manual_seed(8)


def linear(images=20_000):
    """Decoder A z and images A mu, so that all of the error is of the draw; expected error of latent i: c_i."""
    matrix = torch.randn(PIXELS, LATENT, generator=generator(), dtype=torch.float64)
    mean = torch.randn(images, LATENT, generator=generator(), dtype=torch.float64)

    def decode(latent):
        return (latent @ matrix.T).reshape(-1, 1, 3, 3)

    share = SIGMA**2 * (matrix**2).mean(0)
    return mean, SIGMA.expand_as(mean), decode, share


@pytest.mark.parametrize("noise", ["shared", "fresh"])
def test_a_linear_decoder_has_the_contributions_of_its_columns(noise):
    """E_sample - E_i = c_i with c_i = sigma_i^2 |a_i|^2 / pixels in expectation, and E_mean = 0: ratios sum to 1."""
    mean, deviation, decode, share = linear()
    drawn = codes(mean, deviation, noise, generator())
    errors = intervene(drawn, decode, {"squared": SquaredError(decode(mean)[:, 0])})["squared"]
    assert errors.mean.abs().max() < 1e-24
    assert float(errors.sample.mean()) == pytest.approx(float(share.sum()), rel=0.02)
    found = contributions(errors, "of_means")
    # Five standard errors; fresh draws add the noise of two sums.
    np.testing.assert_allclose(found.numpy(), (share / share.sum()).numpy(), atol=0.01 if noise == "shared" else 0.06)
    if noise == "shared":
        assert float(found.sum()) == pytest.approx(1, abs=0.02)


def test_a_planted_latent_is_the_only_significant_one():
    mean, deviation, _, _ = linear(200)

    def decode(latent):
        return latent[:, 2, None].expand(-1, PIXELS).reshape(-1, 1, 3, 3)

    errors = intervene(codes(mean, deviation, "shared", generator()), decode, {"e": SquaredError(decode(mean)[:, 0])})
    for ratio in ("of_means", "mean_of_ratios"):
        np.testing.assert_allclose(contributions(errors["e"], ratio).numpy(), [0, 0, 1, 0], atol=1e-12)
        found = summarised(errors["e"], ratio, 0.075)
        assert found["sig_dims"] == 1 and found["ratio_sum"] == pytest.approx(1)


def test_each_code_has_one_latent_at_its_mean():
    mean, deviation, _, _ = linear(5)
    shared, fresh = (codes(mean, deviation, noise, generator()) for noise in ("shared", "fresh"))
    for drawn in (shared, fresh):
        assert drawn.shape == (LATENT + 2, 5, LATENT)
        assert torch.equal(drawn[1], mean)
        at_mean = drawn[2:] == mean
        assert torch.equal(at_mean, torch.eye(LATENT, dtype=torch.bool)[:, None].expand(-1, 5, -1))
    away = ~torch.eye(LATENT, dtype=torch.bool)[:, None].expand(-1, 5, -1)
    assert torch.equal(shared[2:][away], shared[0].expand(LATENT, -1, -1)[away])
    assert not torch.any(fresh[2:][away] == fresh[0].expand(LATENT, -1, -1)[away])


def test_metrics_by_hand():
    """Three images, two latents; the two ratios differ where the errors do."""
    sample = torch.tensor([3.0, 4.0, 5.0], dtype=torch.float64)
    mean = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    intervened = torch.tensor([[2.0, 3.0, 5.0], [3.0, 4.0, 2.0]], dtype=torch.float64)
    errors = Errors(sample, mean, intervened)
    found = summarised(errors, "of_means", 0.5)
    expected = {"recon_sample": 4.0, "recon_mean": 7 / 3, "recon_diff": 5 / 3, "ratio_sum": (2 / 3 + 1) / (5 / 3)}
    expected |= {"sig_dims": 1.0, "int_var": (1 / 6) ** 2}
    assert found == pytest.approx(expected)
    np.testing.assert_allclose(contributions(errors, "of_means"), [0.4, 0.6])
    np.testing.assert_allclose(contributions(errors, "mean_of_ratios"), [1 / 3, 1.0])
    assert summarised(errors, "mean_of_ratios", 0.5)["ratio_sum"] == pytest.approx(4 / 3)


def test_without_any_effect_of_the_draw_there_is_no_ratio():
    same = torch.ones(3, dtype=torch.float64)
    errors = Errors(same, same, torch.ones(2, 3, dtype=torch.float64))
    for ratio in ("of_means", "mean_of_ratios"):
        assert torch.isnan(contributions(errors, ratio)).all()
        assert summarised(errors, ratio, 0.1)["sig_dims"] == 0


def test_batches_change_nothing(monkeypatch):
    mean, deviation, decode, _ = linear(50)
    drawn, measures = codes(mean, deviation, "fresh", generator()), {"e": SquaredError(decode(mean)[:, 0])}
    whole = intervene(drawn, decode, measures)["e"]
    monkeypatch.setattr("vspair.evaluation.ablation.ENTRIES", 60)
    parts = intervene(drawn, decode, measures)["e"]
    for name, value in vars(whole).items():
        torch.testing.assert_close(value, vars(parts)[name], rtol=1e-12, atol=0)

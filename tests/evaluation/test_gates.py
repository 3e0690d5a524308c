"""Fixed gates against the closed form of a linear decoder."""

import pytest
import torch

from vspair.distributions import Conditioned, Gaussian, SpikeSlab
from vspair.evaluation.gates import fix_gates
from vspair.models.posterior import LatentPosterior

GATES = torch.tensor([[0.5, 1.0, 0.9, 0.0, 0.3], [0.0, 0.7, 0.2, 1.0, 1.0]], dtype=torch.float64)
MEANS = torch.tensor([[1.0, 2.0, -3.0, 5.0, 2.0], [1.0, 2.0, 4.0, 1.0, -1.0]], dtype=torch.float64)
MIX = torch.tensor([[1.0, 0.0, 2.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0, 1.0]], dtype=torch.float64)


def posterior(gates=GATES):
    slab = Gaussian(MEANS[: len(gates)], torch.full_like(gates, -30.0))
    return LatentPosterior(SpikeSlab(slab, gates), lambda codes: codes @ MIX.T, len(gates), gates.shape[1])


def expected(gates, qoi):
    """E ||M (s mu) - x||^2 / 2 with independent gates: squared bias and the sum of the gates' variances."""
    mean = (gates * MEANS) @ MIX.T
    spread = (gates * (1 - gates) * MEANS**2) @ (MIX**2).T
    return ((mean - qoi) ** 2 + spread).mean(1)


def test_fixing_a_gate_removes_what_its_closed_form_says():
    """Draws of 40,000: standard errors below 1 %. Catches the wrong state, the wrong gate and noise of its own."""
    qoi = torch.tensor([[0.5, 1.0], [2.0, -1.0]], dtype=torch.float64)
    found = fix_gates(posterior(), qoi, 3, 40_000, torch.Generator().manual_seed(0))
    assert found.latent[0].tolist() == [0, 4, 2] and found.latent[1, :2].tolist() == [1, 2]
    torch.testing.assert_close(found.gate, GATES.gather(1, found.latent))
    torch.testing.assert_close(found.undecided, (GATES * (1 - GATES)).sum(1))
    torch.testing.assert_close(found.sampled, expected(GATES, qoi), rtol=0.01, atol=0)
    likelier = (GATES >= 0.5).double()
    torch.testing.assert_close(found.fixed, expected(likelier, qoi), rtol=1e-3, atol=0)
    for rank in range(3):
        fixed = GATES.clone()
        for image, latent in enumerate(found.latent[:, rank]):
            fixed[image, latent] = likelier[image, latent]
        torch.testing.assert_close(found.one_fixed[:, rank], expected(fixed, qoi), rtol=0.01, atol=0)


def test_a_decided_gate_removes_nothing_at_all():
    """The draws are shared: not small, but zero."""
    decided = torch.tensor([[1.0, 0.0, 1.0, 0.0, 1.0]], dtype=torch.float64)
    found = fix_gates(
        posterior(decided), torch.zeros(1, 2, dtype=torch.float64), 5, 10, torch.Generator().manual_seed(1)
    )
    assert torch.equal(found.one_fixed, found.sampled[:, None].expand(1, 5)) and torch.equal(found.fixed, found.sampled)


def test_a_condition_goes_along_untouched():
    """A decoder that adds its condition: the same errors as of a QoI that lacks it."""
    told = torch.tensor([[3.0, -1.0], [0.5, 2.0]], dtype=torch.float64)
    plain, qoi = posterior(), torch.tensor([[0.5, 1.0], [2.0, -1.0]], dtype=torch.float64)
    conditioned = LatentPosterior(
        Conditioned(plain.latent, told), lambda codes: codes[:, :5] @ MIX.T + codes[:, 5:], 2, 5
    )
    found, without = (
        fix_gates(each, target, 3, 20, torch.Generator().manual_seed(2))
        for each, target in ((conditioned, qoi + told), (plain, qoi))
    )
    torch.testing.assert_close(found.one_fixed, without.one_fixed)
    torch.testing.assert_close(found.fixed, without.fixed)


def test_the_lines_are_images_and_the_columns_ranks():
    frame = fix_gates(posterior(), torch.zeros(2, 2, dtype=torch.float64), 2, 10).frame()
    ranks = ["latent_1", "gate_1", "mse_1", "latent_2", "gate_2", "mse_2"]
    assert list(frame) == ["mse", "mse_fixed", "undecided", *ranks] and len(frame) == 2


def test_what_has_no_gates_or_too_few_is_refused():
    dense = LatentPosterior(posterior().latent.slab, lambda codes: codes @ MIX.T, 2, 5)
    with pytest.raises(ValueError, match="spike-and-slab latent, whose gates can be fixed, found Gaussian"):
        fix_gates(dense, torch.zeros(2, 2, dtype=torch.float64), 1, 2)
    with pytest.raises(ValueError, match="at most the 5 gates of the latent, found top=6"):
        fix_gates(posterior(), torch.zeros(2, 2, dtype=torch.float64), 6, 2)

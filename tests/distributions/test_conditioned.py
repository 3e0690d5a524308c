"""Codes with a condition: z is drawn as by the Gaussian alone, and the condition rides along unchanged."""

import pytest
import torch

from vspair.distributions import Conditioned, Gaussian


def parts(batch=(4,)):
    mean, log_variance, condition = torch.randn(3, *batch, 6, generator=torch.Generator().manual_seed(0)).unbind(0)
    return Gaussian(mean, log_variance), condition[..., :5]


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
@pytest.mark.parametrize("batch", [(4,), (), (2, 3)], ids=str)
def test_a_code_is_the_gaussians_draw_and_the_condition(batch, shape):
    """Five conditions beside six latents: catches the two in the wrong order, and a condition that gets noise."""
    latent, condition = parts(batch)
    codes = Conditioned(latent, condition).rsample(torch.Generator().manual_seed(1), shape)
    assert codes.shape == (*shape, *batch, 11)
    assert torch.equal(codes[..., :6], latent.rsample(torch.Generator().manual_seed(1), shape))
    assert torch.equal(codes[..., 6:], condition.expand(*shape, *batch, 5))


def test_gradients_reach_the_latent_and_the_condition():
    latent, condition = parts()
    leaves = [leaf.requires_grad_() for leaf in (latent.mean.detach(), condition)]
    code = Conditioned(Gaussian(leaves[0], latent.log_variance), condition).rsample(torch.Generator().manual_seed(1))
    (code**2).sum().backward()
    torch.testing.assert_close(leaves[0].grad, 2 * code[:, :6].detach())
    torch.testing.assert_close(condition.grad, 2 * condition.detach())

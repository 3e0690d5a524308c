"""Learned primal-dual against dival's, with the same weights and operators."""

import pytest
import torch
from torch import nn

from vspair.networks.unrolled import PrimalDual

IMAGE, SINOGRAM = (9, 8), (7, 6)


class Shaped(nn.Module):
    """A dense operator with the attributes that dival's network asks for."""

    def __init__(self, matrix, given, result):
        super().__init__()
        self.matrix, self.result = matrix, result
        self.operator = type("Operator", (), {"domain": type("Space", (), {"shape": given})})

    def forward(self, values):
        return (values.flatten(1) @ self.matrix.T).unflatten(1, (1, *self.result))


@pytest.fixture(scope="module")
def operators():
    matrix = torch.randn(42, 72, generator=torch.Generator().manual_seed(0)) / 17
    return Shaped(matrix, IMAGE, SINOGRAM), Shaped(matrix.T, SINOGRAM, IMAGE)


def seeded(network):
    """All weights random, slopes of the PReLUs too: a start of zeros would hide mistakes."""
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.2, generator=generator)
    return network


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_it_has_the_weights_of_errata_e8():
    network = PrimalDual(10, 5, 5, 32)
    assert {count(each) for each in network.dual_steps} == {12_743}
    assert {count(each) for each in network.primal_steps} == {12_455}
    assert count(network) == 251_980


@pytest.mark.filterwarnings("ignore")
def test_it_is_divals_with_the_same_weights(operators, tmp_path, monkeypatch):
    """dival has a slope per channel where ours is one; catches a wrong channel, order of inputs, or a shared step."""
    monkeypatch.setenv("HOME", str(tmp_path))
    from dival.reconstructors.networks.iterative import PrimalDualNet

    ours = seeded(PrimalDual(4, 5, 5, 8))
    theirs = PrimalDualNet(4, *operators, n_layer=3, internal_ch=8, batch_norm=False, prelu=True)
    for mine, other in ((ours.dual_steps, theirs.dual_blocks), (ours.primal_steps, theirs.primal_blocks)):
        for source, target in zip(mine, other, strict=True):
            for parameter, copy in zip(source.parameters(), target.block.parameters(), strict=True):
                copy.data = parameter.data.expand_as(copy).clone()
    y = torch.randn(3, 1, *SINOGRAM, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = theirs(y)
        torch.testing.assert_close(ours(y, IMAGE, *operators), expected, rtol=1e-5, atol=1e-5)
    assert expected.std() > 0.1


def test_every_weight_but_those_of_unused_outputs_learns(operators):
    """Only f_1 leaves the last primal step, and only h_1 the last dual one; all else must get a gradient."""
    network = seeded(PrimalDual(3, 3, 3, 4))
    network(
        torch.randn(2, 1, *SINOGRAM, generator=torch.Generator().manual_seed(3)), IMAGE, *operators
    ).sum().backward()
    idle = {name for name, p in network.named_parameters() if (p.grad.flatten(1) if p.ndim > 1 else p.grad).eq(0).any()}
    assert {name for name in idle if name.endswith("4.bias")} == {"dual_steps.2.4.bias", "primal_steps.2.4.bias"}
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())


def test_one_primal_channel_is_refused():
    with pytest.raises(ValueError, match="primal is 1: expected at least 2"):
        PrimalDual(2, 1, 5, 8)

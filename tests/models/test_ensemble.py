"""The deep ensemble: members learn as if alone, and its posterior is their uniform mixture."""

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency, chisquare

from vspair.config import Training
from vspair.models.ensemble.model import Ensemble
from vspair.training import ResidentPairs, fit

MEMBERS = 3


@pytest.fixture
def model(build):
    return build("Ensemble")


def alone(model, observation):
    """Reconstructions of each member by hand, shape (members, batch, 1, height, width)."""
    with torch.inference_mode():
        return torch.stack([member.decoder(member.encoder(observation)[:, 0]) for member in model.members])


def who(draws, members):
    """Which member each drawn image is of, shape (draws, batch): it is exactly one of them."""
    same = (draws[:, None] == members[None]).flatten(3).all(3)
    assert (same.sum(1) == 1).all()
    return same.int().argmax(1).numpy()


def test_members_differ_from_the_start(model, batch):
    """Catches one network that is used several times."""
    parameters = [torch.cat([p.detach().flatten() for p in member.parameters()]) for member in model.members]
    assert len(parameters) == MEMBERS
    reconstructions = alone(model, batch[1])
    for i in range(MEMBERS):
        for j in range(i):
            assert not torch.equal(parameters[i], parameters[j])
            assert (reconstructions[i] - reconstructions[j]).abs().amax((1, 2, 3)).min() > 1e-3


def test_the_term_is_the_sum_of_the_members_errors_by_hand(model, batch):
    expected = 0.5 * (alone(model, batch[1]) - batch[0]).square().sum((0, 2, 3, 4))
    torch.testing.assert_close(model.terms(*batch)["reconstruction_qoi"].detach(), expected)


@pytest.mark.parametrize("member", [0, 1])
def test_a_member_of_two_trains_to_the_bits_of_one_alone(batch, member):
    """Catches a mean over members, which halves the rate, and a loss of their mean, which lets them work together."""

    def trained(members, state=None):
        torch.manual_seed(0)
        model = Ensemble((1, 8, 8), (1, 8, 8), (4, 8), 5, members)
        if state is not None:
            model.members[0].load_state_dict(state)
        before = [{name: value.clone() for name, value in each.state_dict().items()} for each in model.members]
        schedule = Training(epochs=3, batch_size=2, learning_rate=1e-2, checkpoint_every=9)
        fit(model, ResidentPairs(*batch), schedule, {"reconstruction_qoi": 1.0}, seed=1)
        return before, [each.state_dict() for each in model.members]

    before, together = trained(2)
    _, (single,) = trained(1, before[member])
    for name, value in single.items():
        torch.testing.assert_close(together[member][name], value, rtol=0, atol=0, msg=name)
    assert not all(torch.equal(value, before[member][name]) for name, value in single.items())


def test_draws_are_members_each_as_often_and_independent_between_images(model, batch):
    """6,000 choices: chi-square of their numbers; catches one member for the whole batch, too."""
    draws = model.posterior(batch[1]).sample(1000, torch.Generator().manual_seed(3))
    chosen = who(draws, alone(model, batch[1]))
    assert chosen.shape == (1000, 6)
    for image in chosen.T:
        assert chisquare(np.bincount(image, minlength=MEMBERS)).pvalue > 1e-3
    table = np.zeros((MEMBERS, MEMBERS))
    np.add.at(table, (chosen[:, 0], chosen[:, 1]), 1)
    assert chi2_contingency(table).pvalue > 1e-3


def test_a_reconstruction_is_one_member_per_image(model, batch):
    members = alone(model, batch[1])
    chosen = [who(model.reconstruct(batch[1], torch.Generator().manual_seed(k))[None], members)[0] for k in range(40)]
    assert all(len(set(image)) == MEMBERS for image in np.array(chosen).T.tolist())
    assert any(len(set(images)) > 1 for images in np.array(chosen).tolist())


def test_moments_converge_to_those_of_the_mixture(model, batch):
    """Mean and variance over members; 5,000 draws, 4.5 standard errors, that of the variance from its fourth moment."""
    n = 5000
    members = alone(model, batch[1]).double()
    mean, variance = model.posterior(batch[1]).moments(n, torch.Generator().manual_seed(4))
    expected = members.var(0, unbiased=False)
    fourth = (members - members.mean(0)).pow(4).mean(0)
    assert ((mean - members.mean(0)).abs() <= 4.5 * (expected / n).sqrt() + 1e-6).all()
    assert ((variance - expected).abs() <= 4.5 * ((fourth - expected**2).clamp(min=0) / n).sqrt() + 1e-6).all()


def test_the_mixture_has_no_latent_space(model, batch):
    posterior = model.posterior(batch[1])
    assert (posterior.latents, posterior.gates) == (0, None)
    assert not hasattr(posterior, "sample_latent")

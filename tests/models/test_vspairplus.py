"""vsPAIR+: its terms by hand, what its draws may depend on, and what each part that can be taken away changes."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

KIND = "vsPAIRplus"


@pytest.fixture
def model(build):
    return build(KIND)


def poisoned(network):
    """Fill a network with NaN: whatever reads it turns NaN."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float("nan"))


def test_the_mapping_terms_are_the_divergence_from_encoder_to_map(model, batch):
    """Catches KL(p || q), and a map that is given something else than the parameters of q(z_y | y)."""
    qoi, observation = batch
    mean, log_variance, gate = model.encoder(torch.cat([qoi, observation], 1)).unbind(1)
    mapped = model.map(model.observation.encoder(observation)).unbind(1)
    slabs = [Normal(m, (v / 2).exp()) for m, v in ((mean, log_variance), mapped[:2])]
    gates = [torch.sigmoid(logit) for logit in (gate, mapped[2])]
    found = model.terms(qoi, observation, torch.Generator().manual_seed(1))
    torch.testing.assert_close(found["mapping_slab"], (gates[0] * kl_divergence(*slabs)).sum(1))
    torch.testing.assert_close(found["mapping_gate"], kl_divergence(*map(Bernoulli, gates)).sum(1))


def test_the_reconstruction_term_is_the_likelihood_of_the_recorded_values(model, batch, without_noise):
    qoi, observation = batch
    mean, _, gate = model.encoder(torch.cat([qoi, observation], 1)).unbind(1)
    codes = torch.cat([torch.sigmoid(gate) * mean, observation.flatten(1)], 1)
    expected = -model.law(codes).log_probability(qoi).sum((1, 2, 3))
    torch.testing.assert_close(model.terms(qoi, observation)["reconstruction_qoi"], expected)


def test_draws_come_from_the_observation_alone(model, batch):
    """Catches the encoder of x at test time, which would have seen the truth."""
    before = model.posterior(batch[1]).sample(3, torch.Generator().manual_seed(1))
    poisoned(model.encoder)
    assert torch.equal(model.posterior(batch[1]).sample(3, torch.Generator().manual_seed(1)), before)


def test_draws_have_the_mean_of_what_their_codes_decode_to(model, batch):
    """4,000 draws of one pixel each way, to 4.5 standard errors: catches noise that is not the law's."""
    posterior = model.posterior(batch[1][:2])
    draws = posterior.sample(4000, torch.Generator().manual_seed(2)).double()
    codes = posterior.sample_latent(4000, torch.Generator().manual_seed(3))
    decoded = posterior.decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2]).double()
    error = ((draws.var(0) + decoded.var(0)) / 4000).sqrt()
    assert ((draws.mean(0) - decoded.mean(0)).abs() < 4.5 * error).all()
    assert (draws.var(0) > decoded.var(0)).all()
    assert draws.abs().max() <= 1


def test_a_latent_of_zero_in_all_draws_has_no_effect(model, batch):
    """Sparse codes are exact: what is off is off, and y stands behind the latents."""
    posterior = model.posterior(batch[1])
    codes = posterior.sample_latent(5, torch.Generator().manual_seed(1))
    assert codes.shape == (5, 6, 12 + 64)
    assert torch.equal(codes[..., 12:], batch[1].flatten(1).expand(5, 6, 64))
    assert (codes[..., :12] == 0).any()
    assert posterior.gates.shape == (6, 12)


def test_without_the_observation_the_decoder_is_blind_to_it(build, batch):
    codes = torch.randn(6, 76, generator=torch.Generator().manual_seed(1))
    other = torch.cat([codes[:, :12], 1 + codes[:, 12:]], 1)
    for condition in ("observation", "none"):
        model = build(KIND, condition=condition)
        assert torch.equal(model.decode(codes), model.decode(other)) is (condition == "none")


def test_with_unit_variance_and_parameters_its_terms_are_those_of_vspair(build, batch, without_noise):
    """All three taken away: the same terms as vsPAIR with the same networks, but for the penalty on gates."""
    plain = build(KIND, mapping="parameters", condition="none", likelihood="unit")
    paper = build("vsPAIR")
    paper.qoi.encoder.load_state_dict(plain.encoder.state_dict())
    paper.qoi.decoder.load_state_dict(plain.decoder.state_dict())
    paper.observation.load_state_dict(plain.observation.state_dict())
    paper.map.load_state_dict(plain.map.state_dict())
    ours, theirs = plain.terms(*batch), paper.terms(*batch)
    assert ours.keys() == theirs.keys() - {"gate_entropy"}
    # vsPAIR's encoder has another link to its gates.
    for name in ("reconstruction_observation", "kl_observation", "hyperprior"):
        torch.testing.assert_close(ours[name], theirs[name])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"bounds": (1, -1)}, "bounds must rise by more than step"),
        ({"bounds": (0, 0.01)}, "bounds must rise by more than step"),
        ({"step": 0}, "step"),
        ({"mapping": "samples"}, "mapping"),
    ],
)
def test_impossible_settings_are_refused(settings, change, sentence):
    with pytest.raises(ValueError, match=sentence):
        settings(KIND, **change)


def test_images_of_two_grids_are_refused(settings):
    with pytest.raises(ValueError, match="joins QoI and observation on one grid"):
        settings(KIND).require_fit((1, 8, 8), (1, 16, 8))

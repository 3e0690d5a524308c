"""What every model promises; a new model joins the lists in tests/conftest.py."""

import pytest
import torch

from vspair.models import posterior as posterior_module

PAIRED = ("PAIR", "vPAIR", "vsPAIR")
TRAINED = {
    "both": {"map", "qoi encoder", "observation encoder"},
    "observation": {"map", "observation encoder"},
    "map": {"map"},
}
"""Parts that the mapping loss trains, by `mapping_gradient`."""


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_reconstruction_draws_from_the_generator_alone(build, batch, model_name):
    model = build(model_name)
    first = model.reconstruct(batch[1], seeded(1))
    assert first.shape == batch[0].shape
    assert first.isfinite().all()
    torch.manual_seed(5)
    assert torch.equal(model.reconstruct(batch[1], seeded(1)), first)
    assert torch.equal(model.reconstruct(batch[1], seeded(2)), first) is not model.probabilistic


def test_nothing_is_answered_in_training_mode(build, batch, model_name):
    model = build(model_name).train()
    with pytest.raises(RuntimeError, match=r"call eval\(\)"):
        model.reconstruct(batch[1])
    if model.probabilistic:
        with pytest.raises(RuntimeError, match=r"call eval\(\)"):
            model.posterior(batch[1])


def test_a_deterministic_model_has_no_posterior(build, batch):
    model = build("PAIR")
    assert not model.probabilistic
    with pytest.raises(TypeError, match="PAIR is deterministic"):
        model.posterior(batch[1])


def test_moments_are_those_of_the_same_draws(build, batch, probabilistic_name):
    """The biased variance would be off by 1/7."""
    model = build(probabilistic_name)
    assert model.probabilistic
    posterior = model.posterior(batch[1])
    draws = posterior.sample(7, seeded(3)).double()
    assert draws.shape == (7, 6, 1, 8, 8)
    assert (draws.var(0) > 0).all()
    mean, variance = posterior.moments(7, seeded(3))
    torch.testing.assert_close(mean, draws.mean(0).float(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(variance, draws.var(0).float(), rtol=1e-4, atol=1e-9)
    assert torch.equal(posterior.mean(7, seeded(3)), mean)
    assert torch.equal(posterior.variance(7, seeded(3)), variance)


def test_codes_have_the_latents_in_front_and_what_the_decoder_is_told_behind(build, batch, latent_name, settings):
    posterior = build(latent_name).posterior(batch[1])
    latents = settings(latent_name).latent_x
    codes = posterior.sample_latent(3, seeded())
    assert posterior.latents == latents
    told = {"CVAE": latents, "vsPAIRplus": batch[1][0].numel()}.get(latent_name, 0)
    assert codes.shape == (3, 6, latents + told)
    assert posterior.decode(codes[0]).shape == (6, 1, 8, 8)


@pytest.mark.parametrize(("drawn", "decoded"), [(1, 1), (6, 64), (13, 4), (1000, 7), (1000, 64)])
def test_streaming_changes_neither_shapes_nor_moments(build, batch, probabilistic_name, monkeypatch, drawn, decoded):
    """With 1 fewer images are drawn at once than there are observations; 13 and 7 leave a smaller last pass."""
    monkeypatch.setattr(posterior_module, "DRAWN_AT_ONCE", drawn)
    monkeypatch.setattr(posterior_module, "DECODED_AT_ONCE", {"cpu": decoded})
    posterior = build(probabilistic_name).posterior(batch[1])
    draws = posterior.sample(5, seeded(4))
    mean, variance = posterior.moments(5, seeded(4))
    assert draws.shape == (5, 6, 1, 8, 8)
    assert mean.shape == variance.shape == (6, 1, 8, 8)
    torch.testing.assert_close(mean, draws.mean(0), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(variance, draws.double().var(0).float(), rtol=1e-4, atol=1e-9)
    assert variance.isfinite().all()


@pytest.mark.parametrize("decoded", [1, 4, 5, 12, 100])
def test_decoding_in_parts_is_decoding(build, batch, latent_name, monkeypatch, decoded):
    """Twelve codes: catches parts that are left out, twice there or in another order, and more at once than is said."""
    model, passes = build(latent_name), []
    posterior = model.posterior(batch[1])
    codes = posterior.sample_latent(2, seeded()).flatten(0, 1)
    with torch.inference_mode():
        whole = model.decode(codes)
    monkeypatch.setattr(posterior_module, "DECODED_AT_ONCE", {"cpu": decoded})
    monkeypatch.setattr(posterior, "_decode", lambda part: passes.append(len(part)) or model.decode(part))
    torch.testing.assert_close(posterior.decode(codes), whole, rtol=1e-4, atol=1e-6)
    assert max(passes) == min(decoded, 12)
    assert posterior.decode(codes[:0]).shape == (0, 1, 8, 8)


def test_a_draw_belongs_to_its_observation(build, batch, latent_name, without_noise):
    """Catches draws and observations that change places when codes are flattened."""
    model = build(latent_name)
    draws = model.posterior(batch[1]).sample(3)
    alone = torch.cat([model.reconstruct(y) for y in batch[1].split(1)])
    torch.testing.assert_close(draws, alone.expand(3, *alone.shape), rtol=1e-4, atol=1e-5)


def test_gates_are_probabilities_for_sparse_models_only(build, batch, probabilistic_name, sparse_names):
    posterior = build(probabilistic_name).posterior(batch[1])
    if probabilistic_name not in sparse_names:
        assert posterior.gates is None
        return
    assert posterior.gates.shape == (6, 12)
    assert ((posterior.gates >= 0) & (posterior.gates <= 1)).all()
    shares = (posterior.sample_latent(20_000, seeded(6))[..., :12] != 0).double().mean(0)
    error = (posterior.gates * (1 - posterior.gates) / 20_000).sqrt().double()
    assert ((shares - posterior.gates).abs() <= 4.5 * error + 1e-12).all()


def test_every_term_is_named_and_per_sample(build, batch, model_name, term_names):
    terms = build(model_name).terms(*batch, seeded())
    assert set(terms) == term_names[model_name]
    assert all(value.shape == (6,) for value in terms.values())
    assert all(value.isfinite().all() for value in terms.values())


def test_a_permuted_batch_has_permuted_terms(build, batch, model_name, without_noise):
    """Catches a reduction over the batch or a mixing of samples."""
    model, order = build(model_name), torch.tensor([3, 0, 5, 1, 4, 2])
    terms = model.terms(*batch)
    permuted = model.terms(*(part[order] for part in batch))
    for name, value in terms.items():
        torch.testing.assert_close(permuted[name], value[order], rtol=1e-4, atol=1e-5)
        if name != "hyperprior":
            assert len(value.unique()) == 6


@pytest.mark.parametrize("space", ["latent", "image"])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_pairs_terms_are_those_of_equations_13_14_and_16_by_hand(build, batch, reduction, space):
    open_ = {"reconstruction_reduction": reduction, "mapping_reduction": reduction, "mapping_space": space}
    model = build("PAIR", choices=open_)
    qoi, observation = batch
    reduced = (lambda e: e.flatten(1).sum(1)) if reduction == "sum" else (lambda e: e.flatten(1).mean(1))
    z_x, z_y = model.qoi.encoder(qoi), model.observation.encoder(observation)
    mapped = model.map(z_y)
    expected = {
        "reconstruction_qoi": reduced((model.qoi.decoder(z_x[:, 0]) - qoi) ** 2),
        "reconstruction_observation": reduced((model.observation.decoder(z_y[:, 0]) - observation) ** 2),
        "mapping": reduced((mapped - z_x if space == "latent" else model.qoi.decoder(mapped[:, 0]) - qoi) ** 2),
    }
    torch.testing.assert_close(model.terms(qoi, observation), expected)


def test_vspairs_terms_are_those_of_equations_4_11_16_and_21_by_hand(build, batch, without_noise):
    model = build("vsPAIR")
    qoi, observation = batch
    mu, log_variance, head = model.qoi.encoder(qoi).unbind(1)
    omega = head.clamp(max=0).exp()
    mu_y, log_variance_y = model.observation.encoder(observation).unbind(1)
    mu_hat, log_variance_hat, head_hat = model.map(torch.stack([mu_y, log_variance_y], 1)).unbind(1)
    omega_hat = head_hat.sigmoid()
    rho = torch.tensor(0.5)
    gates = omega * (omega / rho).log() + torch.where(omega < 1, (1 - omega) * ((1 - omega) / (1 - rho)).log(), 0)
    predicted, target = torch.cat([mu_hat, log_variance_hat, omega_hat], 1), torch.cat([mu, log_variance, omega], 1)
    expected = {
        "reconstruction_qoi": 0.5 * (model.qoi.decoder(omega * mu) - qoi).square().sum((1, 2, 3)),
        "kl_slab_qoi": (omega / 2 * (log_variance.exp() + mu**2 - 1 - log_variance)).sum(1),
        "kl_gate_qoi": gates.sum(1),
        "reconstruction_observation": 0.5 * (model.observation.decoder(mu_y) - observation).square().sum((1, 2, 3)),
        "kl_observation": 0.5 * (log_variance_y.exp() + mu_y**2 - 1 - log_variance_y).sum(1),
        "mapping": (predicted - target).square().sum(1),
        "gate_entropy": (omega_hat * (1 - omega_hat)).sum(1),
        "hyperprior": torch.full((6,), -8 * torch.tensor(0.5).log().item()),
    }
    found = model.terms(qoi, observation)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6, msg=name)


def test_svae_encodes_the_observation_and_explains_the_qoi(build, batch, without_noise):
    model = build("sVAE")
    qoi, observation = batch
    mu, _, head = model.autoencoder.encoder(observation).unbind(1)
    decoded = model.autoencoder.decoder(head.clamp(max=0).exp() * mu)
    found = model.terms(qoi, observation)["reconstruction_qoi"]
    torch.testing.assert_close(found, 0.5 * (decoded - qoi).square().sum((1, 2, 3)))


@pytest.mark.parametrize("name", PAIRED)
def test_inversion_is_decoder_after_map_after_encoder(build, batch, without_noise, name):
    """Section 3.1: the QoI encoder takes no part."""
    model = build(name)
    expected = model.qoi.decoder(model.infer(batch[1]).rsample())
    with torch.no_grad():
        for parameter in model.qoi.encoder.parameters():
            parameter.fill_(float("nan"))
    torch.testing.assert_close(model.reconstruct(batch[1]), expected)


@pytest.mark.parametrize(
    ("name", "choices", "trained"),
    [
        *((name, {"mapping_gradient": gradient}, trained) for name in PAIRED for gradient, trained in TRAINED.items()),
        ("PAIR", {"mapping_space": "image"}, {"map", "qoi decoder", "observation encoder"}),
        ("PAIR", {"mapping_space": "image", "mapping_gradient": "map"}, {"map", "qoi decoder"}),
    ],
)
def test_the_mapping_loss_trains_what_its_setting_says(build, batch, name, choices, trained):
    """Eq. 14 compares QoI and never looks at the code of x."""
    model = build(name, choices=choices)
    terms = model.terms(*batch, seeded())
    sum(terms[name].sum() for name in ("mapping", "gate_entropy") if name in terms).backward()
    parts = {
        "map": model.map,
        **{f"qoi {name}": part for name, part in model.qoi.named_children()},
        **{f"observation {name}": part for name, part in model.observation.named_children()},
    }
    moved = {
        name for name, part in parts.items() if any(p.grad is not None and p.grad.any() for p in part.parameters())
    }
    assert moved == trained

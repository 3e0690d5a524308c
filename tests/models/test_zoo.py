"""What every model promises; a new model joins the lists in tests/conftest.py."""

from pathlib import Path

import pytest
import torch

from vspair import models
from vspair.config import Weights, resolve
from vspair.models import posterior as posterior_module
from vspair.objectives import term_weights, total
from vspair.operators import Scan
from vspair.operators.ray import RayTransform

TABLE_8 = {"PAIR": 687_042, "vPAIR": 899_490, "sVAE": 9_979_106, "vsPAIR": 13_067_043}
MAPS = {"PAIR": 1_056, "vPAIR": 12_736, "vsPAIR": 2_644_560}
FLAGS = {
    **{"PAIR": (False, False), "vPAIR": (False, True), "sVAE": (True, True), "vsPAIR": (True, True)},
    **{"CVAE": (False, True), "Ensemble": (False, True)},
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def encoder(outputs, inputs=1):
    """Parameters of Table 6's encoder with so many linear outputs, layer by layer; 3,136 = 64 x 7 x 7 features."""
    blocks = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b for a, b in ((16, 32), (32, 64)))
    return (9 * inputs * 16 + 16) + blocks + (3136 * outputs + outputs)


def decoder(latent):
    """Parameters of Table 7's decoder, layer by layer."""
    blocks = sum(9 * a * a + 2 * a + 9 * a * b for a, b in ((64, 32), (32, 16)))
    return (latent * 3136 + 3136) + blocks + (9 * 16 + 1)


BY_FORMULA = {
    "PAIR": 2 * (encoder(32) + decoder(32)) + MAPS["PAIR"],
    "vPAIR": 2 * (encoder(2 * 32) + decoder(32)) + MAPS["vPAIR"],
    "sVAE": encoder(3 * 784) + decoder(784) + 1,
    "vsPAIR": encoder(3 * 784) + decoder(784) + encoder(2 * 32) + decoder(32) + MAPS["vsPAIR"] + 1,
    "CVAE": encoder(2 * 32, inputs=2) + encoder(3 * 32) + decoder(2 * 32),
    "Ensemble": 5 * (encoder(32) + decoder(32)),
}


def test_the_formulas_give_table_8():
    assert {name: BY_FORMULA[name] for name in TABLE_8} == TABLE_8


def test_the_parameter_counts_are_those_of_table_8_and_of_the_formulas(model_name):
    root = Path(__file__).parents[2]
    problem = resolve(root, {"preset": "paper"}).inpainting
    with torch.device("meta"):
        model = getattr(models, model_name)(problem.image, **problem.models[model_name].architecture())
    assert sum(p.numel() for p in model.parameters()) == BY_FORMULA[model_name]
    if model_name in MAPS:
        assert sum(p.numel() for p in model.map.parameters()) == MAPS[model_name]


def tomography():
    return resolve(Path(__file__).parents[2], {"preset": "paper"}).ct


def wide_encoder(features, outputs):
    """Parameters of Table 10's encoder with so many linear outputs, layer by layer."""
    widths = (16, 32), (32, 64), (64, 128)
    blocks = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b for a, b in widths)
    return (9 * 16 + 16) + blocks + (features * outputs + outputs)


def wide_decoder(latent, features):
    """Parameters of Table 11's decoder, layer by layer."""
    blocks = sum(9 * a * a + 2 * a + 9 * a * b for a, b in ((128, 64), (64, 32), (32, 16)))
    return (latent * features + features) + blocks + (9 * 16 + 1)


@pytest.mark.parametrize("name", ["vsPAIR", "vsPAIR_sparse"])
def test_the_wide_pair_has_the_parts_of_tables_10_and_11(name):
    """15,488 = 128 x 11 x 11 and 63,488 = 128 x 31 x 16 features; on the meta device, without memory."""
    problem = tomography()
    with torch.device("meta"):
        model = models.build("vsPAIR", problem.methods[name], image=problem.image, observation=problem.observation)
    parts = {
        "qoi encoder": (model.qoi.encoder, wide_encoder(15_488, 3 * 8_192)),
        "qoi decoder": (model.qoi.decoder, wide_decoder(8_192, 15_488)),
        "observation encoder": (model.observation.encoder, wide_encoder(63_488, 2 * 2_048)),
        "observation decoder": (model.observation.decoder, wide_decoder(2_048, 63_488)),
        "map": (model.map, 4_096 * 24_576 + 24_576),
        "rho": (model.prior, 1),
    }
    counts = {part: sum(p.numel() for p in module.parameters()) for part, (module, _) in parts.items()}
    assert counts == {part: count for part, (_, count) in parts.items()}
    assert sum(p.numel() for p in model.parameters()) == sum(counts.values()) == 999_541_091
    assert model.qoi.encoder.heads.weight.shape == (3 * 8_192, 15_488)
    assert model.qoi.decoder.expand[1].unflattened_size == (128, 11, 11)
    assert model.map.layers.weight.shape == (24_576, 4_096)


def test_the_learned_primal_dual_of_the_settings_has_the_size_of_errata_e8():
    """The operator has no weights, so a tiny one will do."""
    operator = RayTransform(Scan(pixels=16, enlarged=16, angles=6, bins=9).full())
    model = models.build("LPD", tomography().methods["LPD"], operator=operator)
    assert sum(p.numel() for p in model.parameters()) == 251_980


def test_the_properties_are_those_of_table_2(build, batch, model_name):
    model = build(model_name)
    sparse, probabilistic = FLAGS[model_name]
    assert model.probabilistic is probabilistic
    if probabilistic:
        assert (model.posterior(batch[1]).gates is not None) is sparse


def test_a_reconstruction_is_an_image_per_observation(build, batch, model_name):
    reconstruction = build(model_name).reconstruct(batch[1], seeded())
    assert reconstruction.shape == batch[0].shape
    assert reconstruction.isfinite().all()


def test_a_reconstruction_draws_from_the_generator_alone(build, batch, model_name):
    model = build(model_name)
    first = model.reconstruct(batch[1], seeded(1))
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
    with pytest.raises(TypeError, match="PAIR is deterministic"):
        build("PAIR").posterior(batch[1])


def test_a_posterior_has_draws_of_images_and_codes(build, batch, probabilistic_name):
    posterior = build(probabilistic_name).posterior(batch[1])
    draws = posterior.sample(4, seeded())
    assert draws.shape == (4, 6, 1, 8, 8)
    assert draws.isfinite().all()
    assert (draws.var(0) > 0).all()


def test_codes_have_the_latents_in_front_and_what_the_decoder_is_told_behind(build, batch, latent_name, architectures):
    posterior = build(latent_name).posterior(batch[1])
    latents = architectures[latent_name]["latent_x"]
    codes = posterior.sample_latent(3, seeded())
    assert posterior.latents == latents
    assert codes.shape == (3, 6, 2 * latents if latent_name == "CVAE" else latents)
    assert posterior.decode(codes[0]).shape == (6, 1, 8, 8)


def test_moments_are_those_of_the_same_draws(build, batch, probabilistic_name):
    """The biased variance would be off by 1/7."""
    posterior = build(probabilistic_name).posterior(batch[1])
    draws = posterior.sample(7, seeded(3)).double()
    mean, variance = posterior.moments(7, seeded(3))
    torch.testing.assert_close(mean, draws.mean(0).float(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(variance, draws.var(0).float(), rtol=1e-4, atol=1e-9)
    assert torch.equal(posterior.mean(7, seeded(3)), mean)
    assert torch.equal(posterior.variance(7, seeded(3)), variance)


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
    shares = (posterior.sample_latent(20_000, seeded(6)) != 0).double().mean(0)
    error = (posterior.gates * (1 - posterior.gates) / 20_000).sqrt().double()
    assert ((shares - posterior.gates).abs() <= 4.5 * error + 1e-12).all()


def test_every_term_is_named_and_per_sample(build, batch, choices, model_name, term_names):
    terms = build(model_name).terms(*batch, choices(), seeded())
    assert set(terms) == term_names[model_name]
    assert all(value.shape == (6,) for value in terms.values())
    assert all(value.isfinite().all() for value in terms.values())
    assert total(terms, term_weights(Weights())).shape == (6,)


@pytest.mark.parametrize("space", ["latent", "image"])
def test_a_permuted_batch_has_permuted_terms(build, batch, choices, model_name, without_noise, space):
    """Catches a reduction over the batch or a mixing of samples."""
    model, order = build(model_name), torch.tensor([3, 0, 5, 1, 4, 2])
    options = choices(mapping_space=space)
    terms = model.terms(*batch, options)
    permuted = model.terms(*(part[order] for part in batch), options)
    for name, value in terms.items():
        torch.testing.assert_close(permuted[name], value[order], rtol=1e-4, atol=1e-5)
        if name != "hyperprior":
            assert len(value.unique()) == 6


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_pairs_terms_are_those_of_equation_13_by_hand(build, batch, choices, reduction):
    model = build("PAIR")
    qoi, observation = batch
    reduced = (lambda e: e.flatten(1).sum(1)) if reduction == "sum" else (lambda e: e.flatten(1).mean(1))
    z_x, z_y = model.qoi.encoder(qoi), model.observation.encoder(observation)
    terms = model.terms(qoi, observation, choices(reconstruction_reduction=reduction, mapping_reduction=reduction))
    expected = {
        "reconstruction_qoi": reduced((model.qoi.decoder(z_x[:, 0]) - qoi) ** 2),
        "reconstruction_observation": reduced((model.observation.decoder(z_y[:, 0]) - observation) ** 2),
        "mapping": reduced((model.map(z_y) - z_x) ** 2),
    }
    torch.testing.assert_close(terms, expected)


def test_vspairs_terms_are_those_of_equations_4_11_16_and_21_by_hand(build, batch, choices, without_noise):
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
    found = model.terms(qoi, observation, choices())
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6, msg=name)


def test_svae_encodes_the_observation_and_explains_the_qoi(build, batch, choices, without_noise):
    model = build("sVAE")
    qoi, observation = batch
    mu, _, head = model.autoencoder.encoder(observation).unbind(1)
    decoded = model.autoencoder.decoder(head.clamp(max=0).exp() * mu)
    found = model.terms(qoi, observation, choices())["reconstruction_qoi"]
    torch.testing.assert_close(found, 0.5 * (decoded - qoi).square().sum((1, 2, 3)))


def test_inversion_is_decoder_after_map_after_encoder(build, batch, without_noise, paired_name):
    """Section 3.1: the QoI encoder takes no part."""
    model = build(paired_name)
    expected = model.qoi.decoder(model.infer(batch[1]).rsample())
    with torch.no_grad():
        for parameter in model.qoi.encoder.parameters():
            parameter.fill_(float("nan"))
    torch.testing.assert_close(model.reconstruct(batch[1]), expected)


def mapping_gradients(model, batch, choices):
    """Which parts the terms of the mapping loss train."""
    model.zero_grad(set_to_none=True)
    terms = model.terms(*batch, choices, seeded())
    sum(terms[name].sum() for name in ("mapping", "gate_entropy") if name in terms).backward()
    parts = {
        "map": model.map,
        "qoi encoder": model.qoi.encoder,
        "qoi decoder": model.qoi.decoder,
        "observation encoder": model.observation.encoder,
        "observation decoder": model.observation.decoder,
    }
    moved = {
        name: any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())
        for name, part in parts.items()
    }
    return {name for name, yes in moved.items() if yes}


@pytest.mark.parametrize(
    ("gradient", "trained"),
    [
        ("both", {"map", "qoi encoder", "observation encoder"}),
        ("observation", {"map", "observation encoder"}),
        ("map", {"map"}),
    ],
)
def test_the_mapping_loss_trains_what_its_setting_says(build, batch, choices, paired_name, gradient, trained):
    assert mapping_gradients(build(paired_name), batch, choices(mapping_gradient=gradient)) == trained


@pytest.mark.parametrize(
    ("gradient", "trained"),
    [("both", {"map", "qoi decoder", "observation encoder"}), ("map", {"map", "qoi decoder"})],
)
def test_a_mapping_loss_on_images_trains_the_decoder_and_no_qoi_encoder(build, batch, choices, gradient, trained):
    """Eq. 14 compares images and never looks at the code of x."""
    options = choices(mapping_gradient=gradient, mapping_space="image")
    assert mapping_gradients(build("PAIR"), batch, options) == trained


@pytest.mark.parametrize("name", ["vPAIR", "vsPAIR"])
def test_distributions_are_mapped_on_their_parameters_whatever_the_deterministic_pair_does(build, batch, choices, name):
    """Eq. 16 leaves nothing open: the setting is PAIR's alone, in values and in gradients."""
    found = [build(name).terms(*batch, choices(mapping_space=space), seeded()) for space in ("latent", "image")]
    torch.testing.assert_close(*found, rtol=0, atol=0)
    trained = mapping_gradients(build(name), batch, choices(mapping_space="image"))
    assert trained == {"map", "qoi encoder", "observation encoder"}


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_mapping_loss_on_images_is_the_error_of_the_reconstruction(build, batch, choices, reduction):
    model = build("PAIR")
    found = model.terms(*batch, choices(mapping_space="image", mapping_reduction=reduction))["mapping"]
    error = (model.reconstruct(batch[1]) - batch[0]) ** 2
    torch.testing.assert_close(found.detach(), error.flatten(1).sum(1) / (1 if reduction == "sum" else 64))

"""Latent maps trained on a linear-Gaussian problem, against the closed forms of Theorems 1 and 2."""

import pandas as pd
import torch

from vspair.config import Theory
from vspair.devices import configure
from vspair.distributions import LinearGaussian
from vspair.files import whole
from vspair.models.toy import OBJECTIVES, AffineObservationEncoder, leverage
from vspair.provenance import recorded
from vspair.reporting.theory import EXACT, entries_frame
from vspair.training import generator_for
from vspair.training.toy import fit_map

with recorded(snakemake) as job:
    settings = Theory.model_validate(job.configuration["theory"])
    configure("cpu", snakemake.threads)
    start, noise, fresh = (generator_for("cpu", job.seed, use) for use in ("initialisation", "noise", "evaluation"))
    problem = LinearGaussian.drawn(
        settings.qoi, settings.observation, settings.latent_x, settings.noise, settings.spread, start
    )
    encoder = AffineObservationEncoder(settings.observation, settings.latent_y, start)
    qoi, observation = problem.pairs(settings.pairs, noise)
    encoded = problem.encoder(qoi)
    draws = encoded.sample(noise)

    _, new = problem.pairs(settings.observations, fresh)
    exact = problem.latent_posterior(new)
    qoi_given_y = problem.posterior(new[0]).sample(fresh, (settings.samples,))
    samples = {EXACT: problem.encoder(qoi_given_y).sample(fresh)}
    entries = []
    for name, objective in OBJECTIVES.items():
        model = objective(settings.latent_y, settings.latent_x)
        fit_map(model, encoder(observation), encoded, draws, settings.iterations)
        with torch.inference_mode():
            mapped, first = model(encoder(new)), model(encoder(new[:1]))
        samples[name] = first.sample(fresh, (settings.samples,)).squeeze(1)
        limit = model.limit(problem, new)
        errors = model.standard_errors(problem, new, leverage(observation, new))
        for quantity, error in zip(("mean", "covariance"), errors, strict=True):
            laws = {"closed_form": exact, "limit": limit, "trained": mapped}
            values = {column: getattr(law, quantity).numpy() for column, law in laws.items()}
            frame = entries_frame(quantity, values | {"standard_error": error.numpy()})
            entries.append(frame.assign(objective=name))

    with whole(snakemake.output.entries) as temporary:
        table = pd.concat(entries)
        table.insert(0, "objective", table.pop("objective"))
        table.to_csv(temporary, index=False, float_format="%.10g")
    with whole(snakemake.output.samples) as temporary:
        columns = [f"z{latent + 1}" for latent in range(settings.latent_x)]
        parts = [pd.DataFrame(z.numpy(), columns=columns).assign(source=source) for source, z in samples.items()]
        pd.concat(parts).to_csv(temporary, index=False, float_format="%.8g")

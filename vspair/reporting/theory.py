"""Trained latent maps against the closed forms of Theorems 1 and 2: tidy numbers, a summary and a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.errors import VspairError
from vspair.metrics import read_numbers
from vspair.reporting.style import COLOURS, STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABELS = {"eq16": "map trained by Eq. 16", "likelihood": "map trained by likelihood of draws"}
COLOUR = dict(zip(LABELS, (COLOURS[1], COLOURS[0]), strict=True))
MARKER = dict(zip(LABELS, ("x", "o"), strict=True))
EXACT = "generative"
"""Source of the draws that no map made: x ~ p(x | y), then z_x ~ q(z_x | x)."""

NUMBERS = ("closed_form", "limit", "trained", "standard_error")
"""Columns of an entry."""

ANEW = "it was edited or damaged; delete it and run the same command again"

LEVEL = 0.95
DRAWS_SHOWN = 400
DRAWS = "0.75"


def entries_frame(quantity: str, values: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """One line per observation and entry of a mean or of the lower triangle of a covariance.

    Arguments:
        quantity: `mean` or `covariance`.
        values: column -> array of shape (observations, latent) for means, (observations, latent, latent) for
            covariances, or what broadcasts to the first of them.

    Returns:
        Columns `observation`, `quantity`, `entry` (`z1`, or `z2 z1` for a covariance) and those of `values`.
    """
    arrays = dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))
    observations, latent = next(iter(arrays.values())).shape[:2]
    if quantity == "covariance":
        rows, columns = np.tril_indices(latent)
        arrays = {name: array[:, rows, columns] for name, array in arrays.items()}
        names = [f"z{row + 1} z{column + 1}" for row, column in zip(rows, columns, strict=True)]
    else:
        names = [f"z{row + 1}" for row in range(latent)]
    return pd.DataFrame(
        {
            "observation": np.repeat(np.arange(observations), len(names)),
            "quantity": quantity,
            "entry": np.tile(names, observations),
            **{name: array.ravel() for name, array in arrays.items()},
        }
    )


def read_entries(path: Path | str, observations: int, latent: int) -> pd.DataFrame:
    """The entries that the theory's job wrote, all of them.

    Arguments:
        path: the file.
        observations, latent: of the configuration.

    Raises:
        VspairError: a line is missing or there twice, or a value is missing or not finite.
    """
    each = latent + latent * (latent + 1) // 2
    read_numbers(path, NUMBERS, len(LABELS) * observations * each)
    return _named(path, ["objective", "observation", "quantity", "entry"])


def read_samples(path: Path | str, samples: int, latent: int) -> pd.DataFrame:
    """The draws that the theory's job wrote, `samples` of each source; otherwise as `read_entries`."""
    read_numbers(path, [f"z{number + 1}" for number in range(latent)], samples * len((EXACT, *LABELS)))
    frame = pd.read_csv(path)
    if frame["source"].value_counts().to_dict() != dict.fromkeys((EXACT, *LABELS), samples):
        raise VspairError(f"expected {samples} draws of each source in {path}, found others: {ANEW}")
    return frame


def _named(path: Path | str, names: Sequence[str]) -> pd.DataFrame:
    frame = pd.read_csv(path)
    if frame[names].isna().any(axis=None) or frame.duplicated(names).any():
        raise VspairError(f"expected {', '.join(names)} to name each line of {path}, found a line twice: {ANEW}")
    return frame


def moments(entries: pd.DataFrame, observation: int, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean (latent,) and covariance (latent, latent) at one observation, from one column of one map's entries."""
    chosen = entries[entries["observation"] == observation].set_index("quantity")[column]
    mean = chosen.loc["mean"].to_numpy()
    covariance = np.zeros((len(mean), len(mean)))
    covariance[np.tril_indices(len(mean))] = chosen.loc["covariance"].to_numpy()
    return mean, covariance + np.tril(covariance, -1).T


def squared_distances(values: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Squared Mahalanobis distances (n,) of values (n, latent) from N(mean, covariance)."""
    deviations = values - mean
    return np.einsum("ni,in->n", deviations, np.linalg.solve(covariance, deviations.T))


def agreement(entries: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """How well each map meets the closed forms, one line per measure: `objective`, `measure`, `value` and `ideal`.

    - `mean_error`: root mean square of (trained - Eq. 18) / standard error, over observations and latents;
    - `covariance_error`: Frobenius norm of (trained - Eq. 19) over that of Eq. 19, largest over observations;
    - `limit_error`: the same for what the objective leads to with endless pairs, in the place of Eq. 19;
    - `variance_ratio`: trace of the trained covariance over that of Eq. 19, mean over observations;
    - `coverage`: share of the generative draws for the first observation inside the map's 95 % ellipsoid;
    - `p_value`: of a Kolmogorov-Smirnov test that the map's own draws have squared Mahalanobis distances from the
      closed form q(z_x | y) that are chi-square (Theorem 2).

    Arguments:
        entries: from `entries_frame`, both quantities, with `objective`, `closed_form`, `limit`, `trained` and
            `standard_error`.
        samples: draws for observation 0: `source` (an objective, or `generative`) and one column per latent.
    """
    from scipy.stats import chi2, kstest

    draws = {source: part.drop(columns="source").to_numpy() for source, part in samples.groupby("source")}
    lines = []
    for objective, part in entries.groupby("objective", sort=False):
        deviations = part["trained"] - part["closed_form"]
        means = part["quantity"] == "mean"
        trained, exact, limit = (_covariances(part, column) for column in ("trained", "closed_form", "limit"))
        freedom = trained.shape[-1]
        inside = squared_distances(draws[EXACT], *moments(part, 0, "trained")) <= chi2.ppf(LEVEL, freedom)
        own = squared_distances(draws[objective], *moments(part, 0, "closed_form"))
        measures = {
            "mean_error": (np.sqrt(((deviations / part["standard_error"])[means] ** 2).mean()), 1.0),
            "covariance_error": (_distance(trained, exact), 0.0),
            "limit_error": (_distance(trained, limit), 0.0),
            "variance_ratio": ((np.trace(trained, axis1=1, axis2=2) / np.trace(exact, axis1=1, axis2=2)).mean(), 1.0),
            "coverage": (inside.mean(), LEVEL),
            "p_value": (kstest(own, chi2(freedom).cdf).pvalue, None),
        }
        lines += [(objective, measure, value, ideal) for measure, (value, ideal) in measures.items()]
    return pd.DataFrame(lines, columns=["objective", "measure", "value", "ideal"])


def _covariances(entries: pd.DataFrame, column: str) -> np.ndarray:
    """All covariances of one map, shape (observations, latent, latent)."""
    return np.array([moments(entries, observation, column)[1] for observation in entries["observation"].unique()])


def _distance(covariances: np.ndarray, truth: np.ndarray) -> float:
    norms = np.linalg.norm(covariances - truth, axis=(1, 2)) / np.linalg.norm(truth, axis=(1, 2))
    return norms.max()


def theory_figure(entries: pd.DataFrame, samples: pd.DataFrame) -> "Figure":
    """Three panels: mapped means against Eq. 18, mapped covariances against Eq. 19, draws for one observation.

    Arguments:
        entries, samples: as for `agreement`.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.7), layout="constrained")
        mean, covariance, draws = figure.subplots(1, 3)
        _identity(mean, entries[entries["quantity"] == "mean"])
        mean.set(xlabel="$E[z_{x,j}\\,|\\,y]$, closed form (Eq. 18)", ylabel="mean predicted by the map")
        _identity(covariance, entries[entries["quantity"] == "covariance"])
        covariance.set(xlabel="$\\mathrm{Cov}[z_{x,i}, z_{x,j}\\,|\\,y]$, closed form (Eq. 19)")
        covariance.set(ylabel="covariance predicted by the map")
        _ellipses(draws, entries, samples)
        titles = ("(a) means, many $y$", "(b) covariances, many $y$", "(c) one $y$: 95 % ellipses")
        for axis, title in zip((mean, covariance, draws), titles, strict=True):
            axis.set_title(title, loc="left")
        maps = [
            Line2D([], [], color=COLOUR[name], marker=MARKER[name], markersize=4, markerfacecolor="none", label=label)
            for name, label in LABELS.items()
        ]
        exact = Line2D([], [], color="black", linestyle="--", label="closed form")
        drawn = Line2D([], [], color=DRAWS, marker=".", linestyle="none", label="true posterior draws")
        figure.legend(handles=[*maps, exact, drawn], loc="outside upper center", ncols=4, frameon=False)
    return figure


def _identity(axis: "Axes", entries: pd.DataFrame) -> None:
    for name, part in entries.groupby("objective", sort=False):
        axis.plot(
            part["closed_form"],
            part["trained"],
            MARKER[name],
            color=COLOUR[name],
            markersize=4,
            markerfacecolor="none",
            label=name,
        )
    axis.axline((0, 0), slope=1, color="black", linestyle="--", linewidth=1, zorder=0)


def _ellipses(axis: "Axes", entries: pd.DataFrame, samples: pd.DataFrame) -> None:
    """Draws of the first two latents for observation 0, and what should hold 95 % of them."""
    shown = samples.loc[samples["source"] == EXACT, ["z1", "z2"]].head(DRAWS_SHOWN)
    axis.plot(shown["z1"], shown["z2"], ".", color=DRAWS, markersize=2, zorder=0)
    laws = {name: moments(part, 0, "trained") for name, part in entries.groupby("objective", sort=False)}
    for name, (mean, covariance) in laws.items():
        axis.plot(*ellipse(mean[:2], covariance[:2, :2]), color=COLOUR[name], label=name)
    mean, covariance = moments(entries[entries["objective"] == next(iter(laws))], 0, "closed_form")
    axis.plot(*ellipse(mean[:2], covariance[:2, :2]), color="black", linestyle="--", label="closed form")
    axis.set(xlabel="latent $z_{x,1}$ given one $y$", ylabel="latent $z_{x,2}$ given the same $y$")


def ellipse(mean: np.ndarray, covariance: np.ndarray, level: float = LEVEL) -> np.ndarray:
    """Outline, shape (2, 200), of the ellipse that holds a share `level` of N(mean, covariance) in two dimensions."""
    angle = np.linspace(0, 2 * np.pi, 200)
    # Chi-square with two degrees of freedom has the quantile -2 log(1 - level).
    radius = np.sqrt(-2 * np.log(1 - level))
    return mean[:, None] + radius * np.linalg.cholesky(covariance) @ np.stack([np.cos(angle), np.sin(angle)])

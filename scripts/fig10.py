"""Figure 10: posterior mean and pixel-wise variance of vsPAIR under variable noise."""

from pathlib import Path

from vspair.data import read_pairs
from vspair.files import whole
from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting.overlays import overlay_figure
from vspair.reporting.printed import of_image, printed
from vspair.reporting.reconstructions import Reconstructed
from vspair.reporting.style import save_figure
from vspair.written import read_arrays

with recorded(snakemake) as job:
    chosen = list(job.configuration["tomography.figures.overlays"])
    test = read_pairs(Path(snakemake.input.pairs[0])).test
    metrics = read_images(snakemake.input.images[0], None, len(test)).iloc[chosen]
    moments = read_arrays(snakemake.input.moments[0], ("mean", "variance"), chosen)
    mean, variance = (moments[name][:, 0] for name in ("mean", "variance"))
    metrics.insert(0, "case", range(len(chosen)))
    with whole(snakemake.output.csv) as temporary:
        metrics.to_csv(temporary, index=False)
    inputs = [[snakemake.input.images[0]]] * len(chosen)
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["case"], inputs, of_image(metrics, ["case"])))
    figure = overlay_figure(
        [f"Poisson\n+ {level:.1f} %" for level in metrics["level"]],
        test.observation[chosen, 0],
        test.qoi[chosen, 0],
        Reconstructed(mean, metrics["psnr_mean"].to_numpy(), metrics["ssim_mean"].to_numpy()),
        variance,
        job.configuration["tomography.figures.window"],
        "pixel-wise variance of the samples (squared normalised attenuation)",
        ("sinogram", "truth"),
    )
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))

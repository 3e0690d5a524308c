"""Posterior samples for two observations: methods and closed form (Piening and Chung, Table 4)."""

from pathlib import Path

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.couplings import posterior_figure, read_points
from vspair.reporting.printed import printed
from vspair.reporting.style import save_figure

with recorded(snakemake) as job:
    path, methods = snakemake.input.points, snakemake.params.methods
    points = read_points(path, ["y", "x0", "x1"], ["stack", "observation", "source"])
    points = points[points["stack"].isin(list(methods.values()))].reset_index(drop=True)
    names = ["stack", "observation", "source"]
    points.insert(0, "sample", points.groupby(names).cumcount())
    with whole(snakemake.output.csv) as temporary:
        points.to_csv(temporary, index=False, float_format="%.8g")
    # Of the numbers only y is printed, once above each panel; the points are drawn.
    sources = [[path] if sample == 0 else [] for sample in points["sample"]]
    keys = {"y": "y of {source} in {stack}, observation {observation}"}
    noted = printed(snakemake.output.csv, [*names, "sample"], sources, keys)
    job.annotate(snakemake.output.csv, noted)
    save_figure(posterior_figure(points, methods), Path(snakemake.output.png).with_suffix(""))

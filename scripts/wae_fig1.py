"""The learned map on the sphere beside the minibatch optimal-transport map (Piening and Chung, Table 1, right)."""

from pathlib import Path

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.couplings import IMAGES, POINTS, read_points, sphere_figure
from vspair.reporting.printed import printed
from vspair.reporting.style import save_figure

MAPS = {"learned": "learned map", "minibatch": "minibatch optimal transport"}

with recorded(snakemake) as job:
    path, stack = snakemake.input.points, snakemake.params.stack
    points = read_points(path, [*POINTS, *IMAGES], ["stack", "map"])
    points = points[points["stack"] == stack].reset_index(drop=True)
    points.insert(0, "point", points.groupby("map").cumcount())
    with whole(snakemake.output.csv) as temporary:
        points.to_csv(temporary, index=False, float_format="%.8g")
    # No number is printed: the points have names, so that one can ask for them.
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["map", "point"], [], {}))
    save_figure(sphere_figure(points, MAPS), Path(snakemake.output.png).with_suffix(""))

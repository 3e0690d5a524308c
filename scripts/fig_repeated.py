"""Coverage, bias and error of test images that were observed again and again, each method a row."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.repeated import NUMBERS, Row, read_maps, read_repeats, repeated_figure
from vspair.reporting.style import save_figure

with recorded(snakemake) as job:
    of, rows, lines, inputs = snakemake.params, [], [], []
    (images,) = (value for key, value in job.configuration.items() if key.endswith("evaluation.repeated.images"))
    runs = zip(of.runs, of.labels, snakemake.input.summaries, snakemake.input.maps, strict=True)
    for (method, data), label, summary, maps in runs:
        found = read_repeats(summary, images)
        facts = {key: found[key] for key in ("draws", "samples", "level")}
        for image, drawn in zip(images, read_maps(maps, len(images)), strict=True):
            numbers = found["images"][str(image)]
            place = f"\nimage {image}" if len(images) > 1 else ""
            rows.append(Row(label + place, drawn, numbers))
            lines.append({"method": method, "data": data, "image": image, **facts, **numbers})
            inputs.append([summary])
    with whole(snakemake.output.csv) as temporary:
        pd.DataFrame(lines).to_csv(temporary, index=False)
    keys = {name: f"images.{{image}}.{name}" for name in NUMBERS}
    noted = printed(snakemake.output.csv, ["method", "data", "image"], inputs, keys, "value")
    job.annotate(snakemake.output.csv, noted)
    window = job.configuration[of.window] if of.window else None
    figure = repeated_figure(rows, found["level"], window, of.unit)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))

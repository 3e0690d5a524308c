"""Every cell of every table, and every number printed in a figure, leads to its files, and these give the number."""

import json
import re
import zlib
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import yaml

from vspair.provenance.receipt.reading import read

COUNTED = {"table8"}
"""Tables counted from the code and the configuration, which no job wrote down before."""

PRINTED = {
    "fig4": lambda line: [f"{line.nonzero:.0f} of {line.latents:.0f} non-zero"],
    "fig5": lambda line: [f"latent {line.latent:.0f}", f"{line.sensitivity:.2g}", *_not_always(line.share_active)],
    "fig6": lambda line: [
        *(f"test image {line.image:.0f}", f"latent {line.latent:.0f}"),
        f"localisation ratio {line.search_ratio:.3g}",
    ],
    "fig7": lambda line: [
        f"r = {line.r:.2f} [{line.r_low:.2f}, {line.r_high:.2f}]",
        f"{line.median_ratio:.2g}",
        *([f"{line.without:.0f} of {line.images:.0f}"] if line.without else []),
    ],
    "fig8": lambda line: [
        *(f"median {line.consistent_ratio:#.3g}", f"mean {line.consistent_change:#.3g}"),
        f"{line.without:.0f} of {line.images:.0f}",
    ],
    "fig9": lambda line: [f"{abs(line.psnr):.1f}, {abs(line.ssim):.3f}"],
    "fig10": lambda line: [f"{abs(line.psnr_mean):.1f}, {abs(line.ssim_mean):.3f}", f"+ {line.level:.1f} %"],
    "fig11": lambda line: [
        f"latent {line.latent:.0f}, = {line.gate:.3f}, = {line.sd:#.3g}",
        f"{line.largest_pixel_variance:.2g}",
    ],
    "fig12": lambda line: [f"{line.mse:#.3g}", f"{line.nnz:#.3g}"] if line.seed == "all" else [],
}
"""Line of a figure's CSV -> texts in the figure, but for letters that are not ASCII's, such as a minus sign.

A figure that is not here prints ticks, settings and names only.
"""


def _not_always(share: float) -> list[str]:
    return [f"on in {share:.0%}"] if share < 1 else []


def recomputed(results: Path, note: dict) -> float:
    """A cell from what its receipt notes, as a reader would do it: mean over seeds of a CSV's mean or a JSON value."""
    values = []
    for name in note["inputs"]:
        if note["statistic"] in ("mean", "known mean"):
            values.append(pd.read_csv(results / name)[note["key"]].mean())
        else:
            value = json.loads((results / name).read_text())
            for part in note["key"].split("."):
                value = value[part]
            values.append(value)
    return pd.Series(values, dtype=float).mean()


def contradictions(results: Path, values: dict[str, float], cells: dict[str, dict]) -> list[str]:
    """Cells that their files do not give, to the eight digits of the tables."""
    return [
        cell
        for cell, note in cells.items()
        if note["statistic"] and values[cell] != pytest.approx(recomputed(results, note), rel=1e-7, nan_ok=True)
    ]


def noted(results: Path, file: str) -> dict:
    """What the receipt notes about a CSV."""
    return read((results / file).with_suffix(".receipt.json")).notes(file).model_dump(exclude_unset=True)


def of_table(results: Path, name: str) -> tuple[dict[str, float], dict[str, dict]]:
    """`row|column` -> value of all that was measured, and -> what the receipt notes."""
    frame = pd.read_csv(results / f"tables/{name}.csv")
    values = (frame["row"] + "|" + frame["column"]).to_frame("cell").assign(value=frame["value"])[frame["n"] > 0]
    return dict(values.itertuples(index=False)), noted(results, f"tables/{name}.csv").get("cells", {})


def of_figure(results: Path, name: str) -> tuple[pd.DataFrame, dict]:
    """Lines of a figure's CSV by their names, and what the receipt notes."""
    notes = noted(results, f"figures/{name}.csv")
    frame = pd.read_csv(results / f"figures/{name}.csv", dtype=str, keep_default_na=False)
    return frame.set_index(frame[notes["index"]].agg(" ".join, axis=1)), notes


def test_every_table_notes_where_each_of_its_cells_is_from(results, tables):
    """All tables of the folder: a new one without notes, or with a cell that has none, would be seen here."""
    names = sorted(path.stem for path in (results / "tables").glob("*.csv"))
    assert set(tables) <= set(names)
    for name in names:
        values, cells = of_table(results, name)
        assert set(cells) == set(values), name
        for cell, note in cells.items():
            assert note["key"], (name, cell)
            assert bool(note["inputs"]) is (name not in COUNTED), (name, cell)


def test_every_cell_that_can_be_worked_out_from_its_files_is_what_they_give(results, tables):
    for name in tables:
        values, cells = of_table(results, name)
        assert contradictions(results, values, cells) == [], name


def test_a_cell_that_is_simply_a_mean_says_so(results, tables):
    """An audit does not look at the others: a cell whose key is a plain column must not be among them."""
    for name in tables:
        for cell, note in of_table(results, name)[1].items():
            first = next((item for item in note["inputs"] if item.endswith(".csv")), None)
            if not note["statistic"] and first:
                assert note["key"] not in pd.read_csv(results / first, nrows=1), (name, cell)


@pytest.mark.parametrize(
    ("name", "cell", "fault"),
    [
        ("table3", "vsPAIR|mse", {"key": "mse30"}),
        ("table_ct", "LPD 10|psnr", {"key": "psnr_fixed"}),
        ("table_ct", "LPD 10|psnr", {"inputs": ["tomography/evaluations/LPD/noise0/seed0/images.csv"]}),
        ("table_uq", "vsPAIR|mace", {"key": "scaled.mace"}),
        ("table_fig12", "alpha0=1, beta0=1|nnz", {"key": "mse"}),
    ],
)
def test_a_wrong_key_or_file_is_contradicted_by_the_number(results, name, cell, fault):
    values, cells = of_table(results, name)
    assert contradictions(results, values, cells | {cell: cells[cell] | fault}) == [cell]


def test_published_numbers_are_led_to_the_table_where_they_stand(results, tables):
    """Row and column of each published number are in that table of the published file."""
    papers = (Path(__file__).parents[2] / "config/published").glob("*.yaml")
    published = {table: found for paper in papers for table, found in yaml.safe_load(paper.read_text()).items()}
    for name in tables:
        frame = pd.read_csv(results / f"tables/{name}.csv")
        for line in frame[frame["published"].notna()].itertuples():
            number, _ = published[noted(results, f"tables/{name}.csv")["published"]]["values"][line.row][line.column]
            assert number == line.published


def test_every_figure_names_its_lines_and_its_numbers_lead_to_files(results, figures):
    """All figures of the folder: one without notes, or with a note on a line or column that is not there, is seen."""
    names = sorted(path.stem for path in (results / "figures").glob("*.csv"))
    assert set(figures) <= set(names)
    for name in names:
        lines, notes = of_figure(results, name)
        assert lines.index.is_unique, name
        for cell, note in notes["cells"].items():
            assert lines.loc[tuple(cell.split("|"))] != "", (name, cell)
            assert note["key"], (name, cell)
            assert note["inputs"], (name, cell)


def test_every_number_of_a_figure_that_can_be_worked_out_is_what_its_files_give(results, figures):
    checked = 0
    for name in figures:
        lines, notes = of_figure(results, name)
        values = {cell: float(lines.loc[tuple(cell.split("|"))]) for cell in notes["cells"]}
        assert contradictions(results, values, notes["cells"]) == [], name
        checked += sum(bool(note["statistic"]) for note in notes["cells"].values())
    assert checked > 0


@pytest.mark.parametrize("name", ["fig3", "fig9", "fig10"])
def test_the_numbers_of_single_images_stand_in_the_lines_of_these_images(results, name):
    """Another image's line, or another noise level's file, would be seen here."""
    lines, notes = of_figure(results, name)
    for cell, note in notes["cells"].items():
        column, image = re.fullmatch(r"(\w+) of image (\d+)", note["key"]).groups()
        (file,) = note["inputs"]
        expected = pd.read_csv(results / file).set_index("image").loc[int(image), column]
        assert float(lines.loc[tuple(cell.split("|"))]) == pytest.approx(expected, rel=1e-12), cell


@pytest.mark.parametrize("name", PRINTED)
def test_what_a_figure_prints_is_what_its_csv_holds(results, name):
    """Texts of the PDF against the CSV: a number that is printed from elsewhere, or noted in no line, is seen."""
    lines, notes = of_figure(results, name)
    shown = lines.loc[list(dict.fromkeys(cell.split("|")[0] for cell in notes["cells"]))]
    texts = pdf_texts(results / f"figures/{name}.pdf")
    expected = Counter(_bare(text) for line in shown.map(_number).itertuples() for text in PRINTED[name](line))
    if name == "fig6":
        # One text for the lines of all levels.
        expected = Counter(dict.fromkeys(expected, 1))
    assert expected
    for text, count in expected.items():
        assert sum(found.count(text) for found in texts) >= count, text


def test_a_number_that_a_figure_does_not_print_is_missed(results):
    """The texts are really those of the figure: another value of the last digit is not among them."""
    lines, _ = of_figure(results, "fig9")
    line = lines.iloc[0]
    texts = pdf_texts(results / "figures/fig9.pdf")
    right, wrong = (_bare(f"{abs(float(line['psnr']) + off):.1f}, {abs(float(line['ssim'])):.3f}") for off in (0, 0.1))
    assert right in texts
    assert wrong not in texts


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def pdf_texts(path: Path) -> list[str]:
    """Texts of a PDF by Matplotlib in the order drawn, without blanks and without other letters than ASCII's."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", path.read_bytes(), re.DOTALL)
    # Matplotlib compresses what is drawn; the fonts are streams as well, and hold no text.
    drawn = [zlib.decompressobj().decompress(stream) for stream in streams if stream.startswith(b"x")]
    blocks = [block for stream in drawn for block in re.findall(rb"BT\n(.*?)ET\n", stream, re.DOTALL)]
    parts = [b"".join(re.findall(rb"\(((?:\\.|[^\\()])*)\)", block, re.DOTALL)) for block in blocks]
    return [_bare(part.replace(b"\\", b"").decode("latin-1")) for part in parts]


def _bare(text: str) -> str:
    return re.sub(r"[^!-~]", "", text)

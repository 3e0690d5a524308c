"""Kinds of methods: found by name alone, each with its own settings, weights and sizes."""

import subprocess
import sys
from itertools import pairwise
from pkgutil import resolve_name

import pytest
import torch

from vspair.errors import VspairError
from vspair.models import kinds
from vspair.models.build import build as built
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.problems.configuration import resolve

BEHIND_FBP = {"UNetEnsemble", "QuantileUNet", "PhysicalCVAE", "PhysicalFlow"}
PROPERTIES = {
    "physical": {"FBP", "TV", "LPD", "UNet", *BEHIND_FBP},
    "probabilistic": {"vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble", "Flow", *BEHIND_FBP},
    "latent": {"vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "PhysicalCVAE"},
    "baseline": {"vsPAIRplus", "CVAE", "Ensemble", "Flow", "TV", "UNet", *BEHIND_FBP},
    "seeded": {"PAIR", "vPAIR", "sVAE", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble", "Flow", "LPD", "UNet", *BEHIND_FBP},
}
PROPERTIES["learns"] = {"TV", *PROPERTIES["seeded"]}
QOI = {"reconstruction_qoi": 1.2, "kl_qoi": 1.2 * 0.9, "kl_slab_qoi": 1.2 * 0.9, "kl_gate_qoi": 1.2 * 0.9}
EQUATION_15 = {
    **QOI,
    **{"reconstruction_observation": 0.5, "kl_observation": 0.5 * 0.1},
    **{
        "mapping": 0.8,
        "mapping_slab": 0.8,
        "mapping_gate": 0.8,
        "gate_entropy": 0.8 * 0.05,
        "hyperprior": 1.4,
        "velocity": 1.2,
    },
}
"""Factor of each term with the weights of tests/conftest.py."""

TABLE_8 = {"PAIR": 687_042, "vPAIR": 899_490, "sVAE": 9_979_106, "vsPAIR": 13_067_043}
MAPS = {"PAIR": 1_056, "vPAIR": 12_736, "vsPAIR": 2_644_560}

ALONE = """
import sys
from vspair.models.kinds import all_settings, model_path, settings_of
settings_of({"kind": "FBP", "filter": "hann", "cutoff": 1.0})
print(*(name for name in sys.modules if name.startswith("vspair.models.") and name.endswith(".settings")))
all_settings()
print(*({"torch", "scipy"} & set(sys.modules)))
"""


def encoder(outputs, inputs=1, widths=(16, 32, 64), features=3_136):
    """Parameters of Table 6's encoder with so many linear outputs, layer by layer; 3,136 = 64 x 7 x 7 features."""
    blocks = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b for a, b in pairwise(widths))
    return (9 * inputs * 16 + 16) + blocks + (features * outputs + outputs)


def decoder(latent, widths=(16, 32, 64), features=3_136):
    """Parameters of Table 7's decoder, layer by layer."""
    blocks = sum(9 * a * a + 2 * a + 9 * a * b for b, a in pairwise(widths))
    return (latent * features + features) + blocks + (9 * 16 + 1)


def velocity(first, second, inputs=2, clock=16, patch=4):
    """Parameters of a velocity's U-Net of two widths, layer by layer; each block is told the time in 4 x first."""
    told = 4 * first

    def block(before, after):
        skip = before * after + after if before != after else 0
        return (9 * before * after + after) + (told * 2 * after + 2 * after) + (9 * after * after + after) + skip

    time = (clock * told + told) + (told * told + told)
    levels = block(first, first) + block(first, second) + 9 * second * first + block(2 * first, first)
    mixing = told * inputs + inputs
    return time + (9 * inputs * patch * first + first) + levels + (9 * first * patch + patch) + mixing


def conditional_decoder(latent, widths=(16, 32, 64), features=3_136, outputs=2):
    """Parameters of a decoder that is told an image of one channel, layer by layer."""
    down = sum(9 * a * b + 2 * b + 9 * b * b + 2 * b for a, b in pairwise(widths))
    up = sum(9 * (2 * a) ** 2 + 2 * 2 * a + 9 * 2 * a * b for b, a in pairwise(widths))
    image = (9 * 2 * 16 * 16 + 16) + (9 * 16 * outputs + outputs)
    return (9 * 16 + 16) + down + (latent * features + features) + up + image


def parameter_map(inputs, outputs, hidden):
    """Parameters of D.1.1's MLP, layer by layer."""
    return (inputs * hidden + hidden) + (hidden * hidden + hidden) + 2 * 2 * hidden + (hidden * outputs + outputs)


BY_FORMULA = {
    "PAIR": 2 * (encoder(32) + decoder(32)) + MAPS["PAIR"],
    "vPAIR": 2 * (encoder(2 * 32) + decoder(32)) + MAPS["vPAIR"],
    "sVAE": encoder(3 * 784) + decoder(784) + 1,
    "vsPAIR": encoder(3 * 784) + decoder(784) + encoder(2 * 32) + decoder(32) + MAPS["vsPAIR"] + 1,
    "vsPAIRplus": encoder(3 * 64, inputs=2)
    + conditional_decoder(64)
    + (encoder(2 * 64) + decoder(64) + parameter_map(2 * 64, 3 * 64, 256) + 1),
    "CVAE": encoder(2 * 32, inputs=2) + encoder(3 * 32) + decoder(2 * 32),
    "Ensemble": 5 * (encoder(32) + decoder(32)),
    "Flow": velocity(64, 128),
}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def paper(root):
    return resolve(root, {"preset": "paper"})


def on_meta(settings, qoi, observation):
    with torch.device("meta"):
        return built(settings, {"qoi_shape": qoi, "observation_shape": observation})


def test_sixteen_kinds_are_found_with_their_classes_and_properties():
    found = kinds.all_settings()
    assert set(found) == {"PAIR", *PROPERTIES["probabilistic"], *PROPERTIES["physical"]}
    for kind, settings in found.items():
        assert resolve_name(kinds.settings_path(kind)) is settings
        assert resolve_name(kinds.model_path(kind)).__name__ == kind
    for name, those in PROPERTIES.items():
        assert {kind for kind, settings in found.items() if getattr(settings, name)} == those, name


def test_one_kind_is_loaded_alone_and_planning_loads_no_torch():
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["vspair.models.fbp.settings", ""]


def test_factors_are_those_of_equation_15_for_the_terms_of_the_kind(settings, model_name, term_names):
    expected = {name: EQUATION_15[name] for name in term_names[model_name]}
    assert settings(model_name).factors() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("kind", "factors"),
    [
        *((kind, {"reconstruction_qoi": 1.2}) for kind in ("LPD", "UNet", "UNetEnsemble")),
        ("QuantileUNet", {"reconstruction_qoi": 1.2, "quantiles": 1.7}),
        ("PhysicalCVAE", {"reconstruction_qoi": 1.2, "kl_qoi": 1.2 * 0.9}),
        ("PhysicalFlow", {"velocity": 1.2}),
    ],
)
def test_a_method_that_knows_the_operator_has_these_factors(settings, kind, factors):
    assert settings(kind).factors() == pytest.approx(factors)


def test_the_formulas_give_table_8():
    assert {name: BY_FORMULA[name] for name in TABLE_8} == TABLE_8


def test_the_parameter_counts_are_those_of_table_8_and_of_the_formulas(paper, model_name):
    problem = paper.inpainting
    model = on_meta(problem.methods[model_name], *problem.shapes())
    assert count(model) == BY_FORMULA[model_name]
    if model_name in MAPS:
        assert count(model.map) == MAPS[model_name]


@pytest.mark.parametrize("name", ["vsPAIR", "vsPAIR_sparse"])
def test_the_wide_pair_has_the_parts_of_tables_10_and_11(paper, name):
    """15,488 = 128 x 11 x 11 and 63,488 = 128 x 31 x 16 features; on the meta device, without memory."""
    model = on_meta(paper.tomography.methods[name], *paper.tomography.shapes())
    widths = (16, 32, 64, 128)
    counts = {
        model.qoi.encoder: encoder(3 * 8_192, 1, widths, 15_488),
        model.qoi.decoder: decoder(8_192, widths, 15_488),
        model.observation.encoder: encoder(2 * 2_048, 1, widths, 63_488),
        model.observation.decoder: decoder(2_048, widths, 63_488),
        model.map: 4_096 * 24_576 + 24_576,
        model.prior: 1,
    }
    assert [count(part) for part in counts] == list(counts.values())
    assert count(model) == sum(counts.values()) == 999_541_091
    assert model.qoi.decoder.expand[1].unflattened_size == (128, 11, 11)


def test_the_learned_primal_dual_of_the_settings_has_the_size_of_deviation_e8(paper):
    """The operator has no weights, so a tiny one will do."""
    operator = RayTransform(Scan(pixels=16, enlarged=16, angles=6, bins=9).full())
    assert count(built(paper.tomography.methods["LPD"], {"operator": operator})) == 251_980


def test_images_that_cannot_be_halved_are_refused_and_vectors_never(settings, model_name):
    chosen = settings(model_name, channels=[4, 8, 8])
    chosen.require_fit((3, 8, 8), (2, 8, 8))
    if model_name != "vsPAIRplus":
        chosen.require_fit((7,), (5,))
    # A flow sees patches of two by two pixels.
    halvings = 3 if model_name == "Flow" else 2
    with pytest.raises(ValueError, match=rf"the \w+ {halvings} times, but 8x6 is not divisible by {2**halvings}"):
        chosen.require_fit((1, 8, 6), (1, 8, 6))
    with pytest.raises(ValueError, match=r"of shape \(n,\) or \(channels, height, width\), found \(8, 8\)"):
        chosen.require_fit((8, 8), (8, 8))


@pytest.mark.parametrize("other", [(1, 8, 12), (8,)])
def test_what_cannot_be_stacked_is_refused_by_the_kind_that_stacks(settings, model_name, other):
    chosen = settings(model_name)
    if model_name in ("CVAE", "Flow"):
        with pytest.raises(ValueError, match=rf"{model_name} stacks .* or two vectors, found \(1, 8, 8\) and \("):
            chosen.require_fit((1, 8, 8), other)
    elif model_name == "vsPAIRplus":
        with pytest.raises(ValueError, match=r"vsPAIRplus joins .* of one height and width, found \(1, 8, 8\) and \("):
            chosen.require_fit((1, 8, 8), other)
    else:
        chosen.require_fit((1, 8, 8), other)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A package outside the project with one kind, installed under a name of an entry point."""

    def elsewhere(kind, point):
        package = tmp_path / "nearest"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "settings.py").write_text(
            "from typing import Literal\nfrom vspair.models.method import Method\n"
            f"class Settings(Method):\n    kind: Literal[{kind!r}]\n    neighbours: int\n"
        )
        (package / "model.py").write_text(
            "from torch import nn\n"
            f"class {kind}(nn.Module):\n    def __init__(self, qoi_shape, observation_shape, neighbours):\n"
            "        super().__init__()\n        self.given = qoi_shape, observation_shape, neighbours\n"
        )
        installed = tmp_path / "nearest-1.0.dist-info"
        installed.mkdir()
        (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: nearest\nVersion: 1.0\n")
        (installed / "entry_points.txt").write_text(f"[vspair.kinds]\n{point} = nearest\n")
        monkeypatch.syspath_prepend(tmp_path)
        for name in ("nearest", "nearest.settings", "nearest.model"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        # The kinds that are installed are looked up once in a process.
        monkeypatch.setattr(kinds, "from_elsewhere", kinds.from_elsewhere.__wrapped__)
        return kinds.all_settings.__wrapped__

    return elsewhere


def test_a_kind_of_another_package_is_found_by_its_entry_point(elsewhere):
    assert "Nearest" in elsewhere("Nearest", "Nearest")()
    settings = kinds.settings_of({"kind": "Nearest", "neighbours": 3})
    model = built(settings, {"qoi_shape": (4,), "observation_shape": (2,)})
    assert model.given == ((4,), (2,), 3)


@pytest.mark.parametrize(
    ("kind", "point", "sentence"),
    [
        ("Nearest", "Other", "entry point Other of vspair.kinds to be called after its kind, .* nearest is the kind N"),
        ("FBP", "FBP", "expected one kind called FBP, found vspair.models.fbp.settings and nearest: rename one"),
    ],
)
def test_names_that_do_not_agree_are_refused(elsewhere, kind, point, sentence):
    with pytest.raises(VspairError, match=sentence):
        elsewhere(kind, point)()

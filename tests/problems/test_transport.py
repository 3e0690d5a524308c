"""Transport: what its settings refuse, what it draws, and that a stack is what its name says."""

from pathlib import Path

import pytest
import torch

from vspair.errors import VspairError
from vspair.problems.configuration import resolve
from vspair.problems.transport.draws import drawn, read_samples, read_truths, write_draws
from vspair.problems.transport.jobs import stack
from vspair.problems.transport.scores import Exact, plane_scores
from vspair.problems.transport.settings import Scores
from vspair.problems.transport.stacks import draw_of, drawing_keys, settled, training_keys
from vspair.training.stacked import Stack

ROOT = Path(__file__).parents[2]
TRIED = {"geodesic": {"of": "sphere.10+10", "label": "geodesic", "set": {"sphere.cost": "geodesic"}}}


def settings(**changes):
    return resolve(ROOT, {"preset": "demo", "transport": changes})


def values(keys, **changes):
    found = settings(**changes).select([f"transport.{key}" for key in keys])
    return {key.removeprefix("transport."): value for key, value in found.items()}


@pytest.fixture(scope="module")
def mixtures(tmp_path_factory):
    path = tmp_path_factory.mktemp("transport") / "usual.safetensors"
    write_draws(path, drawn(values(drawing_keys("usual")), "usual"))
    return path


def built(name, mixtures, **changes):
    choices = settings(**changes).transport.choices.runs
    return stack(values(training_keys(name, choices), **changes), name, mixtures)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"mixtures": {"spread": [0.2, 0.1]}}, "spread must state the least first"),
        ({"plane": {"beta": 3}}, "beta must be one of betas"),
        ({"seeds": [1, 1]}, "seeds must be distinct"),
        ({"sphere": {"cost": "cosine"}}, "transport.sphere.cost"),
        ({"methods": {"PAIR": {"kind": "PAIR"}}}, "transport.methods"),
        ({"choices": {"runs": {"x": {"of": "plane.none", "label": "x", "set": {}}}}}, "must be a stack such as"),
        ({"choices": {"runs": {"x": {"of": "sphere.1+x", "label": "x", "set": {}}}}}, "must be a stack such as"),
        ({"choices": {"runs": {"x": {"of": "plane.cvae.0", "label": "x", "set": {}}}}}, "must be a stack such as"),
        (
            {"choices": {"runs": {"x": {"of": "plane.wae", "label": "x", "set": {"training.epochs": 1}}}}},
            "it may change settings of",
        ),
        (
            {"choices": {"runs": {"x": {"of": "plane.wae", "label": "x", "set": {"sphere.cost": "cosine"}}}}},
            "choices.runs.x.set.sphere.cost",
        ),
    ],
)
def test_impossible_settings_are_told(changes, told):
    with pytest.raises(VspairError, match=told):
        settings(**changes)


def test_mixtures_are_drawn_anew_for_each_seed_or_once():
    each = drawn(values(drawing_keys("usual")), "usual")
    once = drawn(values(drawing_keys("usual"), mixtures={"drawn": "once"}), "usual")
    assert not torch.equal(*each["sphere.qoi.means"])
    assert torch.equal(*once["sphere.qoi.means"])
    assert not torch.equal(*once["sphere.qoi"].unbind(1))


def test_samples_are_on_the_sphere_and_measured_in_the_plane(mixtures):
    qoi, observation = read_samples(mixtures, "sphere")
    assert torch.allclose(qoi.norm(dim=-1), torch.ones(qoi.shape[:-1]))
    assert torch.allclose(observation.norm(dim=-1), torch.ones(qoi.shape[:-1]))
    qoi, observation = read_samples(mixtures, "plane")
    for run, truth in enumerate(read_truths(mixtures, "plane")):
        assert truth.operator.norm().item() == pytest.approx(1, abs=1e-6)
        residual = observation[:, run] - qoi[:, run] @ truth.operator.mT
        assert residual.std().item() == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("sphere.0+0", ["cost"]),
        ("sphere.10+10", ["cost", "reconstruction_qoi", "divergence_qoi"]),
        ("plane.wae", ["cost", "reconstruction_qoi", "divergence_qoi"]),
        ("plane.cvae.1", ["reconstruction", "kl"]),
        ("plane.vPAIR", ["reconstruction_qoi", "kl_qoi", "mapping"]),
        ("plane.vsPAIR", ["reconstruction_qoi", "kl_slab_qoi", "mapping"]),
    ],
)
def test_a_stack_has_the_terms_of_its_name_each_with_a_factor(name, terms, mixtures):
    runs = built(name, mixtures)
    found = Stack([build() for build in runs.builds]).terms(
        runs.qoi[:8], runs.observation[:8], torch.Generator().manual_seed(0)
    )
    assert {*terms} <= {*found} <= {*runs.factors}


def test_factors_are_the_weights_of_equation_4(mixtures):
    product = built("sphere.10+10", mixtures).factors
    alone = built("sphere.10+10", mixtures, objective={"divergence": "alone"}).factors
    assert (product["cost"], product["reconstruction_qoi"], product["divergence_qoi"]) == (1, 10, 100)
    assert alone["divergence_observation"] == 10
    assert built("plane.cvae.0.1", mixtures, plane={"betas": [0.1], "beta": 0.1}).factors == {
        "reconstruction": 1.0,
        "kl": 0.1,
    }


def test_a_paired_wae_sees_y_in_another_order_and_loses_none(mixtures):
    shuffled, kept = (built("plane.wae", mixtures, plane={"pairing": how}).observation for how in ("shuffled", "kept"))
    assert not torch.equal(shuffled, kept)
    assert torch.equal(shuffled.sort(0).values, kept.sort(0).values)


def test_runs_start_from_weights_of_their_own_which_a_seed_repeats(mixtures):
    first, again = ([build() for build in built("plane.wae", mixtures).builds] for _ in range(2))
    one, other = first[0].qoi.encoder.layers[0].weight, first[1].qoi.encoder.layers[0].weight
    assert not torch.equal(one, other)
    assert torch.equal(one, again[0].qoi.encoder.layers[0].weight)


def test_a_choice_changes_what_it_names_and_how_long_it_takes():
    choices = {"epochs": 1, "seeds": 1, "runs": TRIED}
    keys = training_keys("choice.geodesic", TRIED)
    of, found = settled(values(keys, choices=choices), "choice.geodesic")
    assert of == "sphere.10+10"
    assert (found["sphere.cost"], found["training"]["epochs"], found["seeds"]) == ("geodesic", 1, [0])
    assert draw_of("choice.geodesic", TRIED) == "usual"
    other = {"deviation": {"of": "sphere.0+0", "label": "d", "set": {"mixtures.spread_is": "deviation"}}}
    assert draw_of("choice.deviation", other) == "choice.deviation"


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "d.safetensors").write_bytes(b"no tensors")
    with pytest.raises(VspairError, match="is not a whole file of mixtures"):
        read_truths(tmp_path / "d.safetensors", "plane")


def test_fewer_stacks_leave_the_choices_of_a_preset_as_they_are():
    """A choice is of a stack with settings of its own, whether or not that one is trained too."""
    changes = {"sphere": {"weights": [[10, 10]]}, "plane": {"betas": [1]}}
    fewer = resolve(ROOT, {"preset": "paper", "transport": changes}).transport
    assert "sphere.10+0" not in fewer.stacks()
    assert fewer.choices.runs["unbounded"].of == "sphere.10+0"


class Wrong:
    """Samples of the closed form, pulled towards or away from their mean."""

    def __init__(self, truth, factor):
        self.truth, self.factor = truth, factor

    def posterior(self, observation):
        law, factor = self.truth.posterior(observation), self.factor

        class Pulled:
            def sample(self, n, generator):
                draws = law.sample(n, generator)
                return draws.mean(0) + factor * (draws - draws.mean(0))

        return Pulled()


def test_the_closed_form_passes_and_what_is_too_sure_or_too_wide_does_not(mixtures):
    truth = read_truths(mixtures, "plane")[0]
    scores = Scores(batches=4, batch_size=150, levels=(0.5, 0.9))
    exact, sure, wide = (
        plane_scores(method, truth, scores, 3) for method in (Exact(truth), Wrong(truth, 0.5), Wrong(truth, 2))
    )
    assert (exact["sbc_p"].nunique(), len(exact)) == (1, 4)
    assert min(exact["sbc_p"][0], exact["tarp_p"][0]) > 1e-3
    assert abs(exact["tarp_area"][0]) < 0.03
    assert exact["coverage_90"].mean() == pytest.approx(0.9, abs=0.03)
    assert max(sure["sbc_p"][0], wide["sbc_p"][0], sure["tarp_p"][0], wide["tarp_p"][0]) < 1e-4
    assert sure["tarp_area"][0] < -0.03 < 0.03 < wide["tarp_area"][0]

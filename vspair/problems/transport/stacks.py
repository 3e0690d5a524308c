"""Names of stacks, and what of the settings each reads; without torch, since they are read when a run is planned.

`sphere.10+10` is a paired WAE on the sphere by its lambda_joint and lambda_WAE, `plane.wae` the one in the plane,
`plane.cvae.0.1` the conditional VAE by its beta, `plane.vPAIR` and `plane.vsPAIR` are those kinds, and `choice.NAME` is
one of them with settings changed.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

SPHERE, PLANE, CHOICE = "sphere", "plane", "choice"
WAE, CVAE = f"{PLANE}.wae", f"{PLANE}.cvae."

EXACT = f"{PLANE}.exact"
"""In the place of a stack: the posterior in closed form, which nothing is trained for."""

JOINED = ("mixtures", "objective", "sphere", "plane")
"""Sections of which a choice may change settings."""

DRAWN = ("mixtures.", "plane.noise", "plane.unit_operator")
"""Beginnings of the settings that the mixtures and their samples depend on."""

USUAL = "usual"
"""The mixtures of all stacks but those of choices that change them."""


def sphere_stack(joint: float, wae: float) -> str:
    """Name of the stack on the sphere with these weights."""
    return f"{SPHERE}.{joint:g}+{wae:g}"


def sphere_weights(stack: str) -> tuple[float, float]:
    """lambda_joint and lambda_WAE that the name of a stack on the sphere states."""
    joint, wae = stack.removeprefix(f"{SPHERE}.").split("+")
    return float(joint), float(wae)


def cvae_stack(beta: float) -> str:
    """Name of the conditional VAE's stack with this beta."""
    return f"{CVAE}{beta:g}"


def is_stack(name: str, methods: Collection[str]) -> bool:
    """Whether a name is of a stack that could be trained, with any weights or beta, or of one of these methods."""
    try:
        if name.startswith(f"{SPHERE}."):
            weights = sphere_weights(name)
            return sphere_stack(*weights) == name and all(0 <= weight < math.inf for weight in weights)
        if name.startswith(CVAE):
            beta = float(name.removeprefix(CVAE))
            return cvae_stack(beta) == name and 0 < beta < math.inf
    except ValueError:
        return False
    return name == WAE or name in {f"{PLANE}.{method}" for method in methods}


def plane_stacks(betas: Sequence[float]) -> list[str]:
    """Names of the paper's stacks in the plane."""
    return [WAE, *map(cvae_stack, betas)]


def coverage_column(level: float) -> str:
    """Name of the column with the coverage of an interval's level, such as `coverage_90`."""
    return f"coverage_{100 * level:g}".replace(".", "_")


def changed(stack: str, choices: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The stack that a name stands for, and the settings that are changed for it: none but of a choice.

    Arguments:
        stack: its name.
        choices: the choices by name.
    """
    if not stack.startswith(f"{CHOICE}."):
        return stack, {}
    choice = choices[stack.removeprefix(f"{CHOICE}.")]
    return (choice["of"], choice["set"]) if isinstance(choice, Mapping) else (choice.of, choice.set)


def draw_of(stack: str, choices: Mapping[str, Any]) -> str:
    """Name of the mixtures that a stack is trained on: of its own only where a choice changes them."""
    own = any(key.startswith(DRAWN) for key in changed(stack, choices)[1])
    return stack if own else USUAL


def drawing_keys(draw: str) -> list[str]:
    """Keys inside the problem that mixtures and samples depend on."""
    return ["seeds", "mixtures", "plane.noise", "plane.unit_operator", *_of_choice(draw)]


def training_keys(stack: str, choices: Mapping[str, Any]) -> list[str]:
    """Keys inside the problem that the training of a stack reads."""
    of, _ = changed(stack, choices)
    common = ["seeds", "mixtures.seed", *_of_choice(stack)]
    if of.startswith(f"{SPHERE}."):
        return [*common, "networks", "training", "objective", "sphere.cost", "sphere.bounded"]
    if of == WAE:
        own = [f"plane.{key}" for key in ("weights", "encoder_noise", "pairing")]
        return [*common, "networks", "training", "objective", *own]
    if of.startswith(CVAE):
        return [*common, "networks", "training", "objective.reduction", "plane.noise"]
    return [*common, f"methods.{of.removeprefix(f'{PLANE}.')}"]


def settled(values: Mapping[str, Any], name: str) -> tuple[str, dict[str, Any]]:
    """The stack or draw that a name stands for, and the values that it reads, those of a choice in their place.

    Arguments:
        values: dotted key inside the problem -> plain value, of the keys above.
        name: of the stack or draw.
    """
    choice = values.get(f"choices.runs.{name.removeprefix(f'{CHOICE}.')}")
    found = dict(values)
    if choice is None:
        return name, found
    found["seeds"] = found["seeds"][: values["choices.seeds"]]
    if "training" in found:
        found["training"] = {**found["training"], "epochs": values["choices.epochs"]}
    for key, value in choice["set"].items():
        section, setting = key.split(".")
        if key in found:
            found[key] = value
        elif section in found:
            found[section] = {**found[section], setting: value}
    return choice["of"], found


def _of_choice(name: str) -> list[str]:
    if not name.startswith(f"{CHOICE}."):
        return []
    return ["choices.epochs", "choices.seeds", f"choices.runs.{name.removeprefix(f'{CHOICE}.')}"]

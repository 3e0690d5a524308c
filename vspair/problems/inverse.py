"""Settings of a problem whose QoI is found from observations: methods and which are compared, evaluation, studies."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, ValidationError, model_validator

from vspair.config.evaluation import Evaluation
from vspair.config.merging import merge
from vspair.config.names import Name, Title, require_data_name
from vspair.config.numbers import Distinct
from vspair.config.training import Training
from vspair.models.kinds import all_settings, any_method
from vspair.models.method import Method, Shape
from vspair.problems.faults import INHERITED, sentences
from vspair.problems.problem import Problem
from vspair.problems.studies import EVERY_METHOD, Study, run_name, varied

ENTRY = 4
"""Bytes of one number of single precision."""

MOST_BYTES = 2**44
"""Of one array on the largest machines that there are; what this machine has is asked where a job is to run."""


class Run(NamedTuple):
    """One method, on one data set, with one seed."""

    method: str
    data: str
    seed: int


class InverseProblem(Problem):
    """A problem of pairs (QoI, observation) with methods; a subclass adds what is its own."""

    physical: ClassVar[bool] = False
    """Whether its methods may know the operator: `frame` gives it to them."""

    lost_by_place: ClassVar[bool] = False
    """Whether observations have lost parts of x, of which the pairs have a mask."""

    pairs_keys: ClassVar[tuple[str, ...]] = ("data",)
    """Settings that the making of the pairs reads."""

    frame_keys: ClassVar[tuple[str, ...]] = ()
    """Settings that every job on a method reads, beside the method's own."""

    misfit_keys: ClassVar[tuple[str, ...]] = ()
    """Settings that the comparison of observations with samples reads, beside these."""

    methods: dict[Name, any_method()] = Field(min_length=1, max_length=100, description="the methods by name")
    compare: Annotated[tuple[str, ...], Distinct] | None = Field(
        None, description="methods that are compared; by default all"
    )
    training: Training | None = Field(None, description="training loop of methods that state no other")
    choices: dict[str, str] = Field({}, description="open choices of the objective, for every method that has them")
    evaluation: Evaluation = Field(description="evaluation on the test pairs")
    studies: dict[Title, Study] = Field({}, max_length=100, description="trainings with settings varied, by name")

    @abstractmethod
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets."""

    def usual_datasets(self) -> tuple[str, ...]:
        """Names of those that a method is run on if it names none."""
        return self.datasets()

    @abstractmethod
    def shapes(self) -> tuple[Shape, Shape]:
        """Shapes of one QoI and of one observation."""

    def pairs_made(self) -> int:
        """How many training and test pairs each data set has; 0 where the settings do not say it."""
        return 0

    @property
    def compared(self) -> dict[str, Method]:
        """The methods that are compared."""
        return {name: method for name, method in self.methods.items() if self.compare is None or name in self.compare}

    def runs(self, seeds: tuple[int, ...]) -> list[Run]:
        """Every method with every data set that it is run on; what depends on no seed is run with the first."""
        return [
            Run(name, data, seed)
            for name, method in self.compared.items()
            for data in method.datasets or self.usual_datasets()
            for seed in (seeds if method.seeded else seeds[:1])
        ]

    def trainings(self, seeds: tuple[int, ...]) -> int:
        """How many runs and trainings of studies there are."""
        studied = (len(study.runs(self.compared)) * len(study.seeds) for study in self.studies.values())
        return len(self.runs(seeds)) + sum(studied)

    def label(self, name: str) -> str:
        """What a reader sees of a method: baselines are marked."""
        method = self.methods[name]
        return method.label or (f"{name} (ours)" if method.baseline else name)

    @model_validator(mode="before")
    @classmethod
    def _methods_inherit(cls, values: Any) -> Any:
        """Give each method its kind, where its name says it, and the problem's training loop and choices."""
        if not (isinstance(values, Mapping) and isinstance(values.get("methods"), Mapping)):
            return values
        return {**values, "methods": {name: _whole(name, method, values) for name, method in values["methods"].items()}}

    @model_validator(mode="after")
    def _methods_fit(self) -> "InverseProblem":
        for name in self.datasets():
            require_data_name(name)
        for name, method in self.methods.items():
            if f"methods.{name}." == EVERY_METHOD:
                raise ValueError(f"methods.{name}: this name stands for every method in a study, take another")
            if method.physical and not self.physical:
                raise ValueError(
                    f"methods.{name}: the kind {method.kind} needs an operator, which this problem has not"
                )
            try:
                method.require_fit(*self.shapes())
            except ValueError as error:
                raise ValueError(f"methods.{name}: {error}") from None
            if (size := ENTRY * method.least_weights(*self.shapes())) > MOST_BYTES:
                raise ValueError(
                    f"methods.{name} has weights of at least {size / 2**40:.0f} TiB, more than any machine has memory "
                    "for: lower its sizes"
                )
            if unknown := set(method.datasets or ()) - set(self.datasets()):
                raise ValueError(
                    f"methods.{name}.datasets names {min(unknown)}, the data sets are {', '.join(self.datasets())}"
                )
        known = {key for method in self.methods.values() for key in dict(method.open_choices().get("choices", ()))}
        if unknown := set(self.choices) - known:
            raise ValueError(f"choices names {min(unknown)}, which no method has")
        if unknown := set(self.compare or ()) - set(self.methods):
            raise ValueError(f"compare names {min(unknown)}, the methods are {', '.join(self.methods)}")
        if not self.compared:
            raise ValueError("compare must name one method at least")
        labels = [self.label(name) for name in self.methods]
        if twice := [label for label in labels if labels.count(label) > 1]:
            raise ValueError(f"methods must have labels of their own, found {twice[0]!r} twice")
        return self

    @model_validator(mode="after")
    def _functionals_fit(self) -> "InverseProblem":
        self.evaluation.calibration.require_functionals(self.shapes()[0], self.lost_by_place)
        return self

    @model_validator(mode="after")
    def _repeated_can_be_asked(self) -> "InverseProblem":
        repeated = self.evaluation.repeated
        for name in repeated.methods if repeated else ():
            if name not in self.methods:
                raise ValueError(f"evaluation.repeated.methods names {name}, the methods are {', '.join(self.methods)}")
            if not self.methods[name].probabilistic:
                raise ValueError(f"evaluation.repeated.methods names {name}, which has no posterior")
        return self

    @model_validator(mode="after")
    def _pairs_can_be_held(self) -> "InverseProblem":
        pairs, shapes = self.pairs_made(), self.shapes()
        size = ENTRY * pairs * sum(math.prod(shape) for shape in shapes)
        if size > MOST_BYTES:
            raise ValueError(
                f"{pairs} pairs of the shapes {' and '.join(map(str, shapes))} take {size / 2**40:.0f} TiB, more than "
                "any machine has memory for: lower image or data.train"
            )
        return self

    @model_validator(mode="after")
    def _studies_fit(self) -> "InverseProblem":
        if not self.studies:
            return self
        # Of a point one method at a time is looked at, in which all stand that it inherits.
        others = {"studies": True, "compare": True, "choices": True, "evaluation": {"repeated"}}
        whole = self.model_dump(mode="json", exclude=others)
        try:
            type(self).model_validate(whole)
        except ValidationError:
            # A fault of the problem itself, which its own validators tell after this one, is no study's.
            return self
        for name, study in self.studies.items():
            if unknown := [method for method in study.methods if method not in self.methods]:
                raise ValueError(f"studies.{name}.methods names {unknown[0]}, which methods does not have")
            if absent := study.absent(self.methods):
                raise ValueError(f"studies.{name} names the setting {absent[0]!r}, which the problem does not have")
            for point in study.points():
                try:
                    self._varied(study, point, whole)
                except ValidationError as error:
                    # Every method stated all of its settings.
                    reason = sentences(error, {"methods": whole["methods"]})
                    raise ValueError(f"studies.{name}, {run_name(point)}: {reason}") from None
                except ValueError as error:
                    raise ValueError(f"studies.{name}, {run_name(point)}: {error}") from None
        return self

    def _varied(self, study: Study, point: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
        """Validate the settings of a study at one of its points; `whole` are those of the problem, all stated.

        Raises:
            ValueError: a setting is not there, or its value is impossible.
        """
        scale = whole.get("data", {}).get("scale")
        for name in study.methods:
            values = {f"methods.{name}": whole["methods"][name]} | ({"data.scale": scale} if scale else {})
            found = varied(values, name, self.methods[name], study.base, point)
            changed = {**whole, "methods": {name: found[f"methods.{name}"]}}
            if scale:
                changed["data"] = {**whole["data"], "scale": found["data.scale"]}
            type(self).model_validate(changed)


def _whole(name: str, method: Any, problem: Mapping[str, Any]) -> Any:
    if not isinstance(method, Mapping):
        return method
    kinds = all_settings()
    found = {"kind": name, **method} if name in kinds else dict(method)
    kind = found.get("kind")
    settings = kinds.get(kind) if isinstance(kind, str) else None
    for part in INHERITED if settings else ():
        shared, own = problem.get(part), found.get(part)
        if part not in settings.model_fields or not (shared and isinstance(shared, Mapping)):
            continue
        if part == "choices":
            known = settings.model_fields[part].annotation.model_fields
            shared = {key: value for key, value in shared.items() if key in known}
        if own is None or isinstance(own, Mapping):
            found[part] = merge(shared, own or {})
    return found

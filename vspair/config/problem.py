"""What one inverse problem's configuration holds: data, models, objective, training, evaluation, figures."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pydantic import Field, PositiveInt, ValidationError, model_validator

from vspair.config.evaluation import Evaluation, Figure
from vspair.config.models import Model, ModelName, require_sizes
from vspair.config.section import Section
from vspair.config.studies import Study, run_name, with_settings
from vspair.config.training import Choices, Data, Training


class Problem(Section):
    """One inverse problem from data to figures."""

    image: tuple[PositiveInt, PositiveInt] = Field(description="height and width of the images in pixels")
    data: Data = Field(description="where the pairs come from and how the holes are made")
    models: dict[ModelName, Model] = Field(min_length=1, description="the models by name, each with sizes and weights")
    choices: Choices = Field(description="what the paper leaves open in the objective")
    training: Training = Field(description="the training loop")
    evaluation: Evaluation = Field(description="evaluation on the test pairs")
    figures: Figure = Field(description="what the figures show")
    studies: dict[str, Study] = Field({}, description="trainings with settings varied, by name")

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Problem":
        if self.data.patch_size > min(self.image):
            raise ValueError(
                f"a hole of data.patch_size={self.data.patch_size} pixels does not fit into an image of "
                f"{self.image[0]}x{self.image[1]}"
            )
        for name, model in self.models.items():
            require_sizes(name, model)
            halvings = 2 ** (len(model.channels) - 1)
            if any(side % halvings for side in self.image):
                raise ValueError(
                    f"models.{name}.channels halve the image {len(model.channels) - 1} times, "
                    f"but image={self.image[0]}x{self.image[1]} is not divisible by {halvings}"
                )
        return self

    @model_validator(mode="after")
    def _evaluation_fits(self) -> "Problem":
        if beyond := [image for image in self.figures.examples if image >= self.data.test]:
            raise ValueError(f"figures.examples names test image {beyond[0]}, but data.test={self.data.test}")
        for name, wanted in (
            ("evaluation.localisation.images", self.evaluation.localisation.images),
            ("figures.scatter", self.figures.scatter),
        ):
            if wanted > self.data.test:
                raise ValueError(f"{name}={wanted} is more than the data.test={self.data.test} test images")
        calibration = self.evaluation.calibration
        images = int(Fraction(str(calibration.share)) * self.data.test)
        if images < calibration.images_needed:
            raise ValueError(
                f"evaluation.calibration.share={calibration.share} of data.test={self.data.test} leaves {images} "
                f"images for the conformal scaling, but the level {max(calibration.levels)} needs "
                f"{calibration.images_needed}"
            )
        return self

    @model_validator(mode="after")
    def _studies_fit(self) -> "Problem":
        for name, study in self.studies.items():
            for model in study.models:
                if model not in self.models:
                    raise ValueError(f"studies.{name}.models names {model}, which models does not have")
            if study.train > self.data.train or study.test > self.data.test:
                raise ValueError(
                    f"studies.{name} wants {study.train} training and {study.test} test pairs, data has "
                    f"{self.data.train} and {self.data.test}"
                )
            for point in study.points():
                try:
                    self.varied(study, point)
                except ValidationError as error:
                    fault = error.errors()[0]
                    where = "".join(f"{part}." for part in fault["loc"]).rstrip(".")
                    what = fault["msg"].removeprefix("Value error, ")
                    reason = f"{where}: {what}" if where else what
                    raise ValueError(f"studies.{name}, {run_name(point)}: {reason}") from None
                except ValueError as error:
                    raise ValueError(f"studies.{name}, {run_name(point)}: {error}") from None
        return self

    def varied(self, study: Study, point: Mapping[str, Any]) -> "Problem":
        """The problem with a study's settings and those of one of its points, validated, without its studies."""
        plain = self.model_dump(mode="json", exclude={"studies"})
        return Problem.model_validate(with_settings(plain, study.base, point))

import pytest

from vspair.provenance.code import fingerprint, reached

SCRIPT = "scripts/run.py"
MODEL = "vspair/config/model.py"
DEFAULT = """
from typing import ClassVar

from pydantic import Field

from vspair.config import Base

START = 3


class Model(Base):
    kinds: ClassVar[tuple] = (1, 2)
    size: int
    depth: int = Field(description="depth")
    never: int = Field(..., gt=2)
    width: int = Field(8, description="width")
    rate: float = 0.5
    start: int = START

    def area(self):
        return self.size
"""


@pytest.fixture
def settings(tree):
    tree.write("vspair/config/section.py", "from pydantic import BaseModel\n\n\nclass Section(BaseModel):\n    pass\n")
    tree.write("vspair/config/__init__.py", "from .section import Section\nfrom .base import Base\n")
    tree.write("vspair/config/base.py", "from vspair import config\n\n\nclass Base(config.Section):\n    pass\n")
    tree.write(MODEL, DEFAULT)
    tree.write(SCRIPT, "from vspair.config.model import Model\n\nprint(Model(size=1).rate)\n")
    return tree


def test_only_mentioned_options_are_reached(settings):
    options = {name for name in reached(settings.root, SCRIPT) if ":Model." in name}
    assert options == {"vspair.config.model:Model.rate"}


@pytest.mark.parametrize(
    "new",
    [
        "fresh: int = 3",
        "fresh: int | None = None",
        "fresh: int = Field(1, description='fresh')",
        "fresh: int = Field(default=1)",
        "fresh: list = Field(default_factory=list)",
        "fresh: int | None = Field(None, ge=START)",
    ],
)
def test_a_new_option_changes_nothing(settings, new):
    assert not settings.changed(MODEL, "    size: int\n", f"    size: int\n    {new}\n")


@pytest.mark.parametrize("new", ["fresh: int", "fresh: int = Field(description='fresh')", "fresh: int = Field(...)"])
def test_a_new_requirement_changes_the_fingerprint(settings, new):
    assert settings.changed(MODEL, "    size: int\n", f"    size: int\n    {new}\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate: float = 0.5", "rate: float = 0.6"),
        ("rate: float = 0.5", "rate: float | None = 0.5"),
        ("gt=2", "gt=3"),
        ("(1, 2)", "(1, 3)"),
        ("return self.size", "return -self.size"),
        ("class Model(Base)", "class Model(Base, frozen=False)"),
    ],
)
def test_what_reached_code_can_see_counts(settings, old, new):
    assert settings.changed(MODEL, old, new)


@pytest.mark.parametrize("old", ["Field(8", "START = 3"])
def test_the_default_of_an_unread_option_does_not_count(settings, old):
    assert not settings.changed(MODEL, old, f"{old}0")


@pytest.mark.parametrize(
    "use",
    [
        "print(Model.width)",
        "width = 1",
        "print(dict(width=1))",
        "print('inpainting.model.width')",
        "print(f'{1}.width')",
        "def f(width):\n    pass",
        "def f(*, width=1):\n    pass",
        "def width():\n    pass",
        "global width",
    ],
)
def test_every_form_of_mention_reaches_an_option(settings, use):
    settings.write(SCRIPT, f"from vspair.config.model import Model\n\nprint(Model)\n{use}\n")
    assert settings.changed(MODEL, "Field(8", "Field(9")


@pytest.mark.parametrize("use", ["# width", "'''width'''", "log.info('width')", "print('widths')"])
def test_words_are_no_mention(settings, use):
    settings.write(SCRIPT, f"from vspair.config.model import Model\n\nprint(Model)\n{use}\n")
    assert not settings.changed(MODEL, "Field(8", "Field(9")


def test_an_option_reaches_further(settings):
    settings.write(SCRIPT, "from vspair.config.model import Model\n\nprint(Model().start)\n")
    assert settings.changed(MODEL, "START = 3", "START = 4")


def test_an_option_that_another_option_mentions_is_reached(settings):
    settings.changed(MODEL, "rate: float = 0.5", "rate: float = Field(default_factory=lambda data: data['width'])")
    assert settings.changed(MODEL, "Field(8", "Field(9")


def test_a_validator_reaches_its_option(settings):
    settings.changed(MODEL, "    def area", "    @field_validator('width')\n    def area")
    assert settings.changed(MODEL, "Field(8", "Field(9")


def test_options_of_other_classes_stay_in_them(settings):
    settings.changed(MODEL, "class Model(Base)", "class Model")
    assert settings.changed(MODEL, "Field(8", "Field(9")


def test_options_of_a_whole_module(settings):
    settings.write(SCRIPT, "from vspair.config import model\n")
    assert not settings.changed(MODEL, "Field(8", "Field(9")
    assert settings.changed(MODEL, "gt=2", "gt=3")


def test_settings_in_a_script(settings):
    settings.write(
        SCRIPT, "from vspair.config import Section\n\n\nclass Mine(Section):\n    deep: int = 1\n\n\nprint(Mine())\n"
    )
    assert not settings.changed(SCRIPT, "deep: int = 1", "deep: int = 2")


def test_circles_of_imports_and_bases_end(settings):
    settings.write("vspair/config/base.py", "from vspair.config import Base\n\n\nclass Other(Base):\n    x: int = 1\n")
    settings.write(SCRIPT, "from vspair.config.base import Other\n\n\nclass Mine(Mine, Other):\n    y: int = 1\n")
    assert len(fingerprint(settings.root, SCRIPT)) == 64

"""What a field means is read from the docstring beneath it."""

from dataclasses import dataclass

from care_platform.field_docs import field_docs


@dataclass
class Base:
    here: int
    """The first field of the base,
    on two lines."""
    there: int = 0
    """The second field of the base."""


@dataclass
class Derived(Base):
    there: int = 1
    """Of its own."""
    plain: str = ""
    other: str = ""
    """The last."""


def test_the_docstring_beneath_a_field_is_its_meaning() -> None:
    assert field_docs(Derived) == {
        "here": "The first field of the base, on two lines.",
        "there": "Of its own.",
        "other": "The last.",
    }


def test_a_class_made_at_run_time_has_none() -> None:
    assert field_docs(type("Made", (), {"__annotations__": {"here": int}})) == {}

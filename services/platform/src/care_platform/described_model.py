"""The base of the bodies that OpenAPI documents describe."""

from pydantic import BaseModel, ConfigDict


class DescribedModel(BaseModel):
    """A model whose schema says of each field what the docstring beneath it says."""

    model_config = ConfigDict(use_attribute_docstrings=True)

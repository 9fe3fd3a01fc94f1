"""What the shapes of answers share."""

from typing import Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Read off a row by its attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


def example(**fields: Any) -> ConfigDict:
    """The configuration of a shape that is shown with this example."""
    return ConfigDict(from_attributes=True, frozen=True, json_schema_extra={"example": fields})


def sample(**fields: Any) -> Any:
    """The body of a request, shown with this example: ``body: Annotated[NewProduct, sample(code="...")]``."""
    return Body(openapi_examples={"example": {"value": fields}})

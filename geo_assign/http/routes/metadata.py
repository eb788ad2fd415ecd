"""Short texts that another system keeps with a work order."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from geo_assign.http.json_schemas import NamedSchema
from geo_assign.http.schemas import without_control

MOST = 20
LONGEST_KEY = 40
LONGEST_VALUE = 500

MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_KEY), AfterValidator(without_control)]
MetadataValue = Annotated[str, StringConstraints(max_length=LONGEST_VALUE)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(max_length=MOST),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": LONGEST_VALUE},
            "maxProperties": MOST,
            "description": "Short texts of your own, which webhooks are told, too. Replaced as a whole.",
        }
    ),
    NamedSchema("Metadata"),
]

"""From a document to one of our objects. One that doesn't parse, as another version may have stored it, spoils what
rests on it and nothing else, and the message names object and fields, not their values.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from refit_operator.kubernetes_api.errors import Permanent

Kind = TypeVar("Kind", bound=BaseModel)


def parse(kind: type[Kind], document: dict[str, Any]) -> Kind:
    """Return the object. Raises Permanent where it doesn't parse."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Permanent(f"{kind.__name__} {document['metadata']['name']} doesn't parse: {wrong}") from error

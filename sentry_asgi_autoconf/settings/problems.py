"""Say in one line why a value is refused, what is allowed and what applies instead."""

import sys
from typing import Any, Dict, Iterator, Mapping, Optional, Type

from pydantic.fields import FieldInfo
from typing_extensions import get_args

from sentry_asgi_autoconf.exceptions import InvalidSettingError
from sentry_asgi_autoconf.origin import ENVIRONMENT, Origin
from sentry_asgi_autoconf.settings.base import Settings, is_secret, variable_name
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.texts import is_quoted
from sentry_asgi_autoconf.settings.types import Allowed
from sentry_asgi_autoconf.shown_values import MASK, printable, shown

_NO_NUMBER = "it is no number"
_NO_WHOLE_NUMBER = "it is no whole number"
_NO_BOOLEAN = "it is neither true nor false"
_NO_MAPPING = "it is no mapping"
# By the type of pydantic's error; its context is put in for the braces.
_WORDS = {
    "bool_parsing": _NO_BOOLEAN,
    "bool_type": _NO_BOOLEAN,
    "dict_type": _NO_MAPPING,
    "extra_forbidden": "there is no such key",
    "float_parsing": _NO_NUMBER,
    "float_type": _NO_NUMBER,
    "greater_than_equal": "it is less than {ge}",
    "int_from_float": _NO_WHOLE_NUMBER,
    "int_parsing": _NO_WHOLE_NUMBER,
    "int_type": _NO_WHOLE_NUMBER,
    "list_type": "it is no list",
    "literal_error": "it is not one of {expected}",
    "missing": "it is missing",
    "model_attributes_type": _NO_MAPPING,
    "model_type": _NO_MAPPING,
    "string_type": "it is no text",
    "too_short": "it is empty",
}
_QUOTED = "it stands in quotes, which docker run --env-file and Kubernetes take for a part of the value"


def quoted(origin: Origin, value: str) -> InvalidSettingError:
    """Describe a text that is valid, and most likely other than meant."""
    name = origin.name if origin.place == ENVIRONMENT else f"{origin.name} ({printable(origin.place, 200)})"
    return InvalidSettingError(f"{name} is {shown(value)}: {_QUOTED}", remedy="Leave them out.")


def refusal(
    model: Type[Settings],
    field_name: str,
    refused: Candidate,
    error: Dict[str, Any],
    instead: Optional[Origin],
) -> InvalidSettingError:
    """Describe a refused value; `error` is pydantic's, `instead` is the origin of the value that applies."""
    field = model.model_fields[field_name]
    what = f"{_setting(refused, field)} is not {allowed(field)}"
    reason = _reason(refused, field, error)
    applies = printable(str(instead), 200) if instead else "the default"
    example = f"{variable_name(model, field_name)}={(field.examples or [''])[0]}"
    return InvalidSettingError(
        f"{what}: {reason}" if reason else what,
        remedy=f"Write it like {example}; until then {applies} applies.",
    )


def words(error: Mapping[str, Any]) -> str:
    """Give the reason of pydantic's error in words of ours: its own speak of Python."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ValueError):
        return printable(str(cause), 200)
    known = _WORDS.get(error["type"], "it is not valid")
    return known.format(**error.get("ctx", {}))


def allowed(field: FieldInfo) -> str:
    """Give in words what a field accepts."""
    return next(_allowed_words([*field.metadata, field.annotation]), "a valid value")


def _allowed_words(annotations: Any) -> Iterator[str]:
    for annotation in annotations:
        if isinstance(annotation, Allowed):
            yield annotation.words
        yield from _allowed_words(getattr(annotation, "__metadata__", ()))
        yield from _allowed_words(argument for argument in get_args(annotation) if argument is not annotation)


def _setting(refused: Candidate, field: FieldInfo) -> str:
    value = MASK if is_secret(field) else shown(refused.value)
    return refused.origin.set_to(value)


def _reason(refused: Candidate, field: FieldInfo, error: Dict[str, Any]) -> str:
    """Give the reason that a validator of ours told, or else pydantic's for a part of the value."""
    if isinstance(refused.value, str) and is_quoted(refused.value.strip()):
        return _QUOTED
    if MASK in shown(refused.value, limit=sys.maxsize) and not is_secret(field):
        # A reason may quote half a password that only the whole value shows to be one.
        return ""
    if error["type"] == "value_error":
        return words(error)
    # Keys of a secret's parts may be secrets too; the validators' reasons quote nothing of one.
    part = "" if is_secret(field) else ".".join(printable(str(step)) for step in error["loc"][1:])
    return f"{part}: {words(error)}" if part else ""

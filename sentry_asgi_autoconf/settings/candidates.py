"""Choose for each field the highest candidate that its type allows."""

from typing import Any, Dict, Generic, List, NamedTuple, Sequence, Tuple, Type, TypeVar

from pydantic import ValidationError

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.settings.base import Settings
from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.settings.problems import refusal
from sentry_asgi_autoconf.settings.source import Candidate, Source

ModelT = TypeVar("ModelT", bound=Settings)


class Choice(Generic[ModelT]):
    """A valid model, the origin of each value that was chosen, and a problem for each that was refused."""

    def __init__(self, model: ModelT, origins: Dict[str, Origin], problems: List[AutoconfError]) -> None:
        """Keep them."""
        self.model = model
        self.origins = origins
        self.problems = problems


class _Refused(NamedTuple):
    field_name: str
    candidate: Candidate
    error: Dict[str, Any]


def choose(model: Type[ModelT], sources: Sequence[Source]) -> Choice[ModelT]:
    """Build the model from `sources`, highest first; a refused value gives way to the next lower source's."""
    candidates = _by_field(sources)
    refused: List[_Refused] = []
    while True:
        chosen = {name: found[0] for name, found in candidates.items() if found}
        checked, errors = _checked(model, chosen)
        if checked is not None:
            break
        for name, error in errors.items():
            refused.append(_Refused(name, candidates[name].pop(0), error))
    origins = {name: candidate.origin for name, candidate in chosen.items()}
    problems = [problem for source in sources for problem in source.problems]
    problems += [refusal(model, name, was, error, origins.get(name)) for name, was, error in refused]
    return Choice(checked, origins, problems)


def _by_field(sources: Sequence[Source]) -> Dict[str, List[Candidate]]:
    candidates: Dict[str, List[Candidate]] = {}
    for source in sources:
        for name, candidate in source.candidates().items():
            candidates.setdefault(name, []).append(candidate)
    return candidates


def _checked(model: Type[ModelT], chosen: Dict[str, Candidate]) -> Tuple[Any, Dict[str, Dict[str, Any]]]:
    """Give the model, or else the first error of each field."""
    try:
        return model(**{name: candidate.value for name, candidate in chosen.items()}), {}
    except ValidationError as error:
        errors: Dict[str, Dict[str, Any]] = {}
        for part in error.errors(include_url=False):
            errors.setdefault(str(part["loc"][0]), dict(part))
        return None, errors

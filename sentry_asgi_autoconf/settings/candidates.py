"""Choose for each field the highest candidate that its type, and a policy, allow."""

from typing import Any, Callable, Dict, Generic, List, NamedTuple, Sequence, Tuple, Type, TypeVar

from pydantic import ValidationError

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.settings.base import Settings
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.problems import refusal
from sentry_asgi_autoconf.settings.source import Source

ModelT = TypeVar("ModelT", bound=Settings)


class Choice(Generic[ModelT]):
    """A valid model, and how it came about.

    `origins` gives the origin of each value that was chosen, `overrode` the candidates below it, highest first,
    `forbidden` those above it that the policy did not permit; `problems` tell of values that were refused.
    """

    def __init__(
        self,
        model: ModelT,
        origins: Dict[str, Origin],
        overrode: Dict[str, List[Candidate]],
        forbidden: Dict[str, List[Candidate]],
        problems: List[AutoconfError],
    ) -> None:
        """Keep them."""
        self.model = model
        self.origins = origins
        self.overrode = overrode
        self.forbidden = forbidden
        self.problems = problems


class _Refused(NamedTuple):
    field_name: str
    candidate: Candidate
    error: Dict[str, Any]


def choose(
    model: Type[ModelT],
    sources: Sequence[Source],
    permits: Callable[[str, Any], bool] = lambda field_name, value: True,
) -> Choice[ModelT]:
    """Build the model from `sources`, highest first; a refused value gives way to the next lower source's.

    `permits` tells whether a policy lets a field have a valid value.
    """
    candidates = _by_field(sources)
    refused: List[_Refused] = []
    forbidden: Dict[str, List[Candidate]] = {}
    while True:
        chosen = {name: found[0] for name, found in candidates.items() if found}
        checked, errors = _checked(model, chosen)
        for name, error in errors.items():
            refused.append(_Refused(name, candidates[name].pop(0), error))
        if checked is None:
            continue
        banned = [name for name in chosen if not permits(name, getattr(checked, name))]
        for name in banned:
            forbidden.setdefault(name, []).append(candidates[name].pop(0))
        if not banned:
            break
    origins = {name: candidate.origin for name, candidate in chosen.items()}
    overrode = {name: candidates[name][1:] for name in chosen}
    problems = [problem for source in sources for problem in source.problems]
    problems += [refusal(model, name, was, error, origins.get(name)) for name, was, error in refused]
    return Choice(checked, origins, overrode, forbidden, problems)


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

"""What a setting may have scrubbed: a card's number, a token and the like by name, or an expression of one's own."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Pattern


class Rule(NamedTuple):
    """What to look for, by which name Sentry is told of it, and what else makes a match one."""

    name: str
    pattern: Pattern[str]
    holds: Callable[[str], bool] = bool
    in_pieces: bool = False


def _has_check_digit(number: str) -> bool:
    """Whether the digits are those of a card, by Luhn's sum."""
    digits = [int(digit) for digit in number if digit.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _has_iban_check(text: str) -> bool:
    plain = text.replace(" ", "")
    number = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(number) % 97 == 1


# By the names that a setting may say. None of these takes longer than in proportion to the text.
READY: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("card", re.compile(r"(?<![\d.-])[2-6](?:[ -]?\d){12,18}(?![\d-])"), _has_check_digit),
        Rule(
            "iban",
            re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
            _has_iban_check,
        ),
        Rule("jwt", re.compile(r"\beyJ[\w-]{8,4000}\.[\w-]{8,8000}\.[\w-]{0,2000}")),
        Rule("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
        Rule("aws-key", re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b")),
        Rule(
            "private-key",
            re.compile(
                r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
            ),
        ),
    )
}


def rule_of(text: str) -> Rule:
    """Return the rule of a ready name, or of an expression. Raises ValueError for one that may take too long."""
    if text in READY:
        return READY[text]
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if pattern.match(""):
        raise ValueError("it matches the empty text")
    if _unlimited(_parser().parse(text), nested=False) > 2:
        raise ValueError("it has more than two unlimited repetitions, which may take too long for some texts")
    return Rule("pattern", pattern, in_pieces=True)


def _parser() -> Any:
    return importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")


def _unlimited(parsed: Any, *, nested: bool) -> int:
    """Count repetitions without a limit. Raises ValueError for one within another."""
    found = 0
    for operator, argument in parsed:
        is_repeat = "REPEAT" in str(operator)
        is_unlimited = is_repeat and argument[1] > 64
        if is_unlimited and nested:
            raise ValueError("it repeats a repetition, which may take too long for some texts")
        if str(operator) == "GROUPREF":
            raise ValueError("it refers back to a group, which may take too long for some texts")
        inside = nested or (is_repeat and argument[1] > 1)
        found += is_unlimited + sum(_unlimited(each, nested=inside) for each in _parts(argument))
    return found


def _parts(argument: Any) -> Iterator[Any]:
    """Yield the parsed expressions within an operator's argument."""
    if type(argument).__name__ == "SubPattern":
        yield argument
    elif isinstance(argument, (list, tuple)):
        for each in argument:
            yield from _parts(each)

"""The form of a policy: its tables and what they may hold, checked and turned into its terms."""

from __future__ import annotations

import hashlib
import time
from typing import Any, Callable, Mapping, Sequence

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidPolicyError
from sentry_asgi_autoconf.policy import limits, rules
from sentry_asgi_autoconf.policy.enforcement import NO_POLICY, Policy, Rule
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENFORCED, LIMITS, POLICY_DEFAULT, Candidate, Origin
from sentry_asgi_autoconf.settings.names import classify, did_you_mean, file_settings
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, init_name
from sentry_asgi_autoconf.settings.own import BEFORE_POLICIES, OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import NOTHING, Table, choose, is_blank

# Tells where a key stands, given by the tables above it and its own name: `file:line`, or what gave the policy.
_Place = Callable[[Sequence[str]], str]
_REMEDY = "Correct the policy; until then nothing leaves this process."
# What a policy is made of, and what a part of it that holds for some is.
_TERMS = ("enabled", "defaults", "limits", "enforced", "required")
_ROLLOUT, _FOR = "rollout", "for"


def read(name: str, content: Any, place: _Place, text: str) -> Policy:
    """Return the policy of this name; what is wrong with it, or with a value in it, is among its errors.

    It is named with the beginning of the hash of its `text`, by which an event tells under which one it was made.
    """
    named = f"{name}@{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"
    reader = _Reader(place)
    if not isinstance(content, Mapping):
        reader.refuse(name, "it is not a mapping of tables")
        content = {}
    policy = reader.terms(content, [], known=(*_TERMS, _ROLLOUT, _FOR))
    found = reader.rules(content)
    return policy._replace(
        names=[named], rules=found, errors=reader.errors, notes=reader.notes, expires=reader.expires
    )


class _Reader:
    """Reads the tables of one policy, and keeps what is wrong with them."""

    def __init__(self, place: _Place) -> None:
        self._place, self._now = place, time.time()
        self.errors: list[AutoconfError] = []
        self.notes: list[str] = []
        self.expires = float("inf")  # seconds since the epoch: when the first of its values does

    def refuse(self, where: str, what: str) -> None:
        self.errors.append(InvalidPolicyError(f"{printable(where, 200)}: {what}", remedy=_REMEDY))

    def terms(
        self, content: Mapping[str, Any], above: list[str], *, known: Sequence[str], whom: str = ""
    ) -> Policy:
        """Read the tables that stand below these keys; `whom` says for whom they hold, if not for all."""
        for key in content:
            if key not in known:
                what = (
                    f"[{printable(str(key))}] is not a table of a policy; its tables are {', '.join(known)}"
                )
                self.refuse(self._place([*above, str(key)]), what)
        return NO_POLICY._replace(
            enabled=self._switch(content, above, whom),
            defaults=self._table("defaults", POLICY_DEFAULT, content, above, whom),
            enforced=self._table("enforced", ENFORCED, content, above, whom),
            limits=self._limits(content.get("limits", {}), [*above, "limits"], whom),
            required=self._required(content.get("required", {}), [*above, "required"], whom),
        )

    def _origin(self, table: str, key: str, keys: list[str], layer: str, whom: str) -> Origin:
        return Origin(f"[{table}] {key}" if table else key, self._place(keys), layer=layer, whom=whom)

    def _switch(self, content: Mapping[str, Any], above: list[str], whom: str) -> Candidate | None:
        value, keys = content.get("enabled"), [*above, "enabled"]
        if value is None:
            return None
        if not isinstance(value, bool):
            self.refuse(self._place(keys), "enabled is neither true nor false")
        return Candidate(value is True, self._origin("", "enabled", keys, ENFORCED, whom))

    def _table(self, name: str, layer: str, content: Mapping[str, Any], above: list[str], whom: str) -> Table:
        values = content.get(name, {})
        if not isinstance(values, Mapping) or any(not isinstance(key, str) for key in values):
            self.refuse(self._place([*above, name]), f"[{name}] is not a table of settings")
            return NOTHING
        held = {}
        for key, given in values.items():
            for value in self._until(given, [*above, name, key]):
                held[key] = value
        found: list[AutoconfError] = []
        table = classify(held, lambda key: self._origin(name, key, [*above, name, key], layer, whom), found)
        for options, given in ((SDK_OPTIONS, table.options), (OWN_SETTINGS, table.own)):
            found += choose(options, [given]).problems
        for candidate in (*table.options.values(), *table.own.values(), *table.further.values()):
            if is_blank(candidate.value):
                what = f"{printable(str(candidate.origin), 200)} has no value"
                found.append(AutoconfError(what, remedy="Give it one, or remove it."))
        if layer == ENFORCED:
            found += [_without_effect(table.own[key].origin) for key in BEFORE_POLICIES if key in table.own]
        for problem in found:
            # What would apply in place of a value does not matter here: no part of the policy is taken on trust.
            advice = problem.remedy if problem.remedy and "until then" not in problem.remedy else ""
            self.errors.append(InvalidPolicyError(problem.what, remedy=f"{advice} {_REMEDY}".lstrip()))
        return table

    def _until(self, given: Any, keys: list[str]) -> list[Any]:
        """Return a value that holds; none where it is `{value = …, until = …}` and that moment is over."""
        if not (isinstance(given, Mapping) and set(given) == {"value", rules.UNTIL}):
            return [given]
        return [given["value"]] if self._holds(given[rules.UNTIL], keys) else []

    def _holds(self, until: Any, keys: list[str]) -> bool:
        """Whether what stands below these keys holds, as its moment is not over; a wrong one is refused."""
        try:
            end = rules.moment(until)
        except ValueError as error:
            self.refuse(self._place(keys), f"until: {error.args[0]}")
            return False
        if end > self._now:
            self.expires = min(self.expires, end)
            return True
        name = ".".join(printable(key) for key in keys)
        self.notes.append(f"{name} ({printable(self._place(keys), 200)}) has expired: the next layer applies")
        return False

    def _limits(self, values: Any, above: list[str], whom: str) -> dict[str, Limit]:
        if not isinstance(values, Mapping):
            self.refuse(self._place(above), "[limits] is not a table")
            return {}
        found = {}
        for option, given in values.items():
            keys = [*above, str(option)]
            if isinstance(given, Mapping) and rules.UNTIL in given:
                if not self._holds(given[rules.UNTIL], keys):
                    continue
                given = {rule: value for rule, value in given.items() if rule != rules.UNTIL}
            try:
                origin = self._origin("limits", str(option), keys, LIMITS, whom)
                found[option] = limits.read(option, given, origin)
            except ValueError as error:
                reason, *rule = error.args
                what = f"[limits] {printable(str(option))} {reason}"
                self.refuse(self._place([*keys, *rule]), what)
        return found

    def _required(self, values: Any, above: list[str], whom: str) -> dict[str, Origin]:
        """Return the settings that somebody has to say, by their names in `settings`."""
        if not isinstance(values, Mapping):
            self.refuse(self._place(above), "[required] is not a table")
            return {}
        found = {}
        for key, is_required in values.items():
            keys = [*above, str(key)]
            if key not in SDK_OPTIONS and key not in file_settings():
                self.refuse(
                    self._place(keys),
                    f"[required] {printable(str(key))} is not a setting. {did_you_mean(str(key))}",
                )
            elif not isinstance(is_required, bool):
                self.refuse(self._place(keys), f"[required] {key} is neither true nor false")
            elif is_required:
                found[init_name(key)] = self._origin("required", key, keys, ENFORCED, whom)
        return found

    def rules(self, content: Mapping[str, Any]) -> list[Rule]:
        """Read what holds for some: `[rollout]` for a share of the hosts, `[[for]]` for those that match."""
        found = []
        if _ROLLOUT in content:
            found += self._rule(content[_ROLLOUT], [_ROLLOUT], f"[{_ROLLOUT}]", (rules.PERCENT,))
        several = content.get(_FOR, [])
        if not isinstance(several, list):
            self.refuse(self._place([_FOR]), "[[for]] is not a list of tables: write it with double brackets")
            several = []
        for number, asked in enumerate(several):
            names = (*rules.FACTS, rules.TAGS, rules.PERCENT)
            found += self._rule(asked, [_FOR, str(number)], f"[[{_FOR}]]", names)
        return found

    def _rule(self, given: Any, above: list[str], title: str, names: Sequence[str]) -> list[Rule]:
        if not isinstance(given, Mapping):
            self.refuse(self._place(above), f"{title} is not a table")
            return []
        if rules.UNTIL in given and not self._holds(given[rules.UNTIL], above):
            return []
        asked = {name: given[name] for name in names if name in given}
        try:
            matcher = rules.matcher(asked)
        except ValueError as error:
            reason, name = error.args
            self.refuse(self._place([*above, name]), f"{title} {name}: {reason}")
            return []
        terms = {key: each for key, each in given.items() if key not in (*asked, rules.UNTIL)}
        if not asked or not terms:
            lacks = f"no condition: it needs {' or '.join(names)}" if not asked else "no terms"
            self.refuse(self._place(above), f"{title} has {lacks}")
            return []
        return [Rule(matcher, self.terms(terms, above, known=_TERMS, whom=str(matcher)))]


def _without_effect(origin: Origin) -> AutoconfError:
    why = "enforces nothing, because the environment is read before the policy"
    remedy = "Put it into [defaults], or set the variable everywhere."
    return AutoconfError(f"{printable(str(origin), 200)} {why}", remedy=remedy)

"""Apply rules to each event, log, metric and streamed span as it leaves, after every hook.

What an event says of itself (its environment, its user) no argument of init's decides.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.serving.chained_hooks import Hook, is_streaming

# By which attribute a log, a metric or a streamed span says the same.
_LABELS = {
    "dist": "sentry.dist",
    "environment": "sentry.environment",
    "release": "sentry.release",
    "server_name": "server.address",
}
_USER = "user."
_USER_NAME = {"name": "username"}


class OnLeaving(NamedTuple):
    """Whether attachments are sent, which fields of a user (None stands for all), and tags that nobody changes."""

    attachments: bool = True
    user_fields: Sequence[str] | None = None
    tags: Mapping[str, str] = {}

    def hooks(self, arguments: Mapping[str, Any], enforcement: Enforcement) -> dict[str, Hook]:
        """Return the hooks that init's `arguments` need on top of all others, by their names."""
        labels = [name for name in _LABELS if name in enforcement.values or name in enforcement.limits]
        if self.attachments and self.user_fields is None and not labels and not self.tags:
            return {}

        def event(event: Any, hint: Any) -> Any:
            for name in labels:
                _relabel(event, name, name, arguments, enforcement)
            self._reduce_user(event)
            if self.tags:
                given = event.get("tags")
                event["tags"] = {**(given if isinstance(given, dict) else {}), **self.tags}
            if not self.attachments:
                hint.pop("attachments", None)
            return event

        def telemetry(data: Any, hint: Any) -> Any:
            attributes = data.get("attributes")
            if isinstance(attributes, dict):
                for name in labels:
                    _relabel(attributes, _LABELS[name], name, arguments, enforcement)
                self._reduce_attributes(attributes)
                attributes.update(self.tags)
            return data

        names = ["before_send_log", "before_send_metric"]
        names += ["before_send_span"] if is_streaming(arguments) else []
        events = dict.fromkeys(("before_send", "before_send_transaction"), event)
        return {**events, **dict.fromkeys(names, telemetry)}

    def _reduce_user(self, event: dict[str, Any]) -> None:
        if self.user_fields is not None and "user" in event:
            user = event.pop("user")
            has = user if isinstance(user, dict) else {}
            kept = {name: has[name] for name in self.user_fields if name in has}
            if kept:
                event["user"] = kept

    def _reduce_attributes(self, attributes: dict[str, Any]) -> None:
        if self.user_fields is not None:
            for key in [key for key in attributes if isinstance(key, str) and key.startswith(_USER)]:
                field = key[len(_USER) :]
                if _USER_NAME.get(field, field) not in self.user_fields:
                    del attributes[key]


def _relabel(
    data: dict[str, Any], key: str, name: str, arguments: Mapping[str, Any], enforcement: Enforcement
) -> None:
    """Bring the label that `data` has under this key to what is enforced or allowed of the option of this name."""
    given = data.get(key)
    is_free = name not in enforcement.values and (given is None or enforcement.permits(name, given))
    if not is_free:
        data.pop(key, None)
        value = arguments.get(name)
        if value not in (None, ""):
            data[key] = str(value).strip()

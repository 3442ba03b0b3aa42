"""Tell of each value from a file of variables in which line it stands."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.provenance import ENVIRONMENT, Origin, Setting


def located(setting: Setting, places: Mapping[str, str]) -> Setting:
    """Give the setting with the place of each variable, as far as `places` has it, in place of the environment."""

    def there(origin: Origin) -> Origin:
        is_variable = origin.place == ENVIRONMENT
        return origin._replace(place=places.get(origin.name, origin.place)) if is_variable else origin

    return setting._replace(
        origin=there(setting.origin) if setting.origin else None,
        overrode=tuple(each._replace(origin=there(each.origin)) for each in setting.overrode),
        forbidden=tuple(each._replace(origin=there(each.origin)) for each in setting.forbidden),
        left_out=tuple(each._replace(origin=there(each.origin)) for each in setting.left_out),
    )

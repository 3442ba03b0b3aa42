"""Write `docs/reference/settings.md` from the declaration of the settings."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.options import OPTION_GROUPS, OPTIONS_JSON, init_name
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS

# Parts of an explanation that are to be typed as they stand.
_SYNTAX = re.compile(r"package\.module[.:]\w+|\{.*\}")

TARGET = Path(__file__).parent / "reference" / "settings.md"

INTRODUCTION = """\
# Settings

<!-- Written by docs/generate_settings.py from the declaration of the settings: change that, not this file. -->

Every setting is an environment variable. `SENTRY_<OPTION>` is the option of `sentry_sdk.init` with that
name, `SENTRY_ASGI_<NAME>` is a setting of sentry-asgi-autoconf itself.

## How values are written

- **True or false**: `true`, `yes`, `on`, `1`, `t`, `y`, `enabled`, or `false`, `no`, `off`, `0`, `f`,
  `n`, `disabled`, in any letter case.
- **Lists**: comma-separated (`a,b`), or a JSON array (`["a", "b"]`) where an item holds a comma. `[]` is
  the empty list.
- **Mappings**: a JSON object.
- **Functions, classes and objects**: an import string `package.module:attribute`, imported in the
  process that serves the app.
- **Integrations**: the short name of one of the SDK's (`redis`), or the import string of a class; it is
  made without arguments.
- An empty variable counts as not set.

## Which value wins

From the highest to the lowest:

1. limits and enforced values of a [policy](../policies.md),
2. the arguments of the app's own `sentry_sdk.init(...)`, if it calls it
   ([`SENTRY_ASGI_ON_APP_INIT`](#sentry_asgi_on_app_init)),
3. the environment: variables, then the secrets directory
   ([`SENTRY_ASGI_SECRETS_DIR`](#sentry_asgi_secrets_dir)), then
   [`SENTRY_OPTIONS_JSON`](#sentry_options_json),
4. the app's [config file](../configuration.md#the-apps-config-file),
5. a policy's defaults,
6. the SDK's default.

`sentry-asgi-autoconf config` [explains](../configuration.md#explain-every-value) every value.

In a policy and in a config file a key is the variable's name in lower case without `SENTRY_`:
`traces_sample_rate`, `asgi_excluded_paths`. Settings that are marked *environment only* are needed
before there is a file to read.

A file in the secrets directory is named as its variable, in upper or lower case (`SENTRY_DSN` or
`sentry_dsn`), and holds the value.

If a value is not allowed, the next one down applies, and one line on standard error says what is
allowed. The app is served all the same, unless [`SENTRY_ASGI_STRICT`](#sentry_asgi_strict) is on. A
variable whose name is close to that of a setting causes a line too; variables of other programs, such as
sentry-cli's, do not.

No message shows values marked *secret*, and every message masks credentials in a URL.
"""

OUTRO_OF_OPTIONS_JSON = """\
## Options of a newer SDK

An option that a newer SDK adds has no variable of its own yet. Options that this page lists are checked
as their variable would be; all others are passed on as they are, if the installed SDK knows them.
"""

INTRODUCTION_OF_OWN = """\
## sentry-asgi-autoconf itself
"""


def render() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, options in OPTION_GROUPS.items():
        parts += [f"## {title}\n", *map(_section, options)]
    parts += [OUTRO_OF_OPTIONS_JSON, *map(_section, OPTIONS_JSON.values())]
    parts += [INTRODUCTION_OF_OWN, *map(_section, OWN_SETTINGS.values())]
    return "\n".join(parts)


def _section(option: Option) -> str:
    lines = [
        f"### `{option.variable}`\n",
        f"{option.description}\n",
        f"- Value: {_value(option.kind.words)}",
        f"- Default: {_default(option)}",
        f"- Example: `{option.variable}={option.example}`",
    ]
    if option.is_secret:
        lines.append("- Secret")
    if option.is_environment_only:
        lines.append("- Environment only")
    return "\n".join(lines) + "\n"


def _value(allowed: str) -> str:
    """Return the allowed values, what is to be typed literally set as code."""
    words, such_as, example = allowed.partition(" such as ")
    if words.startswith("one of "):
        return "one of " + ", ".join(f"`{choice}`" for choice in words[len("one of ") :].split(", "))
    words = _SYNTAX.sub(r"`\g<0>`", words)
    # Markdown would take a placeholder in angle brackets for HTML.
    return f"{words}{such_as}`{example}`" if example else words


def _default(option: Option) -> str:
    default = option.default if option.default is not None else DEFAULT_OPTIONS.get(init_name(option.name))
    if isinstance(default, bool):
        return f"`{json.dumps(default)}`"
    if default is None:
        # The SDK says so for a switch that is off.
        return "`false`" if option.kind.words == "true or false" else "not set"
    if default in ([], {}, frozenset()):
        return "empty"
    return f"`{','.join(default)}`" if isinstance(default, list) else f"`{default}`"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET}\n")

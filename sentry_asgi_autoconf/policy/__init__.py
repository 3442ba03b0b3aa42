"""The rules of a platform team: defaults, limits and enforced values, and how they are applied.

A policy is TOML, or a mapping of the same form: `[defaults]` and `[enforced]` hold values by the keys of a config file,
`[limits.<option>]` holds `max` and `min` of a number, `allow`, globs of a text or of a URL's host, and, of
`traces_sample_rate`, `sampled_by_callers`. `enabled = false` has nothing sent, `[required]` names what somebody has to
say; `[[for]]` and `[rollout]` hold all of these for some. An entry point of the group `sentry_asgi_autoconf.policies`
leads to a mapping, to the path of a file, or to a function that returns either; whatever it raises makes the policy
unreadable.
"""

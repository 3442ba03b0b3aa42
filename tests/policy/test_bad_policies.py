"""A policy that cannot be relied on costs one clear line; nothing leaves the process, and the app is served."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.activation import init_arguments
from sentry_asgi_autoconf.activation.layers import load
from tests.harness.declared import POLICIES, distribution, with_metadata
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

# Name → how the file of the policy is made, and what the line says of it.
FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (lambda path: None, "policy.toml' cannot be read: No such file or directory."),
    "malformed": (
        lambda path: path.write_text("[defaults]\nrelease ="),
        "it is not valid TOML: invalid value",
    ),
    "oversized": (lambda path: path.write_text("#" * 2**20 + "#"), "it is larger than 1024 KiB"),
    "binary": (lambda path: path.write_bytes(b"\x7fELF\xff\xfe\x00"), "it is not UTF-8 text"),
    "looping link": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    "dangling link": (lambda path: path.symlink_to("gone"), "No such file or directory"),
    "pipe": (os.mkfifo, "it is not a regular file"),
    "directory": (Path.mkdir, "it is not a regular file"),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), "it is not a regular file"),
    "unknown key": (
        lambda path: path.write_text("[defaults]\nrelaese = '1'"),
        "[defaults] relaese (*/policy.toml:2) is not a setting. Did you mean release?",
    ),
    "enforced hook that leads nowhere": (
        lambda path: path.write_text("[enforced]\nbefore_send = 'no.such:hook'"),
        "[enforced] before_send='no.such:hook' (*/policy.toml:2) is left out: there is no module no.",
    ),
    "enforced hook that is async": (
        lambda path: path.write_text("[enforced]\nbefore_send = 'hooks_of_a_policy:asynchronous'"),
        "[enforced] before_send='hooks_of_a_policy:asynchronous' (*/policy.toml:2) is left out: it leads to an async"
        " function or a generator, which the SDK does not await or iterate. Name a plain function",
    ),
}

# Name → what a file says, and what the line says of it.
CONTENTS = {
    "unknown table": (
        "\n[default]\n",
        "policy.toml:2: [default] is not a table of",
    ),
    "no table": ("limits = 5", "policy.toml:1: [limits] is not a table"),
    "wrong type": (
        "[defaults]\n\ntraces_sample_rate = 'often'",
        "[defaults] traces_sample_rate='often' (*/policy.toml:3) is not a number from 0 to 1",
    ),
    "no value": ("[enforced]\nrelease = ' '", "policy.toml:2) has no value"),
    "only in the environment": (
        "[enforced]\nasgi_log_level = 'error'",
        "is read from the environment only",
    ),
    "what a process heeds before there is a policy": (
        "[enforced]\nrelease = '1'\nasgi_enabled = true",
        "[enforced] asgi_enabled (*/policy.toml:3) enforces nothing, because the environment is read before the"
        " policy. Put it into [defaults]",
    ),
    "array of tables": (
        "[[defaults]]\nrelease = '1'",
        "policy.toml:1: [defaults] is not a table of settings",
    ),
    "key in upper case": (
        "[defaults]\nRELEASE = '1'",
        "RELEASE (*/policy.toml:2) is not a setting. Did you mean release?",
    ),
    "key like a variable": (
        "[defaults]\nSENTRY_RELEASE = '1'",
        "SENTRY_RELEASE (*/policy.toml:2) is not a setting. Did you mean release?",
    ),
    "rate above 1": (
        "[enforced]\ntraces_sample_rate = 2.0",
        "[enforced] traces_sample_rate=2.0 (*/policy.toml:2) is not a number from 0 to 1",
    ),
    "date": (
        "[enforced]\nrelease = 2024-01-31",
        "[enforced] release=2024-01-31 (*/policy.toml:2) is not text",
    ),
    "date in a list": (
        "[enforced]\nin_app_include = [2024-01-31]",
        'in_app_include=["2024-01-31"] (*/policy.toml:2) is not a list of names, comma-separated or'
        " a JSON array: 0: it is not text",
    ),
    "unknown part": (
        "[enforced]\ndata_collection = { x = 1 }",
        "(*/policy.toml:2) is not a JSON object such as",
    ),
    "duplicate key": ("[defaults]\ndist = '1'\ndist = '2'", "it is not valid TOML: cannot overwrite a value"),
    "duplicate table": ("[defaults]\n[defaults]", "it is not valid TOML: cannot declare [defaults] twice"),
    "null character": ("[defaults]\nrelease = '\0'", "it is not valid TOML: found invalid character"),
    "nesting": (
        f"[defaults]\ndist = {'[' * 5000}{']' * 5000}",
        "it is not valid TOML: a number or the nesting is too",
    ),
    "enforced DSN that is none": (
        "[enforced]\ndsn = 'https://host/1'",
        "[enforced] dsn=*** (*/policy.toml:2) is not a DSN",
    ),
    "enforced DSN that names a variable": (
        "[enforced]\ndsn = '$SENTRY_DSN'",
        "it does not start with https:// or http://",
    ),
    "enforced DSN that is blank": (
        "[enforced]\ndsn = ''",
        "[enforced] dsn (*/policy.toml:2) has no value. Give it one",
    ),
    "hook of a module that is no Python": (
        "[enforced]\nbefore_send = 'acme_no_python:hook'",
        "before_send='acme_no_python:hook' (*/policy.toml:2) is left out: importing acme_no_python raised"
        " SyntaxError",
    ),
    "hook of a module that exits": (
        "[enforced]\nbefore_send = 'acme_exits:hook'",
        "(*/policy.toml:2) is left out: importing acme_exits raised SystemExit: 3. Fix that error, or name another.",
    ),
    "hook that cannot be called": (
        "[enforced]\nbefore_send = 'os:sep'",
        "an object of type str, which cannot be called",
    ),
    "scrubber that is async": (
        "[enforced]\nevent_scrubber = 'tests.apps.hooks_of_a_policy:AsynchronousScrubber'",
        "(*/policy.toml:2) is left out: it leads to an async function or a generator, which the SDK does not await",
    ),
    "hook that is a generator": (
        "[enforced]\nbefore_send = 'tests.apps.hooks_of_a_policy:generator'",
        "(*/policy.toml:2) is left out: it leads to an async function or a generator, which the SDK does not await",
    ),
    "hook that is async, of an object": (
        "[enforced]\nbefore_send = 'tests.apps.hooks_of_a_policy:asynchronous_object'",
        "(*/policy.toml:2) is left out: it leads to an async function or a generator, which the SDK does not await",
    ),
    "limits that are no rules": (
        "[limits]\ndsn = 'host'",
        "policy.toml:2: [limits] dsn is not a table of rules: the rules are",
    ),
    "limits in an array": (
        "[[limits.dsn]]\nallow = ['host']",
        "policy.toml:1: [limits] dsn is not a table of rules",
    ),
    "unknown rule": (
        "[limits.dsn]\n\nalow = ['host']",
        "policy.toml:3: [limits] dsn has no rule alow: the rules are max, min, allow",
    ),
    "nothing allowed": (
        "[limits.dsn]\n\nallow = []",
        "policy.toml:3: [limits] dsn has a wrong value at allow: it is empty",
    ),
    "text allowed": (
        "[limits]\ndsn = { allow = 'host' }",
        "policy.toml:2: [limits] dsn has a wrong value at allow: it is not a list",
    ),
    "number allowed": (
        "[limits.dsn]\n\nallow = [1]",
        "policy.toml:3: [limits] dsn has a wrong value at allow: it is not text",
    ),
    "blank allowed": (
        "[limits]\nrelease = { allow = [' '] }",
        "at allow: ' ' matches nothing, as it is blank",
    ),
    "allowed beside a ceiling": (
        "[limits]\ndsn = { allow = ['host'], max = 1 }",
        "policy.toml:2: [limits] dsn is not a number",
    ),
    "boolean for a ceiling": ("[limits]\nsample_rate = { max = true }", "at max: it is not a number"),
    "NaN for a ceiling": ("[limits]\nsample_rate = { max = nan }", "at max: it is not a finite number"),
    "URL for a host": (
        "[limits.dsn]\n\nallow = ['https://key@sentry.acme:9000/1']",
        "policy.toml:3: [limits] dsn has a wrong value at allow: 'https://***@sentry.acme:9000/1' matches no host,"
        " and only the host counts: write one in lower case, without scheme, port and brackets, such as 'sentry.acme'",
    ),
    "port": (
        "[limits]\ndsn = { allow = ['*.acme:*'] }",
        "'*.acme:*' matches no host, and only the host counts",
    ),
    "host in upper case": (
        "[limits]\nhttp_proxy = { allow = ['Proxy'] }",
        "'Proxy' matches no host, and only the host counts",
    ),
    "IPv6 in brackets": (
        "[limits]\ndsn = { allow = ['[::1]'] }",
        "'[::1]' matches no host, and only the host counts: write one in lower case, without scheme, port and"
        " brackets, such as '::1'",
    ),
    "URL for a text": (
        "[limits]\nenvironment = { allow = ['https://*'] }",
        "'https://*' matches nothing: only the host of a URL is compared",
    ),
    "brackets that leave nothing": (
        "[limits]\nrelease = { allow = ['[b-a]'] }",
        "'[b-a]' matches nothing: its brackets",
    ),
    "callers without a ceiling": (
        "[limits.traces_sample_rate]\nmin = 0.1\nsampled_by_callers = true",
        "[limits] traces_sample_rate takes no sampled_by_callers: it is only for traces_sample_rate, together with max",
    ),
    "callers of what they do not decide": (
        "[limits.sample_rate]\nmax = 0.1\nsampled_by_callers = true",
        "[limits] sample_rate takes no sampled_by_callers: it is only for traces_sample_rate, together with max",
    ),
    "callers by a number": (
        "[limits.traces_sample_rate]\nmax = 0.1\nsampled_by_callers = 1",
        "[limits] traces_sample_rate has a wrong value at sampled_by_callers: it is neither true nor false",
    ),
    "enforced option that no SDK has": (
        "[enforced]\nsend_nothing = true",
        "[enforced] send_nothing (*/policy.toml:2) is not a setting",
    ),
    "enforced integration that no SDK has": (
        "[enforced]\ndisabled_integrations = ['rediss']",
        "has no integration rediss. Did you mean redis?",
    ),
    "limit on what is no number": (
        "[limits.release]\nmax = 1",
        "policy.toml:1: [limits] release is not a number: max and min are for numbers",
    ),
    "limit on what is no text": (
        "[limits]\ndebug = { allow = ['true'] }",
        "policy.toml:2: [limits] debug is not text",
    ),
    "limit that is no number": (
        "[limits]\nsample_rate = { max = 'half' }",
        "[limits] sample_rate has a wrong value at max: it is not a number",
    ),
    "limit beyond what there is": (
        f"[limits]\nsample_rate = {{ min = {10**400} }}",
        "[limits] sample_rate has a wrong value at min: it is not a number from 0 to 1",
    ),
    "limit to what is no choice": (
        "[limits]\nmax_request_body_size = { allow = ['n*'] }",
        "has a wrong value at allow: it is not one of never, small, medium, always",
    ),
    "limit that limits nothing": (
        "[limits]\nsample_rate = {}",
        "limits nothing: it needs max, min or allow",
    ),
    "limit on no option": (
        "[limits]\nsample_rat = { max = 1 }",
        "[limits] sample_rat is not an option that can be limited. Did you mean sample_rate?",
    ),
}

# Name → the code of the module `acme`, the entry point's object, and what the line says.
ENTRY_POINTS = {
    "no such module": ("", "no_such:policy", "raised ModuleNotFoundError"),
    "no such object": ("", "acme:policy", "raised AttributeError"),
    "import that raises": ("1 / 0", "acme:policy", "loading acme:policy raised ZeroDivisionError"),
    "function that raises": ("def policy(): raise LookupError('x')", "acme:policy", "raised LookupError: x"),
    "function that exits": ("def policy(): raise SystemExit(3)", "acme:policy", "raised SystemExit: 3"),
    "function with parameters": ("def policy(a): return {}", "acme:policy", "raised TypeError"),
    "coroutine": ("async def policy(): return {}", "acme:policy", "raised TypeError"),
    "nothing": ("policy = None", "acme:policy", "it is not a mapping of tables"),
    "number": ("policy = 7", "acme:policy", "it is not a mapping of tables"),
    "circle": ("policy = {}\npolicy['defaults'] = policy", "acme:policy", "raised ValueError"),
    "null": (
        "policy = {'enforced': {'dsn': None}}",
        "acme:policy",
        "[enforced] dsn (policy acme (acme:policy)) has",
    ),
    "path of nothing": (
        "policy = '/no/such'",
        "acme:policy",
        "(acme:policy), /no/such cannot be read: No such",
    ),
}


def line_of_an_app_that_is_served(server: Server, project: Project, other: Project) -> str:
    """See the app served, whose own init asks for another receiver, and nothing arrive anywhere; give our line."""
    server.ready().provoke()
    assert server.get("/message").text == "ok"
    server.stop()
    assert "the app's init gave _InitGuard" in server.output
    assert (project.items(), other.items()) == ([], [])
    first, *others = [
        line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")
    ]
    assert first.endswith("ntil then nothing leaves this process. [invalid-policy]")
    # The app's init is told of.
    (second,) = others
    assert "may not set dsn=*** (left out: the policy (not known))" in second
    return first


def said_in(line: str, words: str) -> bool:
    """Whether a line has these words, with any directory for the asterisk."""
    return all(part in line for part in words.split("*/"))


@pytest.mark.parametrize(("make", "words"), FILES.values(), ids=FILES.keys())
def test_a_file(
    make: Callable[[Path], Any],
    words: str,
    start: Start,
    project: Project,
    other: Project,
    tmp_path: Path,
) -> None:
    path = tmp_path / "policy.toml"
    make(path)
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn, "SENTRY_ASGI_POLICY": str(path)}
    line = line_of_an_app_that_is_served(start(uvicorn("own_init:app"), environ), project, other)
    assert said_in(line, words), line


def test_a_file_that_may_not_be_read(start: Start, project: Project, other: Project, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.touch(mode=0)
    command = uvicorn("own_init:app")
    if os.geteuid() == 0:
        # Root may read everything, unless it gives that up.
        assert shutil.which("setpriv"), "as root, this test needs setpriv"
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn, "SENTRY_ASGI_POLICY": str(path)}
    line = line_of_an_app_that_is_served(start(command, environ), project, other)
    assert "policy.toml' cannot be read: Permission denied." in line


@pytest.mark.parametrize("name", ["function that raises", "nothing"])
def test_an_entry_point(name: str, start: Start, project: Project, other: Project, tmp_path: Path) -> None:
    code, value, words = ENTRY_POINTS[name]
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn}
    environ.update(distribution(tmp_path, code, {POLICIES: {"acme": value}}))
    line = line_of_an_app_that_is_served(start(uvicorn("own_init:app"), environ), project, other)
    assert words in line


def line_of(environ: dict[str, str]) -> str:
    """See that neither our init nor an app's may send anything, whatever that is to do, and give the one line."""
    lines: set[str] = set()
    for mode in ("merge", "keep", "replace"):
        loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_ON_APP_INIT": mode, **environ})
        resolved = init_arguments.resolve(loaded)
        arguments, problems = resolved.build_arguments(), resolved.problems
        app = {"dsn": "https://key@other/1", "spotlight": True, "transport": print}
        for given in (arguments.own(), arguments.of_app(app).arguments):
            assert (given["dsn"], given["spotlight"], given["transport"]) == ("", False, None)
        lines.update(map(str, [*loaded.problems, *problems]))
    (line,) = lines
    assert line.endswith("ntil then nothing leaves this process. [invalid-policy]")
    assert not re.search("pydantic|datetime|[Ii]nput should", line)
    return line


@pytest.mark.parametrize(("content", "words"), CONTENTS.values(), ids=CONTENTS.keys())
def test_what_a_file_says(content: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "acme_no_python.py").write_text("def (")
    (tmp_path / "acme_exits.py").write_text("raise SystemExit(3)")
    path = tmp_path / "policy.toml"
    path.write_text(content)
    line = line_of({"SENTRY_ASGI_POLICY": str(path)})
    assert said_in(line, words), line


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf[defaults]\nrelease = '1'",
        b"[defaults]\r\nrelease = '1'\r\n",
        b"[defaults]\rrelease = '1'\r",
        b"# Defaults\n[ defaults ]\n'release' = '1'  # one",
        b"defaults.release = '1'\nlimits.dsn.allow = ['[gh]ost', '::1', '10.*']",
        b"defaults = { release = '1' }",
        b"[defaults]\nrelease = '1'\n[limits.traces_sample_rate]\nmax = 0.1\nsampled_by_callers = true",
    ],
    ids=["byte-order mark", "CRLF", "CR", "comments and quotes", "dotted keys", "inline table", "callers"],
)
def test_an_odd_file_that_says_what_makes_sense_applies(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a policy.toml"
    path.write_bytes(content)
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_POLICY": str(path)})
    assert (loaded.problems, loaded.options["release"]) == ([], "1")


@pytest.mark.parametrize("content", ["", "# nothing\n", "[defaults]\n[limits]\n[enforced]\n"])
def test_a_file_that_says_nothing_is_a_policy_of_nothing(content: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(content)
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_POLICY": str(path)})
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    assert (loaded.problems, loaded.policy.names, bool(loaded.enforcement)) == (
        [],
        [f"{path}@{digest}"],
        False,
    )


@pytest.mark.parametrize("path", ["~/policy.toml", "file://{}", "{}:{}", "{}\\n", "'{}'"])
def test_what_is_no_path_is_shown_as_it_is_set(path: str, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("")
    named = path.format(*[tmp_path / "policy.toml"] * 2)
    line = line_of({"SENTRY_ASGI_POLICY": named})
    assert line.startswith(
        f"the policy SENTRY_ASGI_POLICY={named!r} cannot be read: No such file or directory."
    )


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_told(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[defaults]\nrelease = 'é'", encoding=encoding)
    assert "policy.toml' cannot be read: it is not UTF-8 text." in line_of({"SENTRY_ASGI_POLICY": str(path)})


@pytest.mark.parametrize(("code", "value", "words"), ENTRY_POINTS.values(), ids=ENTRY_POINTS.keys())
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_what_an_entry_point_gives(
    code: str, value: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution(tmp_path, code, {POLICIES: {"acme": value}})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    assert words in line_of({})
    sys.modules.pop("acme", None)


@pytest.mark.parametrize("rubbish", [b"\nnonsense\n", b"\n\xff\xfe = x:y\n"], ids=["malformed", "binary"])
def test_metadata_that_cannot_be_read(
    rubbish: bytes, start: Start, project: Project, other: Project, tmp_path: Path
) -> None:
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn}
    environ.update(with_metadata(tmp_path, "policy = {}", f"[{POLICIES}]".encode() + rubbish))
    line = line_of_an_app_that_is_served(start(uvicorn("own_init:app"), environ), project, other)
    assert "the metadata of acme, which declares a policy, cannot be read" in line


def test_what_keeps_the_settings_from_being_read_lets_nothing_past_a_policy(
    start: Start, project: Project, other: Project, tmp_path: Path
) -> None:
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn}
    code = "policy = {'defaults': {'no_option': 1}}"  # which has one look for what is nearly called so
    environ.update(distribution(tmp_path, code, {POLICIES: {"acme": "acme:policy"}}))
    (tmp_path / "difflib.py").write_text("raise ImportError('gone')\n")
    server = start(uvicorn("own_init:app"), environ).ready()
    server.provoke()
    server.stop()
    assert "the app's init gave _InitGuard" in server.output
    assert (project.items(), other.items()) == ([], [])
    assert "there is a policy, but it cannot be applied. Fix the problem in the line above" in server.output


def test_an_unknown_policy_stands_above_an_init_that_ran_before_the_server(
    start: Start, project: Project, other: Project, tmp_path: Path
) -> None:
    code = f"import sentry_sdk\nsentry_sdk.init({other.dsn!r}, traces_sample_rate=1.0)\n"
    (tmp_path / "early.py").write_text(f"{code}import uvicorn.__main__ as m\nm.uvicorn.main()\n")
    command = uvicorn("--app-dir", ".", "fastapi_app:app")
    command[1:3] = [str(tmp_path / "early.py")]
    server = start(command, {"SENTRY_ASGI_POLICY": "/no/such/policy.toml"}).ready()
    server.provoke()
    server.stop()
    assert (project.items(), other.items()) == ([], [])


def test_nobody_is_left_out_of_an_unknown_policy_as_it_may_forbid_just_that(
    start: Start, project: Project, other: Project, tmp_path: Path
) -> None:
    environ = {"INIT": "by keywords", "OTHER_DSN": other.dsn, "SENTRY_ASGI_POLICY": "/no/such"}
    environ.update({"SENTRY_ASGI_DISABLED_SERVERS": "uvicorn", "SENTRY_ASGI_EXCLUDED_APPS": "own_init:*"})
    line_of_an_app_that_is_served(start(uvicorn("own_init:app"), environ), project, other)


def test_in_strict_mode_the_server_refuses_to_start(start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_STRICT": "true", "SENTRY_ASGI_POLICY": "/no/such/policy.toml"}
    server = start(uvicorn("raw3:app"), environ)
    assert server.wait() == 78
    assert server.output.count("[invalid-policy]") == 1
    assert project.items() == []

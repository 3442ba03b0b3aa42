"""Read profiles: of one transaction (`profile`), or a continuous one that arrives in chunks (`profile_chunk`)."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from sentry_asgi_autoconf.inbox.facts import sender_of
from sentry_asgi_autoconf.inbox.tolerant import (
    Item,
    Shown,
    clock,
    duration,
    mapping,
    moment,
    number,
    sequence,
    text,
)

TYPES = ("profile", "profile_chunk")
MAX_NODES, MAX_DEPTH, MAX_HOT = 20_000, 200, 25
_NAME = 300


class Frame(NamedTuple):
    """A function that a sample found running; `place` is its file and line."""

    name: str
    place: str
    in_app: bool


class Sample(NamedTuple):
    """What one thread did at one moment, the outermost function first."""

    thread: str
    frames: Sequence[Frame]


def summary(item: Item) -> Shown:
    """Sum up a profile, or a chunk of one."""
    payload = mapping(item["payload"])
    transaction = _transaction(payload)
    profiler = text(payload.get("profiler_id"))
    taken = sequence(mapping(payload, "profile").get("samples"))
    return {
        "item_id": item["id"],
        "project": item["project"],
        "time": clock(item["received"]),
        "name": text(transaction.get("name")) or ("Continuous profile" if profiler else "Profile"),
        "profiler_id": profiler,
        "trace_id": text(transaction.get("trace_id")),
        "event_id": text(transaction.get("id")),
        "samples": len(taken),
        "duration": duration(_seconds(taken)),
        "platform": text(payload.get("platform")),
        **sender_of(payload),
    }


def samples_of(item: Item) -> Iterator[Sample]:
    """Yield what was sampled; what cannot be read is left out."""
    profile = mapping(item["payload"], "profile")
    frames = [_frame(mapping(frame)) for frame in sequence(profile.get("frames"))]
    stacks = [_stack(stack, frames) for stack in sequence(profile.get("stacks"))]
    threads = mapping(profile, "thread_metadata")
    for taken in map(mapping, sequence(profile.get("samples"))):
        which, thread = taken.get("stack_id"), text(taken.get("thread_id"))
        if isinstance(which, int) and 0 <= which < len(stacks):
            yield Sample(text(mapping(threads, thread).get("name")) or f"thread {thread}", stacks[which])


def tree(samples: Iterable[Sample]) -> Shown:
    """Join samples by what they have in common from the outside in: what a flame graph shows."""
    root, made = _node("all threads", "", False), 1
    for sample in samples:
        node = root
        node["value"] += 1
        for frame in (Frame(sample.thread, "", False), *sample.frames[:MAX_DEPTH]):
            child = node["children"].get(frame)
            if child is None:
                if made == MAX_NODES:
                    break
                child = node["children"][frame] = _node(*frame)
                made += 1
            child["value"] += 1
            node = child
    return _listed(root)


def hottest(samples: Iterable[Sample]) -> tuple[int, list[Shown]]:
    """Return how many samples there are, and the functions that were found running in most, themselves or below."""
    count = 0
    own: Counter[Frame] = Counter()
    total: Counter[Frame] = Counter()
    for sample in samples:
        count += 1
        own.update(sample.frames[-1:])
        total.update(set(sample.frames))
    ordered = sorted(total, key=lambda frame: (-own[frame], -total[frame], frame))[:MAX_HOT]
    rows = [
        {"frame": frame, "own": _share(own[frame], count), "total": _share(total[frame], count)}
        for frame in ordered
    ]
    return count, rows


def _transaction(payload: dict[str, Any]) -> dict[str, Any]:
    several = sequence(payload.get("transactions"))
    return mapping(several[0]) if several else mapping(payload, "transaction")


def _seconds(taken: list[Any]) -> float | None:
    """Return the time from the first sample to the last."""
    samples = [mapping(sample) for sample in taken]
    elapsed = [_whole(sample.get("elapsed_since_start_ns")) for sample in samples]
    at = [each / 1e9 for each in elapsed if each is not None]
    at = at or [each for each in (moment(sample.get("timestamp")) for sample in samples) if each is not None]
    return max(at) - min(at) if at else None


def _whole(value: Any) -> float | None:
    return (
        number(int(value))
        if isinstance(value, str) and value.isdigit() and len(value) < 19
        else number(value)
    )


def _stack(stack: Any, frames: list[Frame]) -> list[Frame]:
    known = [which for which in sequence(stack) if isinstance(which, int) and 0 <= which < len(frames)]
    return [frames[which] for which in reversed(known)]


def _frame(frame: dict[str, Any]) -> Frame:
    module, line = text(frame.get("module")), number(frame.get("lineno"))
    name = ".".join(filter(None, (module, text(frame.get("function")) or "?")))
    file = text(frame.get("filename")) or text(frame.get("abs_path"))
    place = file if line is None or not file else f"{file}:{line:.0f}"
    return Frame(name[:_NAME], place[:_NAME], frame.get("in_app") is True)


def _node(name: str, place: str, in_app: bool) -> Shown:
    return {"name": name, "place": place, "own": in_app, "value": 0, "children": {}}


def _listed(root: Shown) -> Shown:
    """Make lists of the children, which were found by their frame until now."""
    pending = [root]
    while pending:
        node = pending.pop()
        node["children"] = list(node["children"].values())
        pending += node["children"]
    return root


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"

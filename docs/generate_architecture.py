"""Write the picture and the two traced walks of `docs/architecture.md` from the code; `--check` only compares.

The picture is drawn from the layers that import-linter holds and from the imports that are there. The walks are
traced: which functions of the package a boot and a request come through, in a real uvicorn.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Iterator

import grimp
import tomllib

ROOT = Path(__file__).parent.parent
PACKAGE = "sentry_asgi_autoconf"
PAGE = Path(__file__).parent / "architecture.md"
PICTURE = Path(__file__).parent / "images" / "architecture.svg"
TRACE = Path(__file__).parent / "trace_walks.py"

WIDTH, BOX, GAP, ROW = 920, 62, 14, 96  # pixels


def layers() -> list[list[str]]:
    """Return the names in each layer, top to bottom, as import-linter's contract has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [[name.strip() for name in layer.split("|")] for layer in found if layer != "__main__"]


def said_of(name: str) -> str:
    """Return the sentence that a folder or module begins with."""
    folder = ROOT / PACKAGE / name
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n")[0].replace("`", "")


def imports() -> set[tuple[str, str]]:
    """Return which folder or loose module imports which other, for type checkers too, less what is implied."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=False, cache_dir=None)
    pairs: set[tuple[str, str]] = set()
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            one, other = ([*name.split("."), ""][1] for name in (importer, imported))
            if one and other and one != other:
                pairs.add((one, other))
    return {pair for pair in pairs if not _is_implied(pair, pairs)}


def _is_implied(pair: tuple[str, str], pairs: set[tuple[str, str]]) -> bool:
    """Whether what is imported is reached in several steps, too: the picture shows the longest ways alone."""
    importer, imported = pair
    reached, pending = set(), {via for start, via in pairs if start == importer and via != imported}
    while pending:
        name = pending.pop()
        reached.add(name)
        pending |= {via for start, via in pairs if start == name} - reached
    return imported in reached


def picture() -> str:
    """Draw each layer as a row of boxes, and each import as a line downwards."""
    rows = layers()
    boxes: dict[str, tuple[float, float, float]] = {}
    for number, row in enumerate(rows):
        width = (WIDTH - GAP * (len(row) + 1)) / len(row)
        for place, name in enumerate(row):
            boxes[name] = (GAP + place * (width + GAP), GAP + number * ROW, width)
    height = len(rows) * ROW + GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<title>The package's layers, and what imports what</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *(_line(boxes, importer, imported) for importer, imported in sorted(imports()) if importer in boxes),
        *(_box(name, *boxes[name]) for name in boxes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _line(boxes: dict[str, tuple[float, float, float]], importer: str, imported: str) -> str:
    (x, y, width), (to_x, to_y, to_width) = boxes[importer], boxes[imported]
    start, end = x + width / 2, to_x + to_width / 2
    top, bottom = y + BOX, to_y
    bend = (bottom - top) / 2
    return (
        f'<path d="M{start:.0f} {top:.0f} C{start:.0f} {top + bend:.0f} {end:.0f} {bottom - bend:.0f}'
        f' {end:.0f} {bottom:.0f}" fill="none" stroke="#6a5f8d" stroke-opacity="0.35"/>'
    )


def _box(name: str, x: float, y: float, width: float) -> str:
    is_folder = (ROOT / PACKAGE / name).is_dir()
    title = f"{name}/" if is_folder else f"{name}.py"
    # A character of 12 pixels' height is about half as wide.
    most = int((width - 12) / 6.4)
    words = said_of(name)
    said = [words[:most]] if len(words) <= most else _halves(words, most)
    return "".join(
        (
            f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{BOX}" rx="6"',
            f' fill="{"#efeaf7" if is_folder else "#f7f7f7"}" stroke="#362d59"/>',
            f'<text x="{x + 9:.0f}" y="{y + 20}" font-size="14" font-weight="bold" fill="#362d59">{title}</text>',
            *(
                f'<text x="{x + 9:.0f}" y="{y + 38 + 15 * number}" font-size="12" fill="#444">{escape(line)}</text>'
                for number, line in enumerate(said)
            ),
        )
    )


def _halves(words: str, most: int) -> list[str]:
    first = words[:most].rpartition(" ")[0] or words[:most]
    rest = words[len(first) :].strip()
    return [first, rest if len(rest) <= most else rest[: most - 1] + "…"]


def walks() -> dict[str, dict[str, list[str]]]:
    """Trace them: the functions of each module, in the order in which they are entered for the first time."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")}
    environ["PYTHONPATH"] = str(ROOT / PACKAGE / "bootstrap")
    environ["SENTRY_DSN"] = "http://key@127.0.0.1:9/1"
    traced = subprocess.run(
        [sys.executable, str(TRACE)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        cwd=TRACE.parent,
    )
    found: dict[str, dict[str, list[str]]] = json.loads(traced.stdout.splitlines()[-1])
    return found


def page(text: str, traced: dict[str, dict[str, list[str]]]) -> str:
    """Return the page with the walks in their places."""
    for name, walk in traced.items():
        begin, end = f"<!-- traced: {name} -->\n", "<!-- end -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{''.join(_described(walk))}{end}{rest.partition(end)[2]}"
    return text


def _described(walk: dict[str, list[str]]) -> Iterator[str]:
    functions = sum(map(len, walk.values()))
    yield f"\n{functions} functions in {len(walk)} files:\n\n"
    for module, names in walk.items():
        yield f"- `{module}`: {', '.join(f'`{name}`' for name in names)}\n"
    yield "\n"


def main() -> int:
    """Write both, or compare what is written with what would be."""
    traced = walks()
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(picture())
        PAGE.write_text(page(PAGE.read_text(), traced))
        return 0
    current = PICTURE.read_text() == picture() and PAGE.read_text() == page(PAGE.read_text(), traced)
    if not current:
        print(
            "docs/architecture.md is not what the code is: run docs/generate_architecture.py", file=sys.stderr
        )
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())

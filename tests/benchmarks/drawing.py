"""Draw charts as SVG, legible on light and on dark pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import matplotlib
from matplotlib.figure import Figure

from tests.benchmarks.charts import Chart
from tests.benchmarks.variants import LABELS, OURS, STOCK

_OURS, _STOCK, _OTHERS = "#e8703a", "#7f86d9", "#96a0aa"
_TEXT = "#7d8590"  # has contrast enough with both white and near black
_STYLE: Any = {  # of the names that matplotlib knows
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "benchmarks",  # the same drawing gives the same file
    "font.size": 9,
    "text.color": _TEXT,
    "ytick.labelcolor": _TEXT,
}
_INCHES_A_BAR = 0.26


def draw(chart: Chart, directory: Path) -> Path:
    """Write the chart into `directory`, and give its file."""
    rows = list(_rows(chart))
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(7.2, _INCHES_A_BAR * len(rows) + 0.6), layout="constrained")
        # At the left edge of all, as beside the labels a long one would be cut off.
        figure.suptitle(chart.title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        _draw_bars(figure.add_subplot(), rows, chart.form)
        target = directory / f"{chart.name}.svg"
        figure.savefig(target, transparent=True, metadata={"Date": None})
    return target


def _rows(chart: Chart) -> Iterator[tuple[str, str, float | None]]:
    """Yield label, variant and value of each row; a title and a gap are rows without a value."""
    for number, group in enumerate(chart.groups):
        if group.title:
            if number:
                yield "", "", None
            yield group.title, "", None
        for variant, value in group.values.items():
            yield LABELS[variant], variant, value


def _draw_bars(axes: Any, rows: list[tuple[str, str, float | None]], form: str) -> None:
    colours = {OURS.name: _OURS, STOCK.name: _STOCK}
    for place, (_, variant, value) in enumerate(rows):
        if value is not None:
            axes.barh(place, value, height=0.72, color=colours.get(variant, _OTHERS))
            axes.annotate(
                form.format(value), (value, place), xytext=(4, 0), textcoords="offset points", va="center"
            )
    axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
    for tick, (_, variant, value) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if value is None or variant == OURS.name else "normal")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)

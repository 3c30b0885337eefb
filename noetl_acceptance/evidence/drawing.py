"""Draws the picture of an execution as SVG: one clock, and below each other what happened on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from noetl_acceptance.evidence.picture import FAULTS, Bar, Mark, Picture
from noetl_acceptance.model.wording import counted

WIDTH = 800
LEFT, RIGHT = 100, 20
"""Beside the plot: room for the labels, and for what ends at the edge."""

PLOT = WIDTH - LEFT - RIGHT
_HEAD, _GAP = 20, 12
_CALLS, _ROWS = 96, 72
_LANE = 15
_MOST_BARS = 260
"""The height of all batches together, at the most as far as a bar can still be told."""

_MOST_TICKS = 9
_MOST_DOTS = 40


def draw(picture: Picture, *, name: str, title: str) -> str:
    """Return the picture as an ``svg`` element, to stand inside a page.

    The page's style sheet has the colours, by class. Every text in it is escaped.

    Args:
        picture: what is to be drawn.
        name: of the execution, unique in the page: letters, digits, dashes.
        title: the execution in words, for who cannot see the picture.
    """
    parts: list[str] = []
    y = 0.0
    for panel in (_batches, _calls, _rows, _faults):
        drawn, height = panel(picture, y)
        parts += drawn
        y += height + (_GAP if height else 0)
    clock = _clock(picture, y)
    height = y + 26
    return _element(
        "svg",
        _element("title", _text(title), id=f"{name}-title"),
        _element("desc", _text(description(picture)), id=f"{name}-description"),
        *clock,
        *parts,
        viewBox=f"0 0 {WIDTH} {height:.0f}",
        role="img",
        aria_labelledby=f"{name}-title {name}-description",
        class_="picture",
    )


def description(picture: Picture) -> str:
    """Return in words what a picture shows."""
    counts = {kind: sum(m.count for m in picture.marks if m.kind == kind) for kind in FAULTS}
    told = ", ".join(f"{kind} {count}" for kind, count in counts.items() if count)
    last = picture.rows[-1][1]
    return (
        f"{counted(len(picture.bars), 'worker execution')} in {picture.ended:.1f} s; "
        f"at most {counted(picture.peak, 'call')} in flight at once; "
        f"{last} of {counted(picture.expected, 'row')} stored; faults: {told or 'none'}."
    )


def _batches(picture: Picture, top: float) -> tuple[list[str], float]:
    bars = picture.bars
    thick = min(max(_MOST_BARS / max(len(bars), 1), 1.0), 18.0)
    drawn = [_heading("batches", counted(len(bars), "worker execution"), top)]
    for lane, bar in enumerate(bars):
        y = top + _HEAD + lane * thick
        left, width = _x(bar.start, picture), max((bar.end - bar.start) / picture.seconds * PLOT, 1)
        drawn.append(
            _element(
                "rect",
                _element("title", _text(_told(bar))),
                class_="batch" if bar.ending == "playbook.completed" else "batch failed",
                data_batch=bar.batch,
                **_box(left, y + thick * 0.1, width, thick * 0.8),
            )
        )
        if thick >= 10:
            drawn.append(_label(str(bar.batch), LEFT - 8, y + thick / 2 + 4, "end"))
    return drawn, _HEAD + len(bars) * thick


def _told(bar: Bar) -> str:
    ended = bar.ending or "not ended"
    return (
        f"batch {bar.batch}: worker execution {bar.execution_id}, "
        f"{bar.start:.2f} to {bar.end:.2f} s ({bar.end - bar.start:.2f} s), {ended}"
    )


def _calls(picture: Picture, top: float) -> tuple[list[str], float]:
    base = top + _HEAD + _CALLS
    most = max(picture.peak, 1)

    def y(calls: int) -> float:
        return base - calls / most * _CALLS

    path = [f"M{LEFT} {base:.1f}"]
    path += [f"H{_x(at, picture):.1f}V{y(calls):.1f}" for at, calls in picture.flight]
    path.append(f"H{_x(picture.seconds, picture):.1f}V{base:.1f}Z")
    told = f"calls in flight at the profile API; the most at once: {picture.peak}"
    area = _element(
        "path",
        _element("title", _text(told)),
        class_="calls",
        data_peak=picture.peak,
        d="".join(path),
    )
    levels = [(picture.peak, "peak"), (0, "")] if picture.peak else [(0, "")]
    lines = [_level(y(value), str(value), kind) for value, kind in levels]
    heading = _heading("calls in flight", f"at the profile API, peak {picture.peak}", top)
    return [heading, *lines, area], _HEAD + _CALLS


def _rows(picture: Picture, top: float) -> tuple[list[str], float]:
    base = top + _HEAD + _ROWS
    last = picture.rows[-1][1]
    most = max(picture.expected, *(stored for _, stored in picture.rows), 1)
    points = [(_x(at, picture), base - n / most * _ROWS, at, n) for at, n in picture.rows]
    line = _element(
        "polyline",
        _element("title", _text(f"rows stored, as counted meanwhile; {last} at the end")),
        class_="rows",
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points),
    )
    dots = [
        _element(
            "circle",
            _element("title", _text(f"{counted(n, 'row')} stored at {at:.1f} s")),
            class_="rows",
            cx=f"{x:.1f}",
            cy=f"{y:.1f}",
            r=2.5,
        )
        for x, y, at, n in (points if len(points) <= _MOST_DOTS else points[-1:])
    ]
    levels = [_level(base - picture.expected / most * _ROWS, str(picture.expected), "expected")]
    if picture.expected:
        levels.append(_level(base, "0", ""))
    heading = _heading("rows stored", f"{last} of {picture.expected}", top)
    return [heading, *levels, line, *dots], _HEAD + _ROWS


def _faults(picture: Picture, top: float) -> tuple[list[str], float]:
    kinds = [kind for kind in FAULTS if any(mark.kind == kind for mark in picture.marks)]
    if not kinds:
        return [], 0.0
    drawn = [_heading("faults", f"{sum(mark.count for mark in picture.marks)}", top)]
    for lane, kind in enumerate(kinds):
        y = top + _HEAD + lane * _LANE
        drawn.append(_label(kind, LEFT - 8, y + 11, "end"))
        drawn += [_mark(mark, picture, y) for mark in picture.marks if mark.kind == kind]
    return drawn, _HEAD + len(kinds) * _LANE


def _mark(mark: Mark, picture: Picture, top: float) -> str:
    when = f"{mark.start:.2f} s"
    if mark.count > 1:
        when = f"{mark.count} from {when} to {mark.end:.2f} s"
    more = f"\n… {mark.count - len(mark.texts)} more" if mark.count > len(mark.texts) else ""
    told = f"{mark.kind}, {when}\n" + "\n".join(mark.texts) + more
    left, right = _x(mark.start, picture), _x(mark.end, picture)
    return _element(
        "rect",
        _element("title", _text(told)),
        class_="fault",
        data_kind=mark.kind,
        data_count=mark.count,
        **_box(left - 2, top + 2, max(right - left, 0) + 4, _LANE - 5),
    )


def _clock(picture: Picture, bottom: float) -> list[str]:
    """Return the lines and labels of the seconds, and a line at the execution's end."""
    drawn = []
    for at in ticks(picture.seconds):
        x = f"{_x(at, picture):.1f}"
        drawn.append(_element("line", class_="grid", x1=x, x2=x, y1=_HEAD, y2=f"{bottom:.1f}"))
        drawn.append(_label(f"{at:g} s", float(x), bottom + 14, "middle"))
    end = f"{_x(picture.ended, picture):.1f}"
    told = f"the execution's end, {picture.ended:.2f} s"
    title = _element("title", _text(told))
    line = _element("line", title, class_="end", x1=end, x2=end, y1=_HEAD, y2=f"{bottom:.1f}")
    return [*drawn, line]


def ticks(seconds: float) -> list[float]:
    """Return round numbers from 0 up to so many seconds, nine at the most."""
    rough = seconds / (_MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [round(i * step, 6) for i in range(int(seconds / step + 1e-9) + 1)]


def _x(at: float, picture: Picture) -> float:
    return LEFT + at / picture.seconds * PLOT


def _heading(name: str, more: str, top: float) -> str:
    strong = _element("tspan", _text(name), class_="name")
    return _element("text", strong, _text(f"  {more}"), x=LEFT, y=f"{top + 13:.1f}")


def _label(words: str, x: float, y: float, anchor: str) -> str:
    return _element("text", _text(words), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _level(y: float, words: str, kind: str) -> str:
    """Return a line across the plot at a value, with the value beside it."""
    line = _element(
        "line",
        class_=f"level {kind}".strip(),
        data_value=words,
        x1=LEFT,
        x2=WIDTH - RIGHT,
        y1=f"{y:.1f}",
        y2=f"{y:.1f}",
    )
    return line + _label(words, LEFT - 8, y + 4, "end")


def _box(x: float, y: float, width: float, height: float) -> dict[str, str]:
    names = ("x", "y", "width", "height")
    return {k: f"{v:.2f}" for k, v in zip(names, (x, y, width, height), strict=True)}


def _text(words: str) -> str:
    """Return text as it may stand in an element."""
    return escape(words, quote=False)


def _element(tag: str, *inner: str, **attributes: str | float) -> str:
    """Return an element; what is inside is markup, attributes are text."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
    )
    content: Sequence[str] = inner
    return f"<{tag}{written}>{''.join(content)}</{tag}>"

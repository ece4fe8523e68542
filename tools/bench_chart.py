# SPDX-License-Identifier: GPL-2.0-or-later
"""The chart of `make bench`: how many times faster than qemu each case is, on a logarithmic scale."""

import html
import math
import textwrap

from bench_math import GROUPS, geomean, group_rows

LEFT, BAR, ROW, RIGHT = 190, 640, 20, 150
TOP = 78
COLOURS = {"good": "#2f7d4f", "below": "#c58a1b", "slower": "#b3372f", "grid": "#d8d8d8", "ink": "#222222",
           "faint": "#777777"}


class Canvas:
    def __init__(self):
        self.parts = []

    def line(self, x1, y1, x2, y2, colour, width=1.0, dash=""):
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                          f'stroke-width="{width}"{dash}/>')

    def box(self, x, y, width, height, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" '
                          f'fill="{colour}"/>')

    def text(self, x, y, text, anchor="start", size=12, colour=COLOURS["ink"], weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}" '
                          f'font-weight="{weight}">{html.escape(text)}</text>')


def colour_of(row, group):
    if row.speed < 1:
        return COLOURS["slower"]
    return COLOURS["good"] if row.speed >= group.target or row.at_limit else COLOURS["below"]


def scale_of(rows):
    """x of a ratio; the axis goes by whole decades or to the nearest 1-2-5 step"""
    values = [v for r in rows if not r.failed for v in r.ratio[("qemu", "ours")]] + [0.8] + \
             [g.target for g in GROUPS]
    steps = sorted(m * 10.0 ** e for e in range(-5, 5) for m in (1, 2, 5))
    low = max(s for s in steps if s <= min(values) or s == steps[0])
    high = min(s for s in steps if s >= max(values) or s == steps[-1])
    span = math.log(high / low)

    def x(value):
        return LEFT + BAR * math.log(max(min(value, high), low) / low) / span
    return x, [s for s in steps if low <= s <= high]


def draw_bar(c, y, row, group, x):
    c.text(LEFT - 8, y + 14, row.case, "end")
    if row.failed:
        c.text(LEFT + 4, y + 14, "FAILED: " + row.faults[0][:80], colour=COLOURS["slower"])
        return
    value, least, most = row.ratio[("qemu", "ours")]
    start, end = sorted((x(1), x(value)))
    c.box(start, y + 4, end - start, ROW - 8, colour_of(row, group))
    c.line(x(least), y + ROW / 2, x(most), y + ROW / 2, COLOURS["ink"])
    for edge in least, most:
        c.line(x(edge), y + 6, x(edge), y + ROW - 6, COLOURS["ink"])
    c.text(LEFT + BAR + 10, y + 14, f"{value:.2f}x" + (" (at its limit)" if row.at_limit else ""))


def draw(rows, title, subtitle):
    """the SVG as text"""
    c = Canvas()
    x, ticks = scale_of(rows)
    y = TOP
    for group in GROUPS:
        mine = [r for r in rows if r.case in group.cases]
        if not mine:
            continue
        counted = group_rows(rows, group, counted=True)
        mean = f"geometric mean {geomean(r.speed for r in counted):.2f}x" if counted else "none measured"
        c.text(LEFT - 8, y + 14, group.name, "end", weight="bold")
        c.text(LEFT + 4, y + 14, f"{mean}, target {group.target:g}x", colour=COLOURS["faint"])
        y += ROW
        began = y
        # best first: the eye finds what is left to do at the end
        for row in sorted(mine, key=lambda r: -r.speed):
            draw_bar(c, y, row, group, x)
            y += ROW
        c.line(x(group.target), began, x(group.target), y, COLOURS["ink"], 1.4, "5 3")
        y += ROW // 2
    bottom = y
    body, c.parts = c.parts, []
    width, height = LEFT + BAR + RIGHT, bottom + 40
    c.box(0, 0, width, height, "#ffffff")
    c.text(LEFT, 22, title, size=16, weight="bold")
    for i, line in enumerate(textwrap.wrap(subtitle, 130)[:2]):
        c.text(LEFT, 40 + 14 * i, line, colour=COLOURS["faint"], size=11)
    last = -math.inf
    for t in ticks:
        c.line(x(t), TOP - 6, x(t), bottom, COLOURS["grid"])
        if x(t) - last > 34:
            c.text(x(t), bottom + 16, f"{t:g}x", "middle", colour=COLOURS["faint"])
            last = x(t)
    c.line(x(1), TOP - 6, x(1), bottom, COLOURS["ink"], 1.6)
    c.text(LEFT, bottom + 34, "qemu's time / ours, logarithmic; right of the solid line is faster than qemu; "
           "dashed: the group's target; whiskers: rounds", size=11, colour=COLOURS["faint"])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="sans-serif">\n' + "\n".join(c.parts + body) + "\n</svg>\n")

"""A process drawn from its own state table, as SVG that stands alone (P22)."""

import textwrap
from collections.abc import Collection
from xml.sax.saxutils import escape

from models.rules.machine import E, Machine, S, State
from models.rules.process_map_layout import BOX_HEIGHT, BOX_WIDTH, LINE, Box, Label, Written, lay_out

_LABEL_CHARACTERS = 14
_LEGEND = "Bold: decided by a person. ✓ passed. Double frame: the end. Small: who acts next."
_STYLE = """
.pmap{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:11px}
.pmap text{fill:#1c242c;text-anchor:middle}.pmap .start text,.pmap .legend{text-anchor:start}
.pmap .bg{fill:#fff}.pmap .box{fill:#fff;stroke:#5b6b7a;stroke-width:1.2}
.pmap .been .box{fill:#e6eef3}.pmap .now .box{fill:#cfe6fb;stroke:#0b57a4;stroke-width:3.5}
.pmap .name{font-size:12.5px;font-weight:600}.pmap .small{font-size:10px;fill:#4f5b66}
.pmap .now .flag{fill:#0b57a4;font-weight:700;font-size:11px}
.pmap .way{fill:none;stroke:#1c242c;stroke-width:1.8}.pmap .round{stroke:#77848f;stroke-width:1.2}
.pmap .tip{fill:#1c242c}.pmap .roundtip{fill:#77848f}
.pmap .on{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}.pmap .decided{font-weight:700}
@media (prefers-color-scheme:dark){.pmap text{fill:#e6edf3}.pmap .bg{fill:#11171d}
.pmap .box{fill:#1b242d;stroke:#8796a3}.pmap .been .box{fill:#26333f}.pmap .now .box{fill:#12406e;stroke:#7cc0ff}
.pmap .small{fill:#aebac4}.pmap .now .flag{fill:#a9d6ff}.pmap .way{stroke:#e6edf3}.pmap .round{stroke:#8796a3}
.pmap .tip{fill:#e6edf3}.pmap .roundtip{fill:#8796a3}.pmap .on{stroke:#11171d}}
"""


def draw(machine: Machine[S, E], current: S | None = None, visited: Collection[S] = frozenset()) -> str:
    """The map as SVG: the current stage marked, the visited ones ticked.

    It tells everything in words too (title and description), needs no other file, and turns dark with its reader's
    screen. Ids begin with the machine's name, so maps of several processes can stand on one page. Raises KeyError for
    a current stage that is none of the machine's.
    """
    drawing = lay_out(machine)
    prefix = "map-" + "-".join(machine.name.split())
    height = drawing.height + 22
    return "".join(
        [
            _opening(prefix, drawing.width, height),
            f'<title id="{prefix}-t">{escape(_title(machine, current))}</title>',
            f'<desc id="{prefix}-d">{escape(_in_words(machine, current, visited))}</desc>',
            f"<style>{_STYLE}</style><defs>{_tip(prefix, 'tip')}{_tip(prefix, 'roundtip')}</defs>",
            '<rect class="bg" width="100%" height="100%"/>',
            _ways("way round", f"{prefix}-roundtip", drawing.detours),
            _ways("way", f"{prefix}-tip", drawing.straight),
            *(_box(state, drawing.boxes[str(state.name)], current, visited) for state in machine.states),
            *(_written(label) for label in drawing.labels),
            f'<text class="small legend" x="16" y="{height - 12:.0f}">{_LEGEND}</text></svg>',
        ]
    )


def _opening(prefix: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pmap" role="img" aria-labelledby="{prefix}-t {prefix}-d" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
    )


def _ways(kind: str, tip: str, paths: list[str]) -> str:
    drawn = "".join(f'<path d="{path}"/>' for path in paths)
    return f'<g class="{kind}" marker-end="url(#{tip})">{drawn}</g>'


def _title(machine: Machine[S, E], current: S | None) -> str:
    at = f": now at “{machine.state(current).label}”" if current is not None else ""
    return f"Process map of the {machine.name}{at}"


def _in_words(machine: Machine[S, E], current: S | None, visited: Collection[S]) -> str:
    told: list[str] = []
    if current is not None:
        here = machine.state(current)
        told.append(
            f"The {machine.name} is now at “{here.label}”" + (f", waiting for {here.waits_for}" * bool(here.waits_for))
        )
    if passed := [state.label for state in machine.states if state.name in visited and state.name != current]:
        told.append("Passed: " + ", ".join(passed))
    for state in machine.states:
        ways = [
            f"{machine.event(event).label} leads to “{machine.state(target).label}”"
            for (source, event), target in machine.transitions.items()
            if source == state.name != target
        ]
        told.append(f"From “{state.label}”: " + ("; ".join(ways) or "it has ended"))
    return ". ".join(told) + "."


def _tip(prefix: str, kind: str) -> str:
    return (
        f'<marker id="{prefix}-{kind}" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="{kind}" d="M0 0L8 4L0 8z"/></marker>'
    )


def _box(state: State[S], box: Box, current: S | None, visited: Collection[S]) -> str:
    now, been = state.name == current, state.name in visited
    flag = "▶ now" if now else "✓" if been else ""
    if state.terminal:
        flag = f"{flag} (end)".strip() if flag else "end"
    kind, aria = ("now", ' aria-current="step"') if now else ("been" if been else "", "")
    frame = [
        f'<rect class="box" x="{box.x:.0f}" y="{box.y:.0f}" width="{BOX_WIDTH:.0f}" height="{BOX_HEIGHT:.0f}" rx="8"/>'
    ]
    if state.terminal:
        frame.append(
            f'<rect class="box" x="{box.x + 4:.0f}" y="{box.y + 4:.0f}" '
            f'width="{BOX_WIDTH - 8:.0f}" height="{BOX_HEIGHT - 8:.0f}" rx="5"/>'
        )
    x = box.x + BOX_WIDTH / 2
    lines = textwrap.wrap(state.label, _LABEL_CHARACTERS)[:3]
    first = box.middle + 4.5 - (len(lines) - 1) * 7.5
    texts = [
        f'<text class="name" x="{x:.0f}" y="{first + n * 15:.0f}">{escape(line)}</text>' for n, line in enumerate(lines)
    ]
    if flag:
        texts.append(f'<text class="small flag" x="{x:.0f}" y="{box.y + 17:.0f}">{flag}</text>')
    if state.waits_for and not state.terminal:
        texts.append(
            f'<text class="small" x="{x:.0f}" y="{box.y + BOX_HEIGHT - 9:.0f}">{escape(state.waits_for)}</text>'
        )
    return f'<g class="{kind}"{aria}>{"".join(frame + texts)}</g>'


def _written(written: Written) -> str:
    def line(number: int, label: Label) -> str:
        kind = ' class="decided"' if label.decided else ""
        y = written.y + number * LINE
        return f'<text{kind} x="{written.x:.0f}" y="{y:.0f}">{escape(label.text)}</text>'

    lines = "".join(line(*numbered) for numbered in enumerate(written.lines))
    return f'<g class="on{" start" * written.beside}">{lines}</g>'

"""Shows each step with the time it took, on a terminal and in a file alike, and keeps them for the report."""

import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

_INDENT = " " * 12


@dataclass
class Step:
    chapter: str
    title: str
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Something to see that came of the step."""
        self.notes.append(text)


class Progress:
    def __init__(self, console: Console) -> None:
        self.steps: list[Step] = []
        self._console = console
        self._chapter = ""

    def chapter(self, title: str) -> None:
        self._chapter = title
        self._console.print()
        self._console.print(Text(title, style="bold"))

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Printed when it is done; on a terminal it is seen while it runs."""
        step = Step(self._chapter, title)
        began = time.monotonic()
        try:
            with self._console.status(Text(title)):
                yield step
        except BaseException:
            self._show(step, began, "[red]✗[/red]")
            raise
        self._show(step, began, "[green]✓[/green]")
        self.steps.append(step)

    def _show(self, step: Step, began: float, mark: str) -> None:
        step.seconds = round(time.monotonic() - began, 2)
        title = Text.from_markup(f"[dim]{step.seconds:6.2f} s[/dim]  {mark} ") + Text(step.title)
        self._console.print(title)
        for note in step.notes:
            for line in textwrap.wrap(note, self._console.width, initial_indent=_INDENT, subsequent_indent=_INDENT):
                self._console.print(Text(line, style="dim"), soft_wrap=True)

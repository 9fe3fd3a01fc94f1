"""Writes docs/COVERAGE.md: which step of the product is shown by which tests, read from their ``step`` marks.

``python -m tests.coverage`` writes it, ``--check`` fails where it is stale.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
REPORT = ROOT / "docs" / "COVERAGE.md"

PARTS = {
    "P": "From placement request to operating station",
    "L": "Life of the station after activation",
    "S": "Subscriber lifecycle",
    "C": "Charging",
    "B": "Billing",
    "N": "Notices and events",
    "H": "What every part must hold to",
    "O": "What stations do in the field: the cases of OCPP.md",
}
STEPS = {
    "P1": "a placement request is sent and gets its reference",
    "P2": "it is recorded and waits for operations, with a due date",
    "P3": "operations approves or rejects; one of two wins",
    "P4": "a rejection is told with its reason and ends the process",
    "P5": "one connection request per location, however often it is retried",
    "P6": "a rejected location is replaced, or the request rejected",
    "P7": "the grid operator's calls, twice, late or out of order",
    "P8": "the work order is made from the tender",
    "P9": "its lines are added and changed",
    "P10": "the installer is told, plans and plans anew",
    "P11": "hardware is booked in, handed over and returned",
    "P12": "hardware is linked on site, and a wrong link undone",
    "P13": "the station is made and registered, its keys replaced",
    "P14": "it connects, boots, is configured and checked, or fails in time",
    "P15": "the test charge",
    "P16": "the site acceptance test is filled in and sent",
    "P17": "it is returned with remarks or approved by a second person",
    "P18": "the report is made, stored and told",
    "P19": "the station is activated, the work order closes",
    "P20": "withdrawal and cancellation undo what was done",
    "P21": "deadlines, reminders, escalations; tasks are claimed and released",
    "P22": "the timeline and the process map",
    "P23": "figures",
    "P24": "the work order is invoiced",
    "P25": "private placements",
    "L1": "each station's connection, boots, status and faults are followed",
    "L5": "what is wanted of a station is brought about, and drift mended",
    "L6": "a station without a placement request, by the same steps",
    "S1": "a subscription is asked for on the web, or entered by an agent",
    "S2": "the account is made with its tariff; what fails leaves no half of it",
    "S3": "a card of the pool is assigned, works within seconds, and the welcome kit goes out",
    "S4": "a card is replaced: the old one is dead at once, and its use reported",
    "S5": "suspension, resumption, another tariff from a date, closing",
    "S6": "groups with limits, closed stations and super-users of their own",
    "S7": "free vend",
    "S8": "personal data: export, and erasure that keeps what the law asks for",
    "S9": "vehicles",
    "C1": "a session on-line, by card: judged, begun, stopped, priced and booked once",
    "C2": "sessions that are told late, priced by their own time",
    "C3": "a session by text message: start, stop, status, help",
    "C4": "a session started and stopped from afar, at the price that was shown",
    "C5": "prepaid: money is held before energy flows, extended, or the session stopped in time",
    "C6": "a car that keeps the place is told of, and its time priced",
    "C10": "tariffs, and what a session costs by them",
    "B1": "each session gives one bill data record, whatever is repeated",
    "B8": "the ledger: double entry, append-only, balanced, and each amount leads back",
    "N": "notices by mail, text and webhook, each kept with its outcome",
    "H1": "nothing accepted is lost, and it is processed once in effect",
    "H2": "bad input gets a clear answer, the state is unchanged",
    "H3": "every decision is on record",
    "H4": "real parts",
    "H5": "an engineer finds each process and reads what it waits for",
    "O1": "a start that is retried is the same transaction",
    "O2": "a stop that is retried is answered and counts once",
    "O3": "a refused token's start gets a positive number and a stored session",
    "O4": "a stop or meter values of no transaction are answered and kept",
    "O5": "what fails our checks is answered and kept for a person to see",
    "O6": "what was queued while off-line counts by its own time",
    "O7": "an authorisation may overtake queued transactions; a stop shows any tag or none",
    "O8": "a stop of another station's transaction, or of an unknown connector, is never guessed",
    "O9": "a meter that goes back, or does not continue, is flagged and never billed negative",
    "O10": "meter values after the stop, or of no transaction, are kept",
    "O11": "a retried start is not concurrent with itself; a refused one uses up no reservation",
    "O12": "unknown identity, wrong credentials, no common subprotocol",
    "O13": "what may be sent by the answer to the boot; a reconnect goes on as before",
    "O14": "a second socket is authenticated and replaces the old one",
    "O15": "times and tags as stations write them",
    "O16": "a status before the boot; a million connectors",
    "O17": "the station is called inside the handler of its own call",
    "O18": "what moves money is read tolerantly, the rest strictly",
    "O19": "unknown actions and malformed frames get the error that is due",
    "O20": "a late answer is dropped; one call at a time in each direction",
    "O21": "message ids, types, sizes and floods are bounded",
    "O22": "a local list's version and its failed differential",
    "O23": "a remote start that is accepted is no start",
    "O24": "a profile sent too early is tried again",
    "O25": "a refused profile is read back",
    "O26": "sequence numbers missing, repeated, out of order",
    "O27": "queued and off-line events; a missing connector id is not 1",
    "O28": "messages before acceptance; a certificate names its station",
    "O29": "security profile 1: basic authentication with hashed keys, changed by command",
    "O30": "security profile 2: TLS",
    "O31": "security profile 3: client certificates; no stranger takes a session over",
}
_ID = re.compile(r"([A-Z])(\d*)")


@dataclass(frozen=True)
class Shown:
    """One test, by the step that it shows."""

    step: str
    sentence: str
    file: str
    hard: bool


def collect(folder: Path = TESTS) -> list[Shown]:
    """Every marked test. Raises ValueError where a mark names no step."""
    return [
        shown
        for path in sorted(folder.rglob("test_*.py"))
        for shown in _in_file(ast.parse(path.read_text()), path.relative_to(folder.parent).as_posix())
    ]


def _in_file(module: ast.Module, file: str) -> Iterator[Shown]:
    everywhere = [
        mark
        for statement in module.body
        if isinstance(statement, ast.Assign) and any(_named(target, "pytestmark") for target in statement.targets)
        for mark in _marks(statement.value)
    ]
    yield from _in_body(module.body, file, everywhere)


def _in_body(body: Iterable[ast.stmt], file: str, above: list[ast.expr]) -> Iterator[Shown]:
    for each in body:
        if isinstance(each, ast.ClassDef):
            yield from _in_body(each.body, file, above + each.decorator_list)
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
            marks = above + each.decorator_list
            hard = any(_is_mark(mark, "hard") for mark in marks)
            sentence = each.name.removeprefix("test_").replace("_", " ")
            for step in sorted(set(_steps(marks, file)), key=_order):
                yield Shown(step, sentence, file, hard)


def _marks(value: ast.expr) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]


def _steps(marks: Iterable[ast.expr], file: str) -> Iterator[str]:
    for mark in marks:
        # Parametrised cases may carry marks of their own.
        for call in ast.walk(mark):
            if isinstance(call, ast.Call) and _is_mark(call, "step"):
                for argument in call.args:
                    if not isinstance(argument, ast.Constant) or not _known(str(argument.value)):
                        raise ValueError(f"{file}:{mark.lineno}: {ast.unparse(argument)} is no step of the product")
                    yield str(argument.value)


def _is_mark(mark: ast.expr, name: str) -> bool:
    attribute = mark.func if isinstance(mark, ast.Call) else mark
    return isinstance(attribute, ast.Attribute) and attribute.attr == name and "mark" in ast.unparse(attribute)


def _named(target: ast.expr, name: str) -> bool:
    return isinstance(target, ast.Name) and target.id == name


def _known(step: str) -> bool:
    found = _ID.fullmatch(step)
    return found is not None and found[1] in PARTS and (step in STEPS or found[1] not in {"P", "H", "O"})


def _order(step: str) -> tuple[int, int]:
    found = _ID.fullmatch(step)
    if found is None:
        raise ValueError(f"{step} is no step of the product")
    return list(PARTS).index(found[1]), int(found[2] or 0)


def written(shown: Iterable[Shown]) -> str:
    by_step: defaultdict[str, list[Shown]] = defaultdict(list)
    for each in shown:
        by_step[each.step].append(each)
    lines = [
        "# What the tests show, step by step",
        "",
        "Written by `make coverage` from the tests' `step` marks: each line is a fact and the file that shows it;",
        "`(hard)` stands behind those that `make hard` runs.",
    ]
    part = ""
    for step in sorted({*by_step, *STEPS}, key=_order):
        if step[0] != part:
            part = step[0]
            lines += ["", f"## {part}. {PARTS[part]}"]
        title = f": {STEPS[step]}" if step in STEPS else ""
        lines += ["", f"### {step}{title}", "", *(_lines(by_step[step]) or ["Not shown yet."])]
    return "\n".join(lines) + "\n"


def _lines(shown: Iterable[Shown]) -> list[str]:
    facts = sorted({(each.file, each.sentence, each.hard) for each in shown})
    return [f"- {sentence}{' (hard)' if hard else ''} · `{file}`" for file, sentence, hard in facts]


def main(arguments: list[str]) -> int:
    text = written(collect())
    if "--check" not in arguments:
        REPORT.write_text(text)
        return 0
    if REPORT.exists() and REPORT.read_text() == text:
        return 0
    sys.stderr.write(f"{REPORT.relative_to(ROOT)} is stale: run `make coverage`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

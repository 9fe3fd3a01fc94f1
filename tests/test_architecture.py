"""What import-linter can't say of the house: its single file at the top, the size of its rooms, its tests' places."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "activities", "workflows", "api", "csms", "cli", "sandbox")
OURS = {*PACKAGES, "tests", "worker"}
MODULE_LIMIT, FUNCTION_LIMIT = 400, 70
TESTED_ELSEWHERE = {
    "card_import": "api/test_cards.py",
    "customer_import": "api/test_customer_imports.py",
    "endpoint": "api/test_endpoints.py",
    "patience": "models/rules/test_wanted.py",
    "photo": "api/test_documents.py",
    "process_map_layout": "models/rules/test_process_map.py",
    "rebuild": "workflows/test_rebuild.py",
    "sat_template": "api/test_tenders.py",
    "session_stuck": "activities/test_charging_session.py",
    "station_certificate": "csms/security/test_certificate_requests.py",
    "timeline": "workflows/test_rows.py",
    "upkeep_configuration": "models/usecases/test_upkeep.py",
    "upkeep_firmware": "models/usecases/test_firmware.py",
    "upkeep_list": "models/usecases/test_local_list.py",
    "welcome": "workflows/test_subscriber.py",
    "work": "models/usecases/test_process.py",
}


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add((node.module or "").partition(".")[0])
    return found


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def test_the_worker_stands_above_workflows_and_activities_and_beside_the_fronts() -> None:
    assert imported(ROOT / "worker.py") & OURS == {"activities", "models", "workflows"}


def test_only_the_command_line_and_the_tests_start_a_worker() -> None:
    importing = {path.relative_to(ROOT).parts[0] for path in modules(*PACKAGES) if "worker" in imported(path)}
    assert importing == {"cli"}


def test_every_package_is_one_of_the_house() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/*.py") if not path.parent.name.startswith(".")}
    assert packages <= {*PACKAGES, "tests", "bench"}


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_no_module_is_too_long_to_be_read(package: str) -> None:
    for path in modules(package):
        if "migrations" not in path.parts:
            assert path.read_text().count("\n") <= MODULE_LIMIT, path


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_too_long_to_be_read(package: str) -> None:
    for path in modules(package):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "migrations" not in path.parts:
                assert (node.end_lineno or 0) - node.lineno < FUNCTION_LIMIT, f"{path}: {node.name}"


@pytest.mark.parametrize("room", ["rules", "usecases"])
def test_every_rule_and_every_use_case_has_tests_in_the_same_place(room: str) -> None:
    for path in (ROOT / "models" / room).glob("*.py"):
        if path.stem != "__init__":
            place = ROOT / "tests" / TESTED_ELSEWHERE.get(path.stem, f"models/{room}/test_{path.stem}.py")
            assert place.exists(), place


def test_nothing_names_the_machine_it_was_written_on() -> None:
    places = (f"{ROOT.parent}/", f"{Path.home()}/", "/tmp/")  # noqa: S108 - looked for, not used
    for path in modules(*PACKAGES):
        text = path.read_text()
        assert not any(place in text for place in places), path


LEVELS = {"debug", "info", "warning", "error", "exception"}
EVENT = re.compile(r"[a-z0-9_]+(: %s(, %s)*)?")


def test_what_is_logged_is_named_as_programs_read_it() -> None:
    for path in [*modules(*PACKAGES), ROOT / "worker.py"]:
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS and _is_log(call.func.value):
                name = ast.literal_eval(call.args[0])
                assert EVENT.fullmatch(name), f"{path}:{call.lineno}: {name}"


def _is_log(thing: ast.expr) -> bool:
    return (thing.attr if isinstance(thing, ast.Attribute) else getattr(thing, "id", "")) in {"log", "logger"}

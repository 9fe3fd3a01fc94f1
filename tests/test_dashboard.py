"""The dashboard and the alert rules speak of figures that are told, by labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

import activities.figures
import activities.relay
import api.envelope
import csms.metrics
import workflows.decisions

DOCS = Path(__file__).parents[1] / "docs"
TOLD_BY = (activities.figures, activities.relay, api.envelope, csms.metrics, workflows.decisions)

_NAMED = re.compile(r"\b((?:stationmaster|http)_[a-z_]+)(?:\{([^}]*)\})?")
_BY = re.compile(r"\bby \(([^)]*)\)")
_LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")


def exprs() -> Iterator[tuple[str, str]]:
    """Where each query stands, and the query."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    yield from alerts()


def dashboard() -> Any:
    return json.loads((DOCS / "grafana" / "stationmaster.json").read_text())


def alerts() -> list[tuple[str, str]]:
    """Name and query of each rule."""
    return re.findall(r"- alert: (\w+)\n +expr: (.+)", operations())


def operations() -> str:
    return (DOCS / "OPERATIONS.md").read_text()


def told() -> dict[str, set[str]]:
    """Every figure that our code can tell, as Prometheus names it, with its labels."""
    assert all(TOLD_BY)  # their import registers what they tell
    found: dict[str, set[str]] = {}
    for collector, names in list(REGISTRY._collector_to_names.items()):
        for name in names:
            found[name] = _labels(collector, name) | ({"le"} if name.endswith("_bucket") else set())
    return found


def _labels(collector: Any, name: str) -> set[str]:
    """One of the library has labels for its only figure, one of ours for each."""
    families = [collector] if hasattr(collector, "_labelnames") else _families(collector)
    return {label for each in families if name.startswith(getattr(each, "name", name)) for label in each._labelnames}


def _families(collector: Any) -> list[Any]:
    return list(collector.describe()) if hasattr(collector, "describe") else []


@pytest.mark.parametrize(("where", "expr"), list(exprs()))
def test_a_query_names_figures_that_are_told_and_labels_that_they_have(where: str, expr: str) -> None:
    known = told()
    named = _NAMED.findall(expr)
    assert named, where
    for name, selector in named:
        assert name in known, f"{where}: nobody tells {name}"
        assert set(_LABEL.findall(selector)) <= known[name], f"{where}: {name} has the labels {known[name]}"
    labels = set().union(*(known[name] for name, _ in named))
    for grouping in _BY.findall(expr):
        assert {each.strip() for each in grouping.split(",")} <= labels, where


def test_every_figure_of_the_house_is_explained_to_whoever_watches_it() -> None:
    ours = {name for module in TOLD_BY for name in _names(module)}
    explained = set(re.findall(r"`((?:stationmaster|http)_[a-z_]+)`", operations()))
    assert ours - explained == set()


def _names(module: Any) -> set[str]:
    ours = {id(value) for value in vars(module).values()}
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for collector in REGISTRY._collector_to_names
        if id(collector) in ours
        for family in _families(collector)
    }


def test_every_alert_says_what_to_do() -> None:
    table = operations().partition("| alert |")[2]
    assert alerts()
    for name, _ in alerts():
        assert f"`{name}`" in table, name


def test_the_dashboard_takes_its_source_from_whoever_imports_it() -> None:
    board = dashboard()
    assert board["templating"]["list"][0]["type"] == "datasource"
    sources = {target["datasource"]["uid"] for panel in board["panels"] for target in panel.get("targets", [])}
    assert sources == {"${datasource}"}
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(places) == len(set(places))

import ast
from pathlib import Path

import cli.demo

PRODUCT = {"models", "workflows", "activities", "api", "csms", "worker", "sandbox"}


def test_player_and_checker_know_the_product_by_its_protocols_alone() -> None:
    files = sorted(Path(cli.demo.__file__).parent.glob("*.py"))
    assert len(files) > 10
    assert {file.name: imported(file) & PRODUCT for file in files if imported(file) & PRODUCT} == {}


def imported(file: Path) -> set[str]:
    """The first names of all that the file imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in names}

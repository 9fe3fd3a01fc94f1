"""What is logged helps whoever looks for a fault, and tells nobody a secret."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from cli.logs import configure_logging

KEY = "0F1E2D3C4B5A69788796A5B4C3D2E1F000112233"


@pytest.fixture
def _own_logging() -> Iterator[None]:
    """The test run's own way of logging is back afterwards."""
    kept, handlers = structlog.get_config(), logging.getLogger().handlers[:]
    level = logging.getLogger().level
    yield
    logging.captureWarnings(capture=False)
    logging.basicConfig(handlers=handlers, level=level, force=True)
    structlog.configure(**kept)


def _fail_with(key: str) -> None:
    kept_key = key.lower()
    raise RuntimeError("the station did not answer " + kept_key[:0])


@pytest.mark.usefixtures("_own_logging")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_tells_where_it_happened_and_no_value(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("csms", log_format)
    for log in (structlog.stdlib.get_logger("test"), logging.getLogger("library")):
        try:
            _fail_with(KEY)
        except RuntimeError:
            log.exception("key_not_renewed")
    said = capsys.readouterr().out
    assert said.count("_fail_with") >= 2
    assert KEY not in said
    assert KEY.lower() not in said


@pytest.mark.usefixtures("_own_logging")
@pytest.mark.parametrize("name", ["password", "session_token", "Authorization", "factory_key", "new_api_key"])
def test_a_field_that_is_secret_by_its_name_is_hidden(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("api")
    structlog.stdlib.get_logger("test").info("happened", **{name: KEY})
    assert json.loads(capsys.readouterr().out)[name] == "***"

"""The acceptance test over the API: drafted, sent in, returned, approved by a second person (P16, P17)."""

from typing import Any

import pytest

from models.rules.access import Role
from models.usecases.work import Desk
from tests.api.road import Road
from tests.people import World, user


def questions(sat: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {question["code"]: question for part in sat["parts"] for question in part["questions"]}


async def answer(road: Road, answers: list[dict[str, Any]]) -> Any:
    headers = road.world.installer_user.headers
    return await road.api.patch(
        f"/v1/work-orders/{road.work_order}/sat/answers", json={"answers": answers}, headers=headers
    )


async def act(road: Road, name: str, person: Any, body: Any = None) -> Any:
    return await road.api.post(f"/v1/work-orders/{road.work_order}/sat/{name}", json=body, headers=person.headers)


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_a_draft_keeps_each_answer_and_says_whether_it_passed(road: Road) -> None:
    line = (await road.order())["lines"][0]["id"]
    path = f"/v1/work-orders/{road.work_order}/sat"
    sat = await road.call(road.world.installer_user, "GET", path)
    assert (sat["state"], sat["missing"]) == ("draft", 3)
    assert sat["allowed_actions"] == ["answer", "upload_photo"]
    assert [(part["line_id"], len(part["questions"])) for part in sat["parts"]] == [(None, 1), (line, 2)]
    await answer(road, [{"question": "site_clean", "value": "no"}])
    sat = (await answer(road, [{"question": "earth_resistance", "line_id": line, "value": "12.5"}])).json()
    assert sat["missing"] == 1
    given = questions(sat)
    assert given["site_clean"]["answer"]["passed"] is False
    assert given["earth_resistance"]["answer"]["value"] == "12.5"
    assert given["earth_resistance"]["answer"]["passed"] is False
    assert given["earth_resistance"]["answer"]["by"] == "Iris Installer"
    assert given["earth_resistance"]["maximum"] == "10"
    sat = (await answer(road, [{"question": "earth_resistance", "line_id": line, "value": "9"}])).json()
    assert questions(sat)["earth_resistance"]["answer"]["passed"] is True


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P16")
async def test_of_answers_with_one_bad_among_them_none_is_taken(road: Road) -> None:
    line = (await road.order())["lines"][0]["id"]
    good = {"question": "site_clean", "value": "yes"}
    bad = [
        ({"question": "site_clean", "value": "maybe"}, "/answers/1/value"),
        ({"question": "colour", "value": "blue"}, "/answers/1/question"),
        ({"question": "site_clean", "line_id": line, "value": "yes"}, "/answers/1/question"),
        ({"question": "earth_resistance", "line_id": line, "value": "low"}, "/answers/1/value"),
        ({"question": "photo_front", "line_id": line, "value": "IMG_1.jpg"}, "/answers/1/value"),
        ({"question": "site_clean", "value": ""}, "/answers/1/value"),
        ({"question": "site_clean", "value": "yes", "mood": "good"}, "/answers/1/mood"),
    ]
    for wrong, pointer in bad:
        refused = await answer(road, [good, wrong])
        assert refused.status_code == 422, wrong
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await answer(road, [])).status_code == 422
    sat = await road.call(road.world.installer_user, "GET", f"/v1/work-orders/{road.work_order}/sat")
    assert sat["missing"] == 3


@pytest.mark.walked("to_checked")
@pytest.mark.step("P16", "P17")
async def test_a_test_is_sent_in_returned_with_remarks_corrected_and_approved(road: Road, world: World) -> None:
    name = road.station
    early = await act(road, "submit", world.installer_user)
    assert early.json()["type"] == "/problems/no-test-charge"
    await road.charge(name)
    unanswered = await act(road, "submit", world.installer_user)
    assert unanswered.status_code == 422
    assert unanswered.json()["type"] == "/problems/answers-missing"
    assert len(unanswered.json()["facts"]["missing"]) == 3
    await road.fill_in()
    line = (await road.order())["lines"][0]["id"]
    sent = await act(road, "submit", world.installer_user)
    assert (sent.json()["state"], sent.json()["allowed_actions"]) == ("submitted", [])
    assert (await answer(road, [{"question": "site_clean", "value": "no"}])).status_code == 409
    seen = await road.call(world.operations, "GET", f"/v1/work-orders/{road.work_order}/sat")
    assert seen["allowed_actions"] == ["return_sat", "approve_sat"]
    wrong = await act(road, "return", world.operations, {"remarks": [{"question": "colour", "text": "Blue?"}]})
    assert wrong.json()["errors"][0]["pointer"] == "/remarks/0/question"
    assert (await act(road, "return", world.operations, {"remarks": []})).status_code == 422
    remark = {"question": "earth_resistance", "line_id": line, "text": "Measure again"}
    returned = await act(road, "return", world.operations, {"remarks": [remark]})
    assert returned.json()["state"] == "returned"
    (kept,) = questions(returned.json())["earth_resistance"]["remarks"]
    assert (kept["text"], kept["rejected_value"], kept["by"]) == ("Measure again", "3.2", "Olga Operations")
    await answer(road, [{"question": "earth_resistance", "line_id": line, "value": "2.9"}])
    again = await act(road, "submit", world.installer_user)
    (kept,) = questions(again.json())["earth_resistance"]["remarks"]
    assert kept["resolved_value"] == "2.9"
    approved = await act(road, "approve", world.second_operations)
    assert approved.json()["state"] == "approved"
    assert approved.json()["approved_by"] == "Otto Operations"
    assert (await road.order())["stage"] == "accepted"
    assert (await act(road, "approve", world.operations)).status_code == 409


@pytest.mark.step("P17")
async def test_whoever_filled_the_test_in_cannot_approve_it(road: Road, world: World, desk: Desk) -> None:
    async with desk.work(world.administrator.actor, "test") as work:
        both = await user(work, world.operator, "Bo Both", Role.OPERATIONS, Role.INSTALLER)
    await road.to_test_charged()
    await road.fill_in()
    await act(road, "submit", world.installer_user)
    await road.note_author(both)
    seen = await road.call(both, "GET", f"/v1/work-orders/{road.work_order}/sat")
    assert seen["allowed_actions"] == []
    for name, body in (("approve", None), ("return", {"remarks": [{"question": "site_clean", "text": "Look"}]})):
        refused = await act(road, name, both, body)
        assert refused.status_code == 403
        assert refused.json()["type"] == "/problems/four-eyes"
    assert (await road.order())["stage"] == "sat_review"


@pytest.mark.walked("to_work_order")
@pytest.mark.step("P17")
async def test_an_installer_cannot_review(road: Road, world: World) -> None:
    for name, body in (("approve", None), ("return", {"remarks": [{"question": "site_clean", "text": "Look"}]})):
        assert (await act(road, name, world.installer_user, body)).status_code == 403

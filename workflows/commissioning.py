"""One station's way from its registration to its first ordinary card."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.commissioning import CommissioningActivities as Activities
    from models.messages.base import Fact, Subject
    from models.messages.commissioning import (
        ActivateStation,
        CommissioningProgress,
        CommissioningStep,
        Findings,
        SelfCheck,
        StartTestCharge,
    )
    from models.messages.station import CommandOutcome, StationCommand
    from models.rules import station_checks
    from models.rules.commissioning import COMMISSIONING, CommissioningEvent, CommissioningStage
    from workflows import options, search_attributes
    from workflows.process import STEP, Process
    from workflows.sending import send

S, E = CommissioningStage, CommissioningEvent
_MOVES = {"station_connected": E.STATION_CONNECTED, "station_booted": E.STATION_BOOTED}
_MOVED_BY_OTHERS = frozenset({"test_restarted", "hardware_unlinked", "sat_approved"})
NO_BOOT = (
    "The station did not boot in time. Check its power, its mobile network, the address, the identity and the key it "
    "was configured with, then start the test again."
)


@workflow.defn(name="commissioning")
class CommissioningWorkflow(Process[CommissioningProgress]):
    machine = COMMISSIONING
    decisions = {"start_test_charge": StartTestCharge, "activate": ActivateStation}  # noqa: RUF012 - read only

    @workflow.init
    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)

    @workflow.run
    async def run(self, subject: Subject) -> str:
        """The station boots, is configured, checked, test-charged, accepted with the others, and activated."""
        workflow.upsert_search_attributes([search_attributes.STATION.value_set(subject.reference)])
        await self.load()
        while not self.ended:
            await self.renew()
            if self.called_off:
                await self.load()
            else:
                await self.go_on()
        if self.stage is S.CANCELLED:
            await self.command_once("disconnect")
        await self.rest()
        return str(self.stage)

    async def go_on(self) -> None:
        match self.stage:
            case S.REGISTERED | S.CONNECTED:
                await self.await_boot()
            case S.BOOTED:
                await self.apply_configuration()
            case S.CONFIGURED:
                await self.check_itself()
            case S.TEST_CHARGING:
                await self.run_test_charge()
            case _:
                await self.await_decision()

    @property
    def called_off(self) -> bool:
        """P20: the work order was cancelled, which the rows know already: nothing is waited for any more."""
        return any(fact.name == "cancelled" for fact in self._facts)

    async def load(self) -> None:
        """Other processes have moved the station, or this one begins: its rows tell where it stands."""
        step = self.station_step("load")
        await self.take(Activities.load_commissioning, step)

    async def await_boot(self) -> None:
        """P14: no boot within the time limit fails the test."""
        fact = self.next_fact()
        due = self.at.boot_due_at
        again = workflow.now() + options.BOOT_ASKED_AGAIN_AFTER
        if fact is not None:
            await self.hear(fact)
        elif await self.wait("boot", until=again if due is None else min(due, again)):
            return
        elif due is None or workflow.now() < due:
            await self.ask_to_boot()
        else:
            await self.take(Activities.note_no_boot, self.station_step(self.test_occurrence, reason=NO_BOOT))

    async def await_decision(self) -> None:
        """The installer, operations or administration is next."""
        fact = self.next_fact()
        if fact is None:
            await self.wait(f"station is {self.stage}")
        else:
            await self.hear(fact)

    async def hear(self, fact: Fact) -> None:
        """What belongs to an earlier test is of no interest any more."""
        if fact.payload["test_number"] < self.at.test_number and fact.name not in _MOVED_BY_OTHERS:
            return
        if fact.name in _MOVES:
            await self.move(_MOVES[fact.name], fact)
        elif fact.name == "boot_refused":
            await self.fail_test(fact.payload["reason"])
        elif fact.name in _MOVED_BY_OTHERS:
            await self.load()
            await self.follow(fact)

    async def follow(self, fact: Fact) -> None:
        """What the station itself has to be told of a move by others, unless that was overtaken by another."""
        if fact.name == "hardware_unlinked" and self.stage is S.AWAITING_HARDWARE:
            await self.command_once("disconnect")
        elif fact.name == "test_restarted" and self.stage is S.REGISTERED:
            await self.ask_to_boot()

    async def ask_to_boot(self) -> None:
        """A station that has stayed connected boots again for this test only when it is asked to."""
        asked = await self.command_once("trigger_message", message="boot")
        if asked is not None and asked.outcome != "accepted":
            await self.command_once("reset", kind="soft")

    async def apply_configuration(self) -> None:
        """P14: the network's and the product's settings; a refused one fails the test."""
        outcomes: dict[str, str] = {}
        until = workflow.now() + options.CONFIGURATION_LIMIT
        for key, value in self.at.configuration.items():
            outcome = await self.command("change_configuration", until, key=key, value=value)
            if outcome is None:
                await self.fail_test("The station lost its connection while it was configured.")
                return
            outcomes[key] = outcome.outcome
        if refused := station_checks.refusals(outcomes):
            await self.fail_test("The station refused the settings " + ", ".join(refused) + ".")
            return
        await self.move(E.CONFIGURATION_APPLIED, outcomes=outcomes)

    async def check_itself(self) -> None:
        """P14: settings read back, every connector heard of."""
        until = workflow.now() + options.SELF_CHECK_LIMIT
        for connector in range(1, self.at.connectors + 1):
            await self.command("trigger_message", until, message="status", connector=connector)
        answer = await self.command("read_configuration", until, keys=list(self.at.configuration))
        if answer is None:
            await self.fail_test("The station lost its connection during the self-check.")
            return
        if answer.outcome != "accepted":
            await self.fail_test("The station does not tell its settings; look whether it is busy or out of order.")
            return
        known: dict[str, Any] = answer.data.get("configuration", {})
        read_back = {key: known[key]["value"] for key in known}
        wrong = await self.findings(read_back)
        while wrong and workflow.now() < until and not self.called_off:
            await workflow.sleep(options.NODE_SEARCHED_AGAIN_AFTER)
            wrong = await self.findings(read_back)
        if wrong:
            await self.fail_test("The self-check found: " + "; ".join(wrong) + ".")
        else:
            await self.move(E.SELF_CHECK_PASSED)

    async def findings(self, read_back: dict[str, str | None]) -> tuple[str, ...]:
        subject = self.subject
        check = SelfCheck(asset_id=subject.subject_id, correlation_id=subject.correlation_id, read_back=read_back)
        found: Findings = await workflow.execute_activity_method(Activities.self_check, check, **STEP)
        return found.wrong

    async def run_test_charge(self) -> None:
        """P15: the whole chain, with the station's own test card: authorise, start, energy, stop."""
        until = workflow.now() + timedelta(seconds=self.at.test_charge_time_limit_s)
        number = self.at.test_transaction or await self.start_charging(until)
        if number is None:
            return
        told = await self.fact_of(number, until, "energy_flowed", "transaction_stopped")
        if self.called_off:
            await self.command_once("stop_charging", transaction=number)
            return
        if told is not None and told.name == "transaction_stopped":
            await self.fail_charge("The transaction ended before enough energy flowed; check the cable and the car.")
            return
        stopped = await self.stop_charging(number)
        if told is None:
            await self.fail_charge("The transaction began, but too little energy flowed; check the meter and the car.")
        elif not stopped:
            await self.fail_charge("The station did not stop the transaction when it was told to.")
        else:
            step = self.station_step(f"charge-{number}")
            await self.take(Activities.finish_test_charge, step)

    async def start_charging(self, until: datetime) -> int | None:
        """The number of the transaction that began, or None where the test charge has failed."""
        answer = await self.command("start_charging", until, token=self.at.test_token, connector=1)
        if answer is None or answer.outcome != "accepted":
            await self.fail_charge("The station did not take the remote start; check that no other session runs.")
            return None
        started = await self.fact_of(None, until, "transaction_started")
        if started is None:
            await self.fail_charge("The station took the remote start, but no transaction began; is a car plugged in?")
            return None
        return int(started.payload["transaction"])

    async def stop_charging(self, number: int) -> bool:
        until = workflow.now() + options.TEST_CHARGE_STOP_LIMIT
        await self.command("stop_charging", until, transaction=number)
        return await self.fact_of(number, until, "transaction_stopped") is not None

    async def fact_of(self, transaction: int | None, until: datetime, *names: str) -> Fact | None:
        """The next fact of one of these names and of this transaction, None for any; None where it does not come."""
        while not self.called_off:
            fact = self.next_fact()
            if fact is None:
                if not await self.wait(names[0].replace("_", " "), until=until):
                    return None
            elif fact.name in names and transaction in {None, fact.payload["transaction"]}:
                return fact
        return None

    async def move(self, event: CommissioningEvent, fact: Fact | None = None, **detail: Any) -> None:
        """By a fact, once for that; by a step of the test itself, once in each test."""
        occurrence = fact.occurrence if fact else f"{event}-{self.test_occurrence}"
        traceparent = fact.traceparent if fact else None
        step = self.station_step(occurrence, event=event, detail=detail, traceparent=traceparent)
        await self.take(Activities.move_station, step)

    async def fail_test(self, reason: str) -> None:
        step = self.station_step(self.test_occurrence, reason=reason)
        await self.take(Activities.fail_connection_test, step)

    async def fail_charge(self, reason: str) -> None:
        step = self.station_step(str(workflow.uuid4()), reason=reason)
        await self.take(Activities.fail_test_charge, step)

    async def command(self, kind: Any, until: datetime, /, **arguments: Any) -> CommandOutcome | None:
        """Send a command to the node that holds the socket, looked up each time anew; None where it takes too long."""
        while workflow.now() < until and not self.called_off:
            answer = await self.command_once(kind, **arguments)
            if answer is not None:
                return answer
            await workflow.sleep(options.NODE_SEARCHED_AGAIN_AFTER)
        return None

    async def command_once(self, kind: Any, /, **arguments: Any) -> CommandOutcome | None:
        found = await workflow.execute_activity_method(Activities.find_node, self.station_step("look"), **STEP)
        if found.node is None:
            return None
        subject = self.subject
        command = StationCommand(
            asset_id=subject.subject_id, kind=kind, arguments=arguments, correlation_id=subject.correlation_id
        )
        answer = await send(found.node, command)
        return answer if isinstance(answer, CommandOutcome) else None

    @property
    def test_occurrence(self) -> str:
        return f"test-{self.at.test_number}"

    def station_step(self, occurrence: str, **more: Any) -> CommissioningStep:
        test_number = self.progress.test_number if self.progress else 0
        return CommissioningStep(**{**self.step(occurrence).model_dump(), "test_number": test_number, **more})

    @workflow.update
    async def start_test_charge(self, decision: StartTestCharge) -> str:
        """P15: the installer has a car, or its stand-in, plugged in."""
        return await self.decide(E.START_TEST_CHARGE, decision, Activities.start_test_charge)

    @start_test_charge.validator
    def _check_start_test_charge(self, decision: StartTestCharge) -> None:
        self.check(E.START_TEST_CHARGE, decision)

    @workflow.update
    async def activate(self, decision: ActivateStation) -> str:
        """P19: administration lets ordinary cards in."""
        return await self.decide(E.ACTIVATE, decision, Activities.activate_station)

    @activate.validator
    def _check_activate(self, decision: ActivateStation) -> None:
        self.check(E.ACTIVATE, decision)

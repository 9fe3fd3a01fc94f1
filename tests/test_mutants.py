import pytest

from tests.mutants import MUTANTS, ROOT, Mutant, asserted

OUTCOMES = {
    "test_fact": '<failure message="AssertionError: assert 1 == 2">...</failure>',
    "test_sum": '<failure message="assert 1 == 2">...</failure>',
    "test_refusal": '<failure message="Failed: DID NOT RAISE FourEyes">...</failure>',
    "test_slow": '<failure message="Failed: Timeout (&gt;60 s)">...</failure>',
    "test_typo": '<failure message="NameError: name &apos;x&apos; is not defined">...</failure>',
    "test_set_up": '<error message="failed on setup">...</error>',
    "test_well": "",
}
"""As pytest writes them into a JUnit report."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_fault_can_still_be_seeded_and_its_tests_are_there(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text()
    changed = mutant.applied(source)
    assert changed != source
    compile(changed, mutant.file, "exec")
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}" in (ROOT / file).read_text()


def test_a_fault_whose_place_has_changed_is_told() -> None:
    mutant = MUTANTS[0]
    with pytest.raises(ValueError, match="0 times, not once"):
        mutant.applied("")
    with pytest.raises(ValueError, match="2 times, not once"):
        mutant.applied(mutant.before * 2)


def test_only_a_fact_that_does_not_hold_counts_as_caught() -> None:
    cases = [f'<testcase classname="tests.test_it" name="{name}">{told}</testcase>' for name, told in OUTCOMES.items()]
    caught = asserted(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    assert caught == [f"tests/test_it.py::{name}" for name in ("test_fact", "test_sum", "test_refusal")]

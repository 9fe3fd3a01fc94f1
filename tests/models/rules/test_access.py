"""The access policy: default deny, keys only narrow, partners never see all (every part, 2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.access import POLICY, ROLES_OF, OrganisationKind, Permission, Reach, Role, reach

roles = st.frozensets(st.sampled_from(Role))
scopes = st.frozensets(st.sampled_from(Permission))
permissions = st.sampled_from(Permission)
WIDTH = {None: 0, Reach.OWN: 1, Reach.ALL: 2}
PARTNERS = [kind for kind in OrganisationKind if kind is not OrganisationKind.OPERATOR]


@given(permissions, scopes)
def test_somebody_without_a_role_may_nothing(permission: Permission, key: frozenset[Permission]) -> None:
    assert reach(frozenset(), None, permission) is None
    assert reach(frozenset(), key, permission) is None


@given(roles, scopes, permissions)
def test_what_is_not_in_the_table_is_denied(
    held: frozenset[Role], key: frozenset[Permission], permission: Permission
) -> None:
    if not held & POLICY[permission].keys():
        assert reach(held, key, permission) is None


@given(roles, scopes, permissions)
def test_a_keys_scopes_narrow_and_never_widen(
    held: frozenset[Role], key: frozenset[Permission], permission: Permission
) -> None:
    person, program = reach(held, None, permission), reach(held, key, permission)
    assert WIDTH[program] <= WIDTH[person]
    assert program == (person if permission in key else None)


@given(roles, roles, permissions)
def test_another_role_never_takes_a_permission_away(
    held: frozenset[Role], more: frozenset[Role], permission: Permission
) -> None:
    assert WIDTH[reach(held | more, None, permission)] >= WIDTH[reach(held, None, permission)]


@pytest.mark.parametrize("kind", PARTNERS)
@pytest.mark.parametrize("permission", Permission)
def test_a_partner_never_reaches_beyond_its_own_organisation(kind: OrganisationKind, permission: Permission) -> None:
    assert reach(ROLES_OF[kind], None, permission) in {None, Reach.OWN}


def test_every_permission_has_its_row_and_somebody_who_holds_it() -> None:
    assert set(POLICY) == set(Permission)
    assert all(POLICY[permission] for permission in Permission)


def test_every_role_can_be_held_by_somebody() -> None:
    assert frozenset.union(*ROLES_OF.values()) == set(Role)


@pytest.mark.step("P3", "P17", "P19")
@pytest.mark.parametrize(
    ("permission", "role"),
    [
        (Permission.PLACEMENTS_DECIDE, Role.OPERATIONS),
        (Permission.SAT_REVIEW, Role.OPERATIONS),
        (Permission.STATIONS_ACTIVATE, Role.ADMINISTRATION),
        (Permission.HARDWARE_MANAGE, Role.WAREHOUSE),
        (Permission.WORK_ORDERS_PERFORM, Role.INSTALLER),
    ],
)
def test_each_decision_belongs_to_one_role(permission: Permission, role: Role) -> None:
    assert set(POLICY[permission]) == {role}

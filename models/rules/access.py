"""The access policy: one table, default deny. Who may do what, and within which organisation."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    OPERATOR = "operator"
    REQUESTER = "requester"
    INSTALLER = "installer"
    SERVICE_PARTNER = "service_partner"
    GROUP_OWNER = "group_owner"


class Role(StrEnum):
    REQUESTER = "requester"
    OPERATIONS = "operations"
    ADMINISTRATION = "administration"
    INSTALLER = "installer"
    WAREHOUSE = "warehouse"
    SERVICE_PARTNER = "service_partner"
    ENGINEER = "engineer"
    CUSTOMER_CARE = "customer_care"
    FINANCE = "finance"
    SUPER_USER = "super_user"
    """Of a company with cards and stations of its own."""


class Permission(StrEnum):
    ORGANISATIONS_MANAGE = "organisations:manage"
    USERS_MANAGE = "users:manage"
    TENDERS_READ = "tenders:read"
    TENDERS_MANAGE = "tenders:manage"
    HARDWARE_READ = "hardware:read"
    HARDWARE_MANAGE = "hardware:manage"
    PLACEMENTS_CREATE = "placements:create"
    PLACEMENTS_READ = "placements:read"
    PLACEMENTS_DECIDE = "placements:decide"
    PLACEMENTS_WITHDRAW = "placements:withdraw"
    TASKS_READ = "tasks:read"
    TASKS_CLAIM = "tasks:claim"
    TASKS_MANAGE = "tasks:manage"
    DEADLINES_MANAGE = "deadlines:manage"
    WORK_ORDERS_READ = "work-orders:read"
    WORK_ORDERS_PLAN = "work-orders:plan"
    WORK_ORDERS_CHANGE_LINES = "work-orders:change-lines"
    CREWS_MANAGE = "crews:manage"
    WORK_ORDERS_PERFORM = "work-orders:perform"
    SAT_REVIEW = "sat:review"
    SAT_TEMPLATES_MANAGE = "sat-templates:manage"
    STATIONS_READ = "stations:read"
    STATIONS_ENTER = "stations:enter"
    STATIONS_ACTIVATE = "stations:activate"
    STATIONS_COMMAND = "stations:command"
    STATIONS_CONFIGURE = "stations:configure"
    STATIONS_MAINTAIN = "stations:maintain"
    STATIONS_SECURE = "stations:secure"
    STATIONS_VEND = "stations:vend"
    SUBSCRIBERS_READ = "subscribers:read"
    SUBSCRIBERS_MANAGE = "subscribers:manage"
    SUBSCRIBERS_SETTLE = "subscribers:settle"
    PERSONAL_EXPORT = "personal:export"
    PERSONAL_ERASE = "personal:erase"
    CARDS_READ = "cards:read"
    CARDS_MANAGE = "cards:manage"
    GROUPS_READ = "groups:read"
    GROUPS_MANAGE = "groups:manage"
    GROUPS_APPOINT = "groups:appoint"
    CHARGING_SESSIONS_READ = "charging-sessions:read"
    CHARGING_SESSIONS_CONTROL = "charging-sessions:control"
    CHARGING_SESSIONS_DECIDE = "charging-sessions:decide"
    LEDGER_READ = "ledger:read"
    LEDGER_POST = "ledger:post"
    TARIFFS_READ = "tariffs:read"
    TARIFFS_MANAGE = "tariffs:manage"
    DOCUMENTS_READ = "documents:read"
    NOTICES_MANAGE = "notices:manage"
    PROCESSES_READ = "processes:read"
    PROCESSES_REPAIR = "processes:repair"
    AUDIT_READ = "audit:read"


class Reach(StrEnum):
    """How far a permission reaches: everything of the operator, or what belongs to one's own organisation."""

    ALL = "all"
    OWN = "own"


P, R = Permission, Role
_ALL, _OWN = Reach.ALL, Reach.OWN

POLICY: dict[Permission, dict[Role, Reach]] = {
    P.ORGANISATIONS_MANAGE: {R.ADMINISTRATION: _ALL},
    P.USERS_MANAGE: {R.ADMINISTRATION: _ALL},
    P.TENDERS_READ: {R.OPERATIONS: _ALL, R.ADMINISTRATION: _ALL, R.REQUESTER: _OWN, R.INSTALLER: _OWN},
    P.TENDERS_MANAGE: {R.ADMINISTRATION: _ALL, R.OPERATIONS: _ALL},
    P.HARDWARE_READ: {R.WAREHOUSE: _ALL, R.OPERATIONS: _ALL, R.ADMINISTRATION: _ALL, R.INSTALLER: _OWN},
    P.HARDWARE_MANAGE: {R.WAREHOUSE: _ALL},
    P.PLACEMENTS_CREATE: {R.REQUESTER: _OWN, R.OPERATIONS: _ALL},
    P.PLACEMENTS_READ: {
        R.REQUESTER: _OWN,
        R.OPERATIONS: _ALL,
        R.ADMINISTRATION: _ALL,
        R.ENGINEER: _ALL,
    },
    P.PLACEMENTS_DECIDE: {R.OPERATIONS: _ALL},
    P.PLACEMENTS_WITHDRAW: {R.REQUESTER: _OWN},
    P.TASKS_READ: dict.fromkeys(Role, _OWN),
    P.TASKS_CLAIM: dict.fromkeys(Role, _OWN),
    P.TASKS_MANAGE: {R.OPERATIONS: _ALL, R.ADMINISTRATION: _ALL},
    P.DEADLINES_MANAGE: {R.ADMINISTRATION: _ALL},
    P.WORK_ORDERS_READ: {
        R.INSTALLER: _OWN,
        R.SERVICE_PARTNER: _OWN,
        R.OPERATIONS: _ALL,
        R.ADMINISTRATION: _ALL,
        R.WAREHOUSE: _ALL,
        R.ENGINEER: _ALL,
    },
    P.WORK_ORDERS_PLAN: {R.INSTALLER: _OWN, R.OPERATIONS: _ALL},
    P.WORK_ORDERS_CHANGE_LINES: {R.OPERATIONS: _ALL},
    P.CREWS_MANAGE: {R.INSTALLER: _OWN, R.OPERATIONS: _OWN},
    P.WORK_ORDERS_PERFORM: {R.INSTALLER: _OWN},
    P.SAT_REVIEW: {R.OPERATIONS: _ALL},
    P.SAT_TEMPLATES_MANAGE: {R.ADMINISTRATION: _ALL, R.OPERATIONS: _ALL},
    P.STATIONS_READ: {
        R.INSTALLER: _OWN,
        R.SERVICE_PARTNER: _OWN,
        R.OPERATIONS: _ALL,
        R.ADMINISTRATION: _ALL,
        R.ENGINEER: _ALL,
    },
    P.STATIONS_ENTER: {R.OPERATIONS: _ALL, R.ADMINISTRATION: _ALL},
    P.STATIONS_ACTIVATE: {R.ADMINISTRATION: _ALL},
    P.STATIONS_COMMAND: {R.OPERATIONS: _ALL, R.ENGINEER: _ALL},
    # What is wanted of stations, or of all of a product.
    P.STATIONS_CONFIGURE: {R.ENGINEER: _ALL},
    # What is at hand for maintenance only (models/rules/command.py).
    P.STATIONS_MAINTAIN: {R.OPERATIONS: _ALL, R.ENGINEER: _ALL, R.SERVICE_PARTNER: _OWN},
    P.STATIONS_SECURE: {R.ENGINEER: _ALL},
    # On what terms a station gives energy; of a group's own its super-user says it too.
    P.STATIONS_VEND: {R.OPERATIONS: _ALL},
    # Customers too: whoever reads these reads names and addresses.
    P.SUBSCRIBERS_READ: {R.CUSTOMER_CARE: _ALL, R.FINANCE: _ALL},
    P.SUBSCRIBERS_MANAGE: {R.CUSTOMER_CARE: _ALL},
    P.SUBSCRIBERS_SETTLE: {R.FINANCE: _ALL},
    P.PERSONAL_EXPORT: {R.CUSTOMER_CARE: _ALL},
    P.PERSONAL_ERASE: {R.CUSTOMER_CARE: _ALL},
    P.CARDS_READ: {R.CUSTOMER_CARE: _ALL, R.OPERATIONS: _ALL, R.FINANCE: _ALL},
    P.CARDS_MANAGE: {R.CUSTOMER_CARE: _ALL},
    # Whose a session is and what it costs is shown to those alone who may read cards and the ledger.
    P.CHARGING_SESSIONS_READ: {
        R.CUSTOMER_CARE: _ALL,
        R.FINANCE: _ALL,
        R.OPERATIONS: _ALL,
        R.ADMINISTRATION: _ALL,
        R.ENGINEER: _ALL,
        R.SERVICE_PARTNER: _OWN,
    },
    P.CHARGING_SESSIONS_CONTROL: {R.CUSTOMER_CARE: _ALL, R.OPERATIONS: _ALL},
    # Whether what was set aside is billed.
    P.CHARGING_SESSIONS_DECIDE: {R.CUSTOMER_CARE: _ALL, R.OPERATIONS: _ALL, R.FINANCE: _ALL},
    P.GROUPS_READ: {R.SUPER_USER: _OWN, R.CUSTOMER_CARE: _ALL, R.FINANCE: _ALL, R.OPERATIONS: _ALL},
    # Within a group; who and what comes into it is for the operator to say, and so are its limits.
    P.GROUPS_MANAGE: {R.SUPER_USER: _OWN, R.CUSTOMER_CARE: _ALL},
    P.GROUPS_APPOINT: {R.CUSTOMER_CARE: _ALL},
    P.LEDGER_READ: {R.FINANCE: _ALL, R.CUSTOMER_CARE: _ALL, R.ADMINISTRATION: _ALL},
    P.LEDGER_POST: {R.FINANCE: _ALL},
    P.TARIFFS_READ: {R.FINANCE: _ALL, R.ADMINISTRATION: _ALL, R.CUSTOMER_CARE: _ALL, R.OPERATIONS: _ALL},
    P.TARIFFS_MANAGE: {R.FINANCE: _ALL, R.ADMINISTRATION: _ALL},
    P.DOCUMENTS_READ: {
        R.REQUESTER: _OWN,
        R.INSTALLER: _OWN,
        R.OPERATIONS: _ALL,
        R.ADMINISTRATION: _ALL,
    },
    P.NOTICES_MANAGE: {R.ADMINISTRATION: _ALL, R.REQUESTER: _OWN, R.INSTALLER: _OWN},
    P.PROCESSES_READ: {R.ENGINEER: _ALL, R.ADMINISTRATION: _ALL},
    P.PROCESSES_REPAIR: {R.ENGINEER: _ALL},
    P.AUDIT_READ: {R.ADMINISTRATION: _ALL, R.ENGINEER: _ALL},
}

ROLES_OF: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.OPERATOR: frozenset(
        {
            R.OPERATIONS,
            R.ADMINISTRATION,
            R.WAREHOUSE,
            R.ENGINEER,
            R.CUSTOMER_CARE,
            R.FINANCE,
            R.INSTALLER,
            R.SERVICE_PARTNER,
        }
    ),
    OrganisationKind.REQUESTER: frozenset({R.REQUESTER}),
    OrganisationKind.INSTALLER: frozenset({R.INSTALLER}),
    OrganisationKind.SERVICE_PARTNER: frozenset({R.SERVICE_PARTNER}),
    OrganisationKind.GROUP_OWNER: frozenset({R.SUPER_USER}),
}
"""The roles that the people of an organisation can have; nobody gets another."""


def reach(roles: frozenset[Role], scopes: frozenset[Permission] | None, permission: Permission) -> Reach | None:
    """How far ``permission`` reaches for somebody of these roles, or None where it is denied.

    ``scopes`` narrows an API key further; None means a person's own login.
    """
    if scopes is not None and permission not in scopes:
        return None
    granted = {POLICY.get(permission, {}).get(role) for role in roles}
    if Reach.ALL in granted:
        return Reach.ALL
    return Reach.OWN if Reach.OWN in granted else None

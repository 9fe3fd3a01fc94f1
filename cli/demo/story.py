"""Where everything is, and what came of the road: the player writes it, the checker reads it."""

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Addresses:
    """URLs of the house and of the stand-ins for outside parties."""

    api: str
    csms: str
    temporal_ui: str
    grid_operator: str
    mailbox: str
    partner: str
    stations: str
    sms_provider: str


@dataclass(frozen=True)
class Login:
    """Somebody who can log in at the API."""

    name: str
    organisation: str
    email: str


@dataclass
class Subscriber:
    """An organisation that is told what happens, by a webhook (``hook`` at the partner's stand-in) and by mail."""

    organisation: str
    hook: str
    mail: str
    endpoint_ids: dict[str, str] = field(default_factory=dict)
    """By channel."""


@dataclass
class Hardware:
    hardware_id: str
    serial: str
    identity: str
    factory_key: str
    product: str


@dataclass
class PlacedStation:
    line_id: str
    hardware: Hardware
    protocol: str = "ocpp1.6"
    name: str = ""
    """The asset's, once the connection test has made it."""


@dataclass
class Driver:
    """Somebody with a subscription; ``cards`` are uids by their printed numbers, the first one from the beginning."""

    name: str
    payment: str
    mail: str
    phone: str
    cards: dict[str, str]
    subscription: str = ""
    account_id: str = ""
    sessions: list[str] = field(default_factory=list)

    @property
    def card(self) -> str:
        """The number of the first one."""
        return next(iter(self.cards))


@dataclass(frozen=True)
class Process:
    """A workflow, what it is about, how it ends, and by whose name it is found."""

    workflow_id: str
    reference: str
    last_stage: str
    organisation: str


@dataclass
class Story:
    """``run`` tells this run's names apart from those of runs before it on the same data."""

    run: str
    password: str = field(repr=False)
    logins: dict[str, Login] = field(default_factory=dict)
    city: Subscriber = field(init=False)
    installer: Subscriber = field(init=False)
    archive: Subscriber = field(init=False)
    """A second receiver of the city, by webhook only; it is down for a while."""
    service_partner: str = field(init=False)
    contact_mail: str = field(init=False)
    """Of the person whom the city names in its requests; told by mail without having subscribed."""
    rejection_reason: str = "There is a charging station around the corner with room to spare."
    withdrawal_reason: str = "The street is going to be rebuilt."
    rejected: str = ""
    placement: str = ""
    work_order: str = ""
    stations: list[PlacedStation] = field(default_factory=list)
    withdrawn: str = ""
    withdrawn_order: str = ""
    withdrawn_station: PlacedStation | None = None
    document_id: str = ""
    document_name: str = ""
    tariff: str = field(init=False)
    daan: Driver = field(init=False)
    """Pays afterwards, and loses his card."""
    petra: Driver = field(init=False)
    """Pays ahead, less than her session would cost."""
    stranger: str = field(init=False)
    """The phone of somebody whom nobody knows."""

    def __post_init__(self) -> None:
        self.city = _subscriber(f"Gemeente Voorbeeld {self.run}", "gemeente", self.run)
        self.archive = Subscriber(self.city.organisation, f"archief-{self.run}".lower(), mail="")
        self.contact_mail = f"rita@{self.run}.example".lower()
        self.service_partner = f"Onderhoud BV {self.run}"
        self.installer = _subscriber(f"Installatie BV {self.run}", "installatie", self.run)
        self.tariff = f"TRF-{self.run}"
        self.stranger = _phone(1, self.run)
        self.daan = _driver("Daan", "postpaid", _phone(2, self.run), self.run, cards=2)
        self.petra = _driver("Petra", "prepaid", _phone(3, self.run), self.run)

    @property
    def drivers(self) -> list[Driver]:
        return [self.daan, self.petra]

    @property
    def drifting(self) -> PlacedStation:
        """The station at which somebody changes a setting that is wanted otherwise."""
        return self.stations[-1]

    @property
    def processes(self) -> list[Process]:
        """All that was made, with how each has to end."""
        return [*self.on_the_road, *self.on_the_way_back]

    @property
    def on_the_way_back(self) -> list[Process]:
        """Of the request that is withdrawn, once it has come as far as to its station."""
        station = self.withdrawn_station
        if station is None:
            return []
        return [
            Process(f"placement-{self.withdrawn}", self.withdrawn, "withdrawn", self.city.organisation),
            Process(
                f"work-order-{self.withdrawn_order}", self.withdrawn_order, "cancelled", self.installer.organisation
            ),
            Process(f"commissioning-{station.name}", station.name, "cancelled", self.service_partner),
        ]

    @property
    def on_the_road(self) -> list[Process]:
        """Of the request that is rejected, and of the one whose stations operate."""
        city, installer = self.city.organisation, self.installer.organisation
        return [
            Process(f"placement-{self.rejected}", self.rejected, "rejected", city),
            Process(f"placement-{self.placement}", self.placement, "operating", city),
            Process(f"work-order-{self.work_order}", self.work_order, "closed", installer),
            *(
                Process(f"commissioning-{each.name}", each.name, "active", self.service_partner)
                for each in self.stations
            ),
        ]


def _subscriber(name: str, domain: str, run: str) -> Subscriber:
    hook = f"{domain}-{run}".lower()
    return Subscriber(organisation=name, hook=hook, mail=f"laadpalen@{hook}.example")


def _phone(which: int, run: str) -> str:
    """A Dutch mobile number."""
    return f"+316{which}{int(run, 16) % 10**7:07}"


def _driver(first_name: str, payment: str, phone: str, run: str, *, cards: int = 1) -> Driver:
    numbers = [f"NL-{run}-{first_name[0]}{number}".upper() for number in range(1, cards + 1)]
    mail = f"{first_name}@{run}.example".lower()
    uids = {number: secrets.token_hex(7).upper() for number in numbers}
    return Driver(f"{first_name} {run}", payment, mail, phone, uids)

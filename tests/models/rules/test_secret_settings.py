"""Secrets are known by the names of the standards and of the field, and what is none is left alone."""

import pytest

from models.rules.secret_settings import is_secret, is_secret_field, is_stations_key

SECRETS = [
    "AuthorizationKey",
    "SecurityCtrlr.BasicAuthPassword",
    "InternalCtrlr[1].ApnPassword",
    "NetworkConfiguration[2].VpnKey",
    "NetworkConfiguration.BasicAuthPassword[2]",
    "wifi_password",
    "WiFi-PSK",
    "psk",
    "ftpPasswd",
    "AdminPwd",
    "Passphrase2",
    "simPin",
    "SIM_PIN_1",
    "PinCode",
    "ApiKey",
    "VendorEncryptionKey",
    "PrivateKey",
    "OcppAccessToken",
    "ClientSecret",
    "MqttCredentials",
]
OPEN = [
    "HeartbeatInterval",
    "WebSocketPingInterval",
    "AuthorizeRemoteTxRequests",
    "AuthorizationCacheEnabled",
    "LocalAuthListMaxLength",
    "GetConfigurationMaxKeys",
    "MeterPublicKey[1]",
    "FiscalMetering.PublicKey",
    "SecurityProfile",
    "AuthCtrlr.Enabled",
    "TokenTimeout",
    "PinMode",
    "key",
    "",
]


@pytest.mark.step("H2", "L5")
@pytest.mark.parametrize("name", SECRETS)
def test_a_setting_that_is_secret_is_known_by_its_name(name: str) -> None:
    assert is_secret(name)
    assert is_secret(name.upper())


@pytest.mark.parametrize("name", OPEN)
def test_a_setting_that_everybody_may_know_is_none(name: str) -> None:
    assert not is_secret(name)


def test_only_the_key_with_which_a_station_logs_in_is_made_by_us() -> None:
    assert [name for name in SECRETS if is_stations_key(name)] == [
        "AuthorizationKey",
        "SecurityCtrlr.BasicAuthPassword",
        "NetworkConfiguration.BasicAuthPassword[2]",
    ]


@pytest.mark.parametrize("name", ["apnPassword", "simPin", "basicAuthPassword", "clientSecret", "api_key", "pin"])
def test_a_field_of_a_message_that_holds_a_secret_is_known(name: str) -> None:
    assert is_secret_field(name)


@pytest.mark.parametrize(
    "name", ["key", "keys", "idToken", "token", "publicKey", "pinging", "location", "authorizationType"]
)
def test_other_fields_of_a_message_are_none(name: str) -> None:
    assert not is_secret_field(name)

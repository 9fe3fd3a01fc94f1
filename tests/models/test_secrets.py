"""The key ring keeps secrets, tells whose they are, and can be rotated."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from models.secrets import KeyRing, SecretsError, key_id_of, new_webhook_secret

OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


@given(plain=st.binary(max_size=500), context=st.binary(max_size=50))
def test_what_is_encrypted_can_be_decrypted(plain: bytes, context: bytes) -> None:
    ring = KeyRing.parse(f"k1:{OLD}")
    assert ring.decrypt(ring.encrypt(plain, context), context) == plain


def test_the_first_key_encrypts_and_any_decrypts() -> None:
    before = KeyRing.parse(f"k1:{OLD}").encrypt(b"factory key", b"unit")
    ring = KeyRing.parse(f" k2:{NEW} , k1:{OLD} ")
    assert ring.current_id == key_id_of(ring.encrypt(b"", b"")) == "k2"
    assert key_id_of(before) == "k1"
    assert ring.decrypt(before, b"unit") == b"factory key"


def test_the_same_secret_never_looks_the_same() -> None:
    ring = KeyRing.parse(f"k1:{OLD}")
    assert ring.encrypt(b"x", b"") != ring.encrypt(b"x", b"")


def test_a_secret_does_not_open_in_another_context() -> None:
    ring = KeyRing.parse(f"k1:{OLD}")
    with pytest.raises(SecretsError, match="another context"):
        ring.decrypt(ring.encrypt(b"x", b"unit 1"), b"unit 2")


def test_no_changed_byte_goes_unnoticed() -> None:
    ring = KeyRing.parse(f"k1:{OLD}")
    sealed = ring.encrypt(b"factory key", b"unit")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SecretsError):
            ring.decrypt(bytes(changed), b"unit")


@given(st.binary(max_size=100))
def test_bytes_that_are_not_ours_are_refused(junk: bytes) -> None:
    with pytest.raises(SecretsError):
        KeyRing.parse(f"k1:{OLD}").decrypt(junk, b"")


def test_a_key_that_was_taken_out_of_the_ring_is_named() -> None:
    sealed = KeyRing.parse(f"k1:{OLD}").encrypt(b"x", b"")
    with pytest.raises(SecretsError, match="'k1' is not in the ring"):
        KeyRing.parse(f"k2:{NEW}").decrypt(sealed, b"")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" , ", "empty"),
        (OLD, "no id"),
        (f"k 1:{OLD}", "key id"),
        (f":{OLD}", "key id"),
        ("k1:c2hvcnQ=", "32 bytes"),
        ("k1:***secret***", "not base64"),
        (f"k1:{OLD},k1:{NEW}", "twice"),
    ],
)
def test_a_ring_that_can_not_be_read_is_explained_without_its_keys(text: str, says: str) -> None:
    with pytest.raises(SecretsError, match=says) as error:
        KeyRing.parse(text)
    assert "secret" not in str(error.value)
    assert OLD not in str(error.value)


def test_a_ring_does_not_show_its_keys() -> None:
    assert repr(KeyRing.parse(f"k2:{NEW},k1:{OLD}")) == "KeyRing(k2, k1)"


def test_a_new_webhook_secret_signs_and_is_always_another() -> None:
    first, second = new_webhook_secret(), new_webhook_secret()
    assert first != second
    assert Webhook(first)
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32

"""A meter that signs what it has counted, as OCMF."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

METER = "1ELS0000000042"


class Meter:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def key(self) -> str:
        """DER, in hexadecimal."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()

    @property
    def named_key(self) -> str:
        """As OCPP 2 carries it."""
        return base64.b64encode(f"oca:base16:asn1:{self.key}".encode()).decode()

    def signed(self, register_kwh: str, page: int = 1, uid: str = "04E91C5A7A2C80") -> str:
        reading = {"TM": "2026-11-30T10:00:00,000+0000 S", "TX": "B", "RV": float(register_kwh), "RI": "1-b:1.8.0"}
        said = {
            "FV": "1.0",
            "GI": "station",
            "PG": f"T{page}",
            "MS": METER,
            "IS": True,
            "IT": "ISO14443",
            "ID": uid,
            "RD": [{**reading, "RU": "kWh", "RT": "AC", "ST": "G"}],
        }
        payload = json.dumps(said, separators=(",", ":"))
        signature = self._key.sign(payload.encode(), ec.ECDSA(hashes.SHA256())).hex()
        return f'OCMF|{payload}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature}"}}'


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

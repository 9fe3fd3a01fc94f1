"""How every process of the product reaches Temporal."""

import dataclasses

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfig

from models.secrets import KeyRing
from models.settings import Settings
from workflows.codec import EncryptionCodec
from workflows.tracing import interceptors


def data_converter(settings: Settings) -> DataConverter:
    """Pydantic messages, encrypted; the texts of failures too."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(KeyRing.parse(settings.keys.get_secret_value())),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """A client by the environment's ``TEMPORAL_*``; a lazy one is made while Temporal is down."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "127.0.0.1:7233")
    return await Client.connect(
        **config, data_converter=data_converter(settings), lazy=lazy, interceptors=interceptors()
    )

"""The Kafka brokers, and how we show each other who we are, by settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import StringConstraints, ValidationInfo, field_validator

from care_platform.transport.environment import EnvironmentSettings, OptionalFile, production
from care_platform.transport.files import private_text, refuse_unfit, trusting
from care_platform.transport.kafka_tls import KafkaTls
from care_platform.transport.kafka_token import TokenFile

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN", "OAUTHBEARER"]
User = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@:/+-]{0,200}$")]
"""A name without the characters that SCRAM must escape, which the library does not."""

_TLS = frozenset({"SSL", "SASL_SSL"})
_SASL = frozenset({"SASL_PLAINTEXT", "SASL_SSL"})
_SENDS_THE_SECRET = frozenset({"PLAIN", "OAUTHBEARER"})
"""The mechanisms that send a password or token itself, where SCRAM sends a proof of it."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """Where the brokers are, and the arguments with which kafka-python connects to them safely."""

    bootstrap: str
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def arguments(self) -> dict[str, Any]:
        """For any of the library's clients."""
        return {"bootstrap_servers": self.bootstrap.split(","), **self.security}


class KafkaSettings(EnvironmentSettings):
    """What contradicts or lacks another setting is refused at start; files are read when they are used.

    The order of the fields is that of the rules: each is judged by those before it.
    """

    kafka_bootstrap: str = ""
    kafka_security_protocol: Protocol = "PLAINTEXT"
    kafka_ca_file: OptionalFile = None
    kafka_certificate_file: OptionalFile = None
    kafka_key_file: OptionalFile = None
    kafka_sasl_mechanism: Mechanism | None = None
    kafka_user: User = ""
    kafka_password_file: OptionalFile = None
    kafka_token_file: OptionalFile = None

    @field_validator("kafka_security_protocol")
    @classmethod
    def _encrypted_records(cls, value: Protocol, others: ValidationInfo) -> Protocol:
        if value not in _TLS and others.data.get("kafka_bootstrap") and production(others):
            raise ValueError("must be SSL or SASL_SSL in production")
        return value

    @field_validator("kafka_ca_file", "kafka_certificate_file")
    @classmethod
    def _for_tls(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        if value is not None and _protocol(others) in {"PLAINTEXT", "SASL_PLAINTEXT"}:
            raise ValueError("is for KAFKA_SECURITY_PROTOCOL=SSL or SASL_SSL")
        return value

    @field_validator("kafka_key_file")
    @classmethod
    def _key_of_a_certificate(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        certificate = "kafka_certificate_file"
        if certificate in others.data and (value is None) != (others.data[certificate] is None):
            raise ValueError("belongs to KAFKA_CERTIFICATE_FILE: set both or neither")
        return value

    @field_validator("kafka_sasl_mechanism", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("kafka_sasl_mechanism")
    @classmethod
    def _for_sasl(cls, value: Mechanism | None, others: ValidationInfo) -> Mechanism | None:
        protocol = _protocol(others)
        if protocol is not None and (value is None) != (protocol not in _SASL):
            raise ValueError("belongs to KAFKA_SECURITY_PROTOCOL=SASL_…: set both or neither")
        if value in _SENDS_THE_SECRET and protocol == "SASL_PLAINTEXT":
            raise ValueError(
                "needs KAFKA_SECURITY_PROTOCOL=SASL_SSL, because this mechanism sends its secret"
            )
        return value

    @field_validator("kafka_user", "kafka_password_file")
    @classmethod
    def _of_a_user(cls, value: str | Path | None, others: ValidationInfo) -> str | Path | None:
        wanted = others.data.get("kafka_sasl_mechanism") not in {None, "OAUTHBEARER"}
        if "kafka_sasl_mechanism" in others.data and bool(value) != wanted:
            raise ValueError("belongs to KAFKA_SASL_MECHANISM=SCRAM-… or PLAIN, and to no other")
        return value

    @field_validator("kafka_token_file")
    @classmethod
    def _of_a_token(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        wanted = others.data.get("kafka_sasl_mechanism") == "OAUTHBEARER"
        if "kafka_sasl_mechanism" in others.data and (value is not None) != wanted:
            raise ValueError("belongs to KAFKA_SASL_MECHANISM=OAUTHBEARER, and to no other")
        return value

    def brokers(self) -> Brokers:
        """The brokers, with every file read once to see that it will do. Ends the program if one will not."""
        security: dict[str, Any] = {"security_protocol": self.kafka_security_protocol}
        if self.kafka_security_protocol in _TLS:
            security |= self._tls()
        if self.kafka_security_protocol in _SASL:
            security |= self._sasl()
        return Brokers(self.kafka_bootstrap, MappingProxyType(security))

    def _tls(self) -> dict[str, Any]:
        certificate, key = self.kafka_certificate_file, self.kafka_key_file
        with self.refusing("kafka_ca_file"):
            trusting(self.kafka_ca_file)
        if certificate is not None and key is not None:
            with self.refusing("kafka_key_file"):
                refuse_unfit(certificate, key)
        return {"ssl_context": KafkaTls(self.kafka_ca_file, certificate, key)}

    def _sasl(self) -> dict[str, Any]:
        security: dict[str, Any] = {"sasl_mechanism": self.kafka_sasl_mechanism}
        if self.kafka_token_file is not None:
            provider = TokenFile(self.kafka_token_file)
            with self.refusing("kafka_token_file"):
                provider.token()
            security["sasl_oauth_token_provider"] = provider
        if self.kafka_password_file is not None:
            security["sasl_plain_username"] = self.kafka_user
            with self.refusing("kafka_password_file"):
                security["sasl_plain_password"] = private_text(self.kafka_password_file)
        return security


def _protocol(others: ValidationInfo) -> Protocol | None:
    """None if it was refused itself: what depends on it is then not judged."""
    return others.data.get("kafka_security_protocol")

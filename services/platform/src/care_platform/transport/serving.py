"""How callers reach a service: its address, and the certificate it shows them."""

from pathlib import Path

from pydantic import ValidationInfo, field_validator

from care_platform.transport.addresses import confidential, on_this_machine
from care_platform.transport.environment import (
    EnvironmentSettings,
    OptionalFile,
    must_encrypt,
    production,
)
from care_platform.transport.files import refuse_unfit


class ServingSettings(EnvironmentSettings):
    """With a certificate (its chain in PEM) and its key, the service speaks https alone.

    `public_url` is the address at which others reach the service.
    """

    host: str = "127.0.0.1"
    tls_certificate_file: OptionalFile = None
    tls_key_file: OptionalFile = None
    public_url: str

    @field_validator("tls_certificate_file")
    @classmethod
    def _serves_https(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        elsewhere = not on_this_machine(others.data.get("host", ""))
        if value is None and elsewhere and must_encrypt("serving", others):
            raise ValueError(
                "must be set in production to serve at a HOST that other machines reach, "
                "unless ENCRYPTED_ELSEWHERE names serving"
            )
        return value

    @field_validator("tls_key_file")
    @classmethod
    def _serves_with_a_key(cls, value: Path | None, others: ValidationInfo) -> Path | None:
        certificate = "tls_certificate_file"
        if certificate in others.data and (value is None) != (others.data[certificate] is None):
            raise ValueError("belongs to TLS_CERTIFICATE_FILE: set both or neither")
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str, others: ValidationInfo) -> str:
        return service_address(value, others)

    def certificate(self) -> tuple[Path, Path] | None:
        """The files of the certificate and its key, if we serve https. Ends the program if they are unfit."""
        if self.tls_certificate_file is None or self.tls_key_file is None:
            return None
        with self.refusing("tls_key_file"):
            refuse_unfit(self.tls_certificate_file, self.tls_key_file)
        return self.tls_certificate_file, self.tls_key_file


def service_address(value: str, others: ValidationInfo) -> str:
    """The address of a service, without a slash at its end. Tokens are sent there: in production by https."""
    if production(others) and not confidential(value, plain_here=True):
        raise ValueError("must be an https address in production (on this machine also http)")
    return value.rstrip("/")

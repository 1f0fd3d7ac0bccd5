"""A Kafka broker with a listener for each way in which the services may connect, and our own certificates."""

import time
from dataclasses import dataclass
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.support.servers.certificates import Authority, private_file
from tests.support.servers.issuer import jwks
from tests.support.servers.kafka import JavaKafka, free_port

USER = "care"
PASSWORD = "a-password-no-log-may-show"
AUDIENCE = "kafka"
_LOGIN = "org.apache.kafka.common.security"
_HANDLER = f"{_LOGIN}.oauthbearer.OAuthBearerValidatorCallbackHandler"

_CONFIG = """
listeners=PLAINTEXT://127.0.0.1:%PORT%,CONTROLLER://127.0.0.1:%CONTROLLER_PORT%,{listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:%PORT%,{listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,SASL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={identity}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.mutual.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER
listener.name.sasl.scram-sha-256.sasl.jaas.config={login}.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config={login}.scram.ScramLoginModule required;
listener.name.sasl.plain.sasl.jaas.config={login}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl.oauthbearer.sasl.jaas.config={login}.oauthbearer.OAuthBearerLoginModule required;
listener.name.sasl.oauthbearer.sasl.server.callback.handler.class={handler}
listener.name.sasl.oauthbearer.sasl.oauthbearer.jwks.endpoint.url={jwks}
listener.name.sasl.oauthbearer.sasl.oauthbearer.expected.audience={audience}
"""


@dataclass(frozen=True)
class Ports:
    """The ports of the three listeners: TLS alone, TLS with a client's certificate, TLS with a password or
    token.
    """

    tls: int
    mutual: int
    sasl: int


class SecureKafka(JavaKafka):
    """Its certificate is for `localhost` alone. Its listener in plain text is for the tests themselves."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True)
        self.directory = data_dir
        self.ports = Ports(free_port(), free_port(), free_port())
        self.authority = Authority(data_dir, "care")
        self._issuer = RSAKey.generate_key(2048, auto_kid=True)
        keys = data_dir / "jwks.json"
        keys.write_bytes(jwks(self._issuer))
        listeners = {name.upper(): port for name, port in vars(self.ports).items()}
        config = _CONFIG.format(
            listeners=",".join(f"{name}://localhost:{port}" for name, port in listeners.items()),
            identity=self._identity(),
            authority=self.authority.file,
            login=_LOGIN,
            user=USER,
            password=PASSWORD,
            handler=_HANDLER,
            jwks=keys.as_uri(),
            audience=AUDIENCE,
        )
        super().__init__(
            data_dir, config, f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={keys.as_uri()}"
        )
        self._make_user()

    def token(self, audience: str = AUDIENCE) -> str:
        now = int(time.time())
        said = {"iss": "care-local", "aud": audience, "sub": USER, "iat": now, "exp": now + 3600}
        return jwt.encode({"alg": "RS256", "kid": self._issuer.kid}, said, self._issuer)

    def deny(self, operation: ACLOperation, topic: str) -> None:
        """Take this right on a topic from `USER`; others stay."""
        denied = ACL(
            f"User:{USER}", "*", operation, ACLPermissionType.DENY, ResourcePattern(ResourceType.TOPIC, topic)
        )
        everything = ACL(
            "User:*",
            "*",
            ACLOperation.ALL,
            ACLPermissionType.ALLOW,
            ResourcePattern(ResourceType.TOPIC, topic),
        )
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            made = admin.create_acls([denied, everything])
        assert not made["failed"], made

    def client(self, name: str) -> dict[str, str]:
        """The settings, without a service's prefix, of a client of this kind."""
        return self._clients()[name]

    def _clients(self) -> dict[str, dict[str, str]]:
        certificate, key = self.authority.certificate("relay")
        token = private_file(self.directory / "token", self.token())
        password = private_file(self.directory / "password", PASSWORD)
        tls = self._reaching(self.ports.tls, "SSL")
        mutual = self._reaching(self.ports.mutual, "SSL")
        sasl = self._reaching(self.ports.sasl, "SASL_SSL")
        known = {"kafka_user": USER, "kafka_password_file": str(password)}
        return {
            "tls": tls,
            "mutual": mutual | {"kafka_certificate_file": str(certificate), "kafka_key_file": str(key)},
            "scram-256": sasl | known | {"kafka_sasl_mechanism": "SCRAM-SHA-256"},
            "scram-512": sasl | known | {"kafka_sasl_mechanism": "SCRAM-SHA-512"},
            "plain": sasl | known | {"kafka_sasl_mechanism": "PLAIN"},
            "token": sasl | {"kafka_sasl_mechanism": "OAUTHBEARER", "kafka_token_file": str(token)},
        }

    def _reaching(self, port: int, protocol: str) -> dict[str, str]:
        return {
            "kafka_bootstrap": f"localhost:{port}",
            "kafka_security_protocol": protocol,
            "kafka_ca_file": str(self.authority.file),
        }

    def _identity(self) -> Path:
        """The broker's key and certificate in one file."""
        certificate, key = self.authority.certificate("localhost")
        return private_file(self.directory / "broker.pem", key.read_bytes() + certificate.read_bytes())

    def _make_user(self) -> None:
        mechanisms = (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)
        with KafkaAdminClient(bootstrap_servers=self.bootstrap) as admin:
            for mechanism in mechanisms:
                made = admin.alter_user_scram_credentials(
                    [UserScramCredentialUpsertion(USER, mechanism, PASSWORD)]
                )
                assert made == {USER: None}

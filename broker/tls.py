"""Certificates for a run, by `openssl`: an authority of its own and what it signs, all in PEM."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from broker.errors import BrokerError, MissingTool
from broker.ports import HOST

DAYS = "2"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
AUTHORITY = "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign", "subjectKeyIdentifier=hash"
SIGNED = f"""\
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=IP:{HOST},DNS:localhost
"""


@dataclass(frozen=True)
class Certificate:
    """Two PEM files. `key` is not encrypted; `store` has both, as Kafka reads them."""

    certificate: Path
    key: Path

    @property
    def store(self) -> Path:
        return self.key.with_suffix(".store.pem")


class Authority:
    """Signs certificates for nodes and clients. `certificate` is what both trust."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "ca.pem"
        self._folder = folder
        self._key = folder / "ca.key"

    def create(self) -> None:
        """Make it, in place of one from an earlier run. Raises BrokerError."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        (self._folder / "signed.cnf").write_text(SIGNED)
        extensions = [part for extension in AUTHORITY for part in ("-addext", extension)]
        made = ["-keyout", str(self._key), "-out", str(self.certificate)]
        openssl("req", "-x509", "-days", DAYS, "-subj", "/CN=exchange-ledger tests", *NEW_KEY, *extensions, *made)

    def sign(self, name: str) -> Certificate:
        """A new certificate whose only name is `name`, good for a node and for a client. Raises BrokerError."""
        signed = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = str(self._folder / f"{name}.csr"), str(self._folder / "signed.cnf")
        openssl("req", "-new", "-subj", f"/CN={name}", *NEW_KEY, "-keyout", str(signed.key), "-out", request)
        by = ["-CA", str(self.certificate), "-CAkey", str(self._key), "-CAcreateserial", "-extfile", extensions]
        openssl("x509", "-req", "-days", DAYS, *by, "-in", request, "-out", str(signed.certificate))
        signed.store.write_bytes(signed.key.read_bytes() + signed.certificate.read_bytes())
        return signed


def openssl(*arguments: str) -> None:
    found = shutil.which("openssl")
    if found is None:
        raise MissingTool("no openssl in PATH: install it, it makes the certificates")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BrokerError(f"openssl {arguments[0]} failed:\n{done.stderr.strip()}")

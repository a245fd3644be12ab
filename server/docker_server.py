"""MySQL in Docker: the service of docker-compose.yml, for those whose Docker engine answers."""

import os
import subprocess
from pathlib import Path

from sqlalchemy import URL

from vanishing_gradients.installation import ROOT
from vanishing_gradients.server.loopback import account_url, free_port
from vanishing_gradients.server.processes import answer
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.words import Say

COMPOSE_FILE = ROOT / "docker-compose.yml"
SERVICE = "mysql"
ENGINE_LIMIT = 10.0  # seconds an engine gets to answer
UP_LIMIT = 900  # seconds for pulling the image and for the first start
PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")


class DockerServer:
    """The compose service, with its passwords in `folder`."""

    def __init__(self, folder: Path, *, say: Say = lambda line: None) -> None:
        self.folder = folder.absolute()
        self.say = say
        self.passwords = self.folder / "docker.json"
        self.secret = self.folder / "secrets" / "mysql_root_password"
        self.log = self.folder / "docker.log"
        self._state = self.folder / "docker-port.json"

    def answers(self) -> bool:
        """Say whether a Docker engine answers here, and has compose."""
        for arguments in (["info", "--format", "{{.ServerVersion}}"], ["compose", "version"]):
            try:
                done = answer(["docker", *arguments], timeout=ENGINE_LIMIT)
            except (OSError, subprocess.TimeoutExpired):
                return False
            if done.returncode or not done.stdout.strip():
                return False
        return True

    def start(self) -> None:
        """Bring the service up, wait until it is healthy, and make database and accounts.

        Raises ServerError where no engine answers, or the service does not come up.
        """
        if not self.answers():
            raise ServerError(
                "no Docker engine answers: start Docker, or run `make up SERVER=local` for a "
                "private server"
            )
        passwords = accounts.keep_passwords(self.passwords)
        accounts.write_private(self.secret, passwords[accounts.ROOT])
        self.say("Starting MySQL in Docker (the first time the image is pulled) ...")
        self._up()
        published = self._compose("port", SERVICE, "3306").stdout.strip()
        accounts.remember(self._state, port=int(published.rpartition(":")[2]))
        with connected(address.without_database(self.url(accounts.ROOT))) as session:
            for statement in accounts.setup(passwords):
                session.cursor().execute(statement)

    def stop(self, delete: bool = False) -> None:
        """Stop and remove the container; the volume keeps the data unless `delete` removes it too.

        Raises ServerError where Docker does not do so.
        """
        if self._compose("down", *(["--volumes"] if delete else [])).returncode:
            raise ServerError(f"docker compose down failed: see {self.log}")

    def url(self, role: str) -> URL:
        """Return the address of the database for an account: owner, reader or root."""
        return account_url(self.passwords, role, accounts.remembered(self._state)["port"])

    def _up(self) -> None:
        command = ("up", "--detach", "--wait", "--wait-timeout", str(UP_LIMIT))
        chosen = os.environ.get("MYSQL_PORT")
        port = chosen or str(accounts.remembered(self._state).get("port", ""))
        for _ in range(2):
            done = self._compose(*command, port=port)
            if done.returncode == 0:
                return
            if not any(words in done.stderr.lower() for words in PORT_TAKEN):
                break
            if chosen:
                raise ServerError(
                    f"port {chosen} is in use: set MYSQL_PORT to another, or unset it"
                )
            port = str(free_port())
        raise ServerError(f"docker compose up failed: see {self.log}")

    def _compose(self, *arguments: str, port: str = "") -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"MYSQL_ROOT_PASSWORD_FILE": str(self.secret)}
        if port:
            environment["MYSQL_PORT"] = port
        command = ["docker", "compose", "--file", str(COMPOSE_FILE), *arguments]
        done = answer(command, env=environment)
        with self.log.open("a") as log:
            log.write(f"$ docker compose {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done

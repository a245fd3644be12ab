"""MySQL in Docker: the service of docker-compose.yml, for those whose Docker engine answers."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL

from vanishing_gradients.installation import ROOT
from vanishing_gradients.server.ports import HOST, free_port
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError

COMPOSE_FILE = ROOT / "docker-compose.yml"
SERVICE = "mysql"
ENGINE_LIMIT = 10.0  # seconds an engine gets to answer
UP_LIMIT = 900  # seconds for pulling the image and for the first start
PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")


class DockerServer:
    """The compose service, with its passwords in `folder`."""

    def __init__(self, folder: Path, *, say: Callable[[str], None] = lambda line: None) -> None:
        self.folder = folder.absolute()
        self.say = say
        self.passwords = self.folder / "docker.json"
        self.secret = self.folder / "secrets" / "mysql_root_password"
        self.log = self.folder / "docker.log"
        self._state = self.folder / "docker-port.json"

    def answers(self) -> bool:
        """Say whether a Docker engine answers here, and has compose."""
        if shutil.which("docker") is None:
            return False
        for command in (
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            ["docker", "compose", "version"],
        ):
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=ENGINE_LIMIT,
                    check=False,
                )
            except subprocess.TimeoutExpired:
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
        root = accounts.keep_passwords(
            self.passwords, (accounts.ROOT, accounts.OWNER, accounts.READER)
        )[accounts.ROOT]
        accounts.write_private(self.secret, root)
        self.say("Starting MySQL in Docker (the first time the image is pulled) ...")
        self._up()
        published = self._compose("port", SERVICE, "3306").stdout.strip()
        port = int(published.rpartition(":")[2])
        accounts.write_private(self._state, json.dumps({"port": port}) + "\n")
        url = address.without_database(self.url(accounts.ROOT))
        with connected(url) as session:
            for statement in accounts.setup(accounts.load_passwords(self.passwords)):
                session.cursor().execute(statement)

    def stop(self, delete: bool = False) -> None:
        """Stop and remove the container; the volume keeps the data unless `delete` removes it too.

        Raises ServerError where Docker does not do so.
        """
        if self._compose("down", *(["--volumes"] if delete else [])).returncode:
            raise ServerError(f"docker compose down failed: see {self.log}")

    def url(self, role: str) -> URL:
        """Return the address of the database for an account: owner, reader or root."""
        return URL.create(
            "mysql+pymysql",
            username=role,
            password=accounts.load_passwords(self.passwords)[role],
            host=HOST,
            port=json.loads(self._state.read_text())["port"],
            database=accounts.DATABASE,
        )

    def _up(self) -> None:
        kept = json.loads(self._state.read_text()) if self._state.exists() else {}
        chosen = os.environ.get("MYSQL_PORT")
        port = chosen or str(kept.get("port", ""))
        for _ in range(2):
            done = self._compose(
                "up", "--detach", "--wait", "--wait-timeout", str(UP_LIMIT), port=port
            )
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
        done = subprocess.run(
            ["docker", "compose", "--file", str(COMPOSE_FILE), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        with self.log.open("a") as log:
            log.write(f"$ docker compose {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done

"""MySQL in Docker: the service of docker-compose.yml."""

import os
import time
from contextlib import nullcontext
from pathlib import Path

import pymysql
from pymysql.converters import escape_string
from sqlalchemy import URL

from vanishing_gradients.server import processes
from vanishing_gradients.server.docker_engine import SERVICE, Container, Engine, last_line
from vanishing_gradients.server.docker_project import DockerProject
from vanishing_gradients.server.loopback import account_url, free_port, is_free
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import AccessError, DatabaseError, ServerError
from vanishing_gradients.words import Say

PORT = 33306
STILL_LIMIT = 600.0  # seconds without progress: a first start on a slow disk is slow
LOOK_EVERY, SIGN_EVERY, TELL_EVERY = 0.5, 5.0, 60.0  # seconds
PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")
GIGABYTE = 1e9
IMAGE_SIZE = 1.0 * GIGABYTE
DATA_SIZE = 2.2 * GIGABYTE
"""The space for MySQL's first data: the redo log of docker-compose.yml, allocated in full, and the
system tables."""


class EndedError(ServerError):
    """The server's process ended during startup."""


class StillStartingError(ServerError):
    """The server has not come up yet, but still may."""


class DockerServer:
    """The compose service, with its passwords in `folder`."""

    def __init__(self, folder: Path, *, say: Say = lambda line: None) -> None:
        self.folder = folder.absolute()
        self.say = say
        self.secret = self.folder / "secrets" / "mysql_root_password"
        self.log = self.folder / "docker.log"
        self.engine = Engine(self.log)
        self.project = DockerProject(self.folder, self.engine, say)
        self.passwords = self.project.passwords

    @property
    def revival(self) -> str:
        """How to start this server again."""
        return (
            "it runs in Docker, where `make up` starts it again, and `docker logs "
            f"{self.project.kept().get('project', '')}-{SERVICE}-1` shows what it says"
        )

    def answers(self) -> bool:
        """Return whether a Docker engine with compose is available here."""
        return self.engine.lack() is None

    def has_begun(self) -> bool:
        """Return whether Docker may hold something of this folder."""
        return self.project.expected()

    def start(self) -> None:
        """Start the service, wait until it answers, and create the database and accounts.

        A running server is left as it is. Raises ServerError if Docker cannot be used or the
        service does not come up; a failed first start leaves nothing behind, unless it is still
        going on.
        """
        if lack := self.engine.lack():
            if self.has_begun():
                raise ServerError(f"{lack.reason}, where this folder's data are: {lack.cure}")
            raise ServerError(
                f"{lack.reason}: {lack.cure}, or run `make up SERVER=local` for a private server"
            )
        with processes.one_at_a_time(self.folder, self.say):
            project = self.project.claim()
            passwords = accounts.keep_passwords(self.passwords)
            accounts.write_private(self.secret, passwords[accounts.ROOT])
            ready, begun = self.project.kept()["ready"], bool(self.engine.volumes(project))
            if ready and not begun:
                raise ServerError(
                    f"the data of this folder are in Docker's volume {project}_data, which the "
                    "current engine does not have: start the engine that has it (see `docker "
                    "context ls` and DOCKER_HOST), or start with an empty database after `make "
                    "clean ALL=1`"
                )
            try:
                if not self._comes_up(project, begun and not ready):
                    self._mend(project, passwords, ready)
            except StillStartingError:
                raise
            except ServerError as error:
                if not ready:
                    self._take_down(project, delete=True)
                    self.project.forget()
                elif isinstance(error, EndedError):
                    self._take_down(project)  # else the engine keeps restarting it
                    raise ServerError(
                        f"{error}; if its data are broken, `make clean ALL=1` deletes them"
                    ) from None
                raise
            self.project.keep(ready=True, older=False)

    def stop(self, delete: bool = False) -> list[str]:
        """Stop and remove every container of this folder, and return sentences on what was done.

        The volumes keep the data unless `delete` is set. Raises ServerError if Docker fails, or
        does not answer although it should.
        """
        expected = self.project.expected()
        if lack := self.engine.lack():
            if expected:
                raise ServerError(
                    f"{lack.reason}, so what this folder has in Docker stays as it is: {lack.cure} "
                    f"and run this again, or delete {self.passwords} and what else begins with "
                    "docker there if that Docker is gone for good"
                )
            return []
        locked = processes.one_at_a_time(self.folder, self.say) if expected else nullcontext()
        with locked:
            done = [self._take_down(each, delete) for each in sorted(self.project.all())]
        return [sentence for sentence in done if sentence]

    def url(self, role: str) -> URL:
        """Return the address of the database for an account: owner, reader or root.

        Raises ServerError if no server of this folder has been started.
        """
        port = self.project.port()
        if port is None:
            raise ServerError("no server has been set up yet: run `make up`, or set DATABASE_URL")
        return account_url(self.passwords, role, port)

    def _comes_up(self, project: str, half_made: bool = False) -> bool:
        """Start the container unless it runs, wait for it, and create the database and accounts;
        return whether it lets us in.

        Raises ServerError if it does not come up, unless it may be `half_made`.
        """
        container, restarts = self.engine.container(project), 0
        port = self._port(project, container)
        if container and container.runs and container.port == port:
            restarts = container.restarts
            if container.status == "paused":
                self.engine.compose("unpause", project=project)
            self.project.keep(port=port)
            if self.project.opens(port):
                return True
        else:
            self._prepare(project)
            self.say("Starting MySQL in Docker ...")
            self._up(project, port)
        try:
            self._wait(project, restarts)
            with connected(self._root()) as session:
                for statement in accounts.setup(accounts.load_passwords(self.passwords)):
                    session.cursor().execute(statement)
        except AccessError:
            return False
        except EndedError:
            if not half_made:
                raise
            return False
        return True

    def _root(self) -> URL:
        return address.without_database(self.url(accounts.ROOT))

    def _port(self, project: str, container: Container | None) -> int:
        """Return the port to publish; chosen before anything that runs is stopped."""
        running = container.port if container and container.runs else None
        if chosen := os.environ.get("MYSQL_PORT"):
            if not chosen.isdecimal() or not 0 < int(chosen) < 65536:
                raise ServerError(f"MYSQL_PORT is {chosen!r}: set it to a number from 1 to 65535")
            if int(chosen) != running and not self._free(int(chosen), project):
                raise ServerError(
                    f"port {chosen} is in use: set MYSQL_PORT to another, or unset it"
                )
            return int(chosen)
        port = running or self.project.port() or PORT
        return port if running or self._free(port, project) else free_port()

    def _free(self, port: int, project: str) -> bool:
        # An engine may forward a port without a listening process.
        return is_free(port) and not self.engine.publishers(port) - {project}

    def _prepare(self, project: str) -> None:
        """Check the disk space, and pull the image if it is not here yet."""
        image = self.engine.service()["image"]
        pulled = self.engine.has_image(image)
        need = (0 if pulled else IMAGE_SIZE) + (0 if self.engine.volumes(project) else DATA_SIZE)
        room = self.engine.free_space()
        if room and room[1] < need:
            raise ServerError(
                f"MySQL in Docker needs about {need / GIGABYTE:.1f} GB to start with, and "
                f"{room[1] / GIGABYTE:.1f} GB are free in {room[0]}: make room there (`docker "
                "system df` shows what Docker uses)"
            )
        if not pulled:
            self.say(f"Pulling the image {image}, which is not here yet ...")
            done = self.engine.compose("pull", "--quiet", project=project)
            if done.returncode:
                raise ServerError(
                    f"the image {image} cannot be pulled ({last_line(done)}): check the network, "
                    f"and see {self.log}"
                )

    def _up(self, project: str, port: int) -> None:
        for _ in range(2):
            self.project.keep(port=port)
            secret = {"MYSQL_ROOT_PASSWORD_FILE": str(self.secret), "MYSQL_PORT": str(port)}
            done = self.engine.compose("up", "--detach", project=project, **secret)
            if done.returncode == 0:
                return
            if not any(words in done.stderr.lower() for words in PORT_TAKEN):
                break
            if os.environ.get("MYSQL_PORT"):
                raise ServerError(f"port {port} is in use: set MYSQL_PORT to another, or unset it")
            port = free_port()
        raise ServerError(f"docker compose up failed ({last_line(done)}): see {self.log}")

    def _wait(self, project: str, restarts: int) -> None:
        """Wait until the server answers, however long it takes, as long as it makes progress.

        Raises EndedError if its process ends, now or more often than `restarts` times before;
        StillStartingError if nothing at all happens for STILL_LIMIT; ServerError if it answers only
        inside its container.
        """
        began = looked = told = changed = time.monotonic()
        sign = ""
        while not self._listens():
            now = time.monotonic()
            container = self.engine.container(project)
            if container is None:
                raise ServerError(f"the container of MySQL is gone: see {self.log}")
            if container.status in ("exited", "dead") or container.restarts > restarts:
                self.engine.note_container(container)
                raise EndedError(
                    f"MySQL in Docker ended with status {container.exit_status} while it started: "
                    f"the reason is at the end of {self.log}"
                )
            if now - looked > SIGN_EVERY:
                looked, before, sign = now, sign, self.engine.sign_of_life(container)
                changed = now if sign != before else changed
                if container.healthy and not self._listens():
                    raise ServerError(
                        f"MySQL in Docker answers in its container, but not at 127.0.0.1:"
                        f"{container.port}: this is not the machine or container that runs Docker"
                    )
            if now - changed > STILL_LIMIT:
                self.engine.note_container(container)
                raise StillStartingError(
                    f"MySQL in Docker has shown no sign of life for {now - changed:.0f} s: see "
                    f"{self.log}, and run `make up` again to continue waiting"
                )
            if now - told > TELL_EVERY:
                self.say(
                    f"Waiting for MySQL in Docker, which is starting ({now - began:.0f} s) ..."
                )
                told = now
            time.sleep(LOOK_EVERY)

    def _listens(self) -> bool:
        try:
            with connected(self._root()):
                return True
        except AccessError:  # it answers, if only to refuse
            return True
        except (DatabaseError, pymysql.err.MySQLError):
            return False

    def _take_down(self, project: str, delete: bool = False) -> str:
        """Remove a project's container, and with `delete` its volumes; return what was done, '' if
        there was nothing to do."""
        container, volumes = self.engine.container(project), self.engine.volumes(project)
        if container is None and not (delete and volumes):
            if delete and self.project.kept().get("ready"):
                return f"Docker's volume {project}_data is not on the current engine."
            return ""
        done = self.engine.compose("down", *(["--volumes"] if delete else []), project=project)
        left = self.engine.volumes(project) if delete else []
        if done.returncode or left or self.engine.container(project):
            raise ServerError(f"docker compose down failed ({last_line(done)}): fix Docker first")
        volume = ", ".join(volumes) or "none"
        if delete:
            self.project.unmark(project)
            return f"The server in Docker and its data are deleted (volume {volume})."
        return f"The server in Docker is stopped; its data stay (volume {volume})."

    def _mend(self, project: str, passwords: dict[str, str], ready: bool) -> None:
        """Repair a server that does not let us in.

        If it never became ready it holds nothing, and is created again. Otherwise the data stay,
        and the accounts get new passwords. Raises ServerError if that does not help.
        """
        if self.project.kept().get("older"):
            self._take_down(project)
            self.project.forget()
            raise ServerError(
                f"the volume {project}_data, which an older version named after the checkout's "
                f"folder, does not accept the passwords in {self.passwords}: it is another "
                "folder's; delete that file to start with an empty database"
            )
        if ready:
            self.say(
                "The server in Docker does not accept the passwords saved here: giving its "
                "accounts new ones; its data stay."
            )
            self._take_down(project)
            self.engine.feed_volume(f"{project}_data", _accounts(passwords), passwords.values())
        else:
            self.say("An interrupted first start in Docker left incomplete data: starting over.")
            self._take_down(project, delete=True)
        try:
            if self._comes_up(project):
                return
        except EndedError:
            if not ready:
                raise
        raise ServerError(
            f"the data in Docker's volume {project}_data are incomplete, or their passwords "
            f"are lost: put {self.folder} back as it was, or delete them with `make clean "
            "ALL=1` and start over"
        )


def _accounts(passwords: dict[str, str]) -> str:
    """Return the statements, one per line, that set every account's password and shut the server
    down."""
    root = f"IDENTIFIED BY '{escape_string(passwords[accounts.ROOT])}'"
    statements = [
        f"ALTER USER IF EXISTS 'root'@'localhost' {root}",
        f"CREATE USER IF NOT EXISTS 'root'@'%' {root}",
        f"ALTER USER 'root'@'%' {root}",
        "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION",
        *accounts.setup(passwords),
        "SHUTDOWN",
    ]
    return "".join(f"{statement};\n" for statement in statements)

"""A Docker engine, queried through its command line: whether it is usable, and what it holds for a
compose project."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vanishing_gradients.installation import ROOT
from vanishing_gradients.server.apt import surroundings
from vanishing_gradients.server.processes import answer, append
from vanishing_gradients.sql.errors import ServerError

COMPOSE_FILE = ROOT / "docker-compose.yml"
SERVICE = "mysql"
ENGINE_LIMIT = 10.0  # seconds to wait for an engine's answer
PROJECT_LABEL = "com.docker.compose.project"
# mysqld as in the compose file, but with its first statements from standard input.
FED = (
    "umask 077; cat >/tmp/statements.sql; chown mysql /tmp/statements.sql; "
    'exec mysqld --user=mysql "$@" --skip-networking --init-file=/tmp/statements.sql'
)
LABELLED = f'{{{{.Label "{PROJECT_LABEL}"}}}}'


class Lack(NamedTuple):
    """Why Docker cannot be used here, and how the user fixes it."""

    reason: str
    cure: str


NO_ENGINE = Lack("no Docker engine answers", "start Docker")
NOT_ALLOWED = Lack(
    "this user may not use the Docker engine",
    "add yourself to the group docker (`sudo usermod -aG docker $USER`) and log in again",
)
NO_COMPOSE = Lack(
    "the Docker engine answers, but its compose plugin is missing",
    "install it (docker-compose-plugin in Docker's own packages)",
)
ELSEWHERE = Lack(
    "the Docker engine is on another machine",
    "set DATABASE_URL to a server there, or unset DOCKER_HOST",
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Container:
    """A container of a project, as the engine reports it; `port` is the published one."""

    name: str
    status: str
    exit_status: int
    restarts: int
    healthy: bool
    port: int | None

    @property
    def runs(self) -> bool:
        """Whether its process exists; a paused one also holds its port and data."""
        return self.status in ("running", "paused")


class Engine:
    """The engine that `docker` reaches; compose's output goes to `log`."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def lack(self) -> Lack | None:
        """Return why Docker cannot be used here; None if an engine with compose is available."""
        asked = (["info", "--format", "{{.ServerVersion}}"], ["compose", "version"])
        for arguments, lack in zip(asked, (NO_ENGINE, NO_COMPOSE), strict=True):
            try:
                done = answer(["docker", *arguments], timeout=ENGINE_LIMIT)
            except (OSError, subprocess.TimeoutExpired):
                return lack
            if done.returncode or not done.stdout.strip():
                return NOT_ALLOWED if "permission denied" in done.stderr.lower() else lack
        host = self._host()
        here = host.startswith(("unix:", "npipe:", "fd:")) or urlsplit(host).hostname in LOOPBACK
        return None if here or not host else ELSEWHERE

    def ask(self, *arguments: str) -> str:
        """Return docker's answer, stripped; '' on failure."""
        done = answer(["docker", *arguments])
        return "" if done.returncode else done.stdout.strip()

    def lines(self, *arguments: str) -> list[str]:
        """Return the lines of a listing.

        Raises ServerError if docker fails, which is not the same as an empty list.
        """
        done = answer(["docker", *arguments])
        if done.returncode:
            raise ServerError(
                f"`docker {arguments[0]}` failed ({last_line(done)}): fix Docker first"
            )
        return done.stdout.splitlines()

    def compose(
        self, *arguments: str, project: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run compose on the project, and log its output."""
        named = ["--project-name", project] if project else []
        command = ["compose", *named, "--file", str(COMPOSE_FILE), *arguments]
        done = answer(["docker", *command], env=surroundings(**environment))
        self.note(f"$ docker {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done

    def note(self, text: str) -> None:
        """Append to the log, if its folder exists."""
        if self.log.parent.is_dir():
            append(self.log, text if text.endswith("\n") else f"{text}\n")

    def note_container(self, container: Container) -> None:
        """Copy the end of a container's log into ours."""
        done = answer(["docker", "logs", "--timestamps", "--tail", "200", container.name])
        self.note(f"$ docker logs {container.name}\n{done.stdout}{done.stderr}")

    def service(self) -> dict[str, Any]:
        """Return the server's part of the compose file: image, command and the rest.

        Raises ServerError if compose cannot read it.
        """
        try:
            return self.configuration()["services"][SERVICE]
        except KeyError:
            raise ServerError(f"compose does not understand {COMPOSE_FILE}: upgrade it") from None

    def feed_volume(self, volume: str, statements: str, hidden: Iterable[str]) -> None:
        """Run `statements` on a data volume in a temporary server without a network; the last
        statement shuts it down.

        Its output is logged without the words in `hidden`.
        """
        service = self.service()
        mount = ["--interactive", "--network=none", f"--volume={volume}:/var/lib/mysql"]
        program = ["--entrypoint=bash", service["image"], "-c", FED, "bash", *service["command"]]
        command = ["docker", "run", "--rm", *mount, *program]
        done = subprocess.run(
            command, input=statements, capture_output=True, text=True, check=False
        )
        told = f"$ docker run ... {volume}\n{done.stdout}{done.stderr}"
        for word in hidden:
            told = told.replace(word, "***")
        self.note(told)

    def configuration(self) -> dict[str, Any]:
        """Return the compose file as compose reads it, with defaults; {} if it cannot."""
        command = ("compose", "--file", str(COMPOSE_FILE), "config", "--format", "json")
        return json.loads(self.ask(*command) or "{}")

    def has_image(self, image: str) -> bool:
        """Return whether an image is already here, so that nothing has to be pulled."""
        return bool(self.ask("image", "inspect", "--format", "{{.Id}}", image))

    def container(self, project: str) -> Container | None:
        """Return the server's container of a project, running or not; None if there is none."""
        labels = (f"label={PROJECT_LABEL}={project}", f"label=com.docker.compose.service={SERVICE}")
        filters = [part for label in labels for part in ("--filter", label)]
        names = self.lines("ps", "--all", *filters, "--format", "{{.Names}}")
        told = json.loads(self.ask("inspect", "--type=container", *names[:1]) or "[]")
        if not told:
            return None
        state = told[0]["State"]
        bindings = (told[0]["HostConfig"].get("PortBindings") or {}).get("3306/tcp") or [{}]
        port = bindings[0].get("HostPort")
        return Container(
            names[0],
            state["Status"],
            state["ExitCode"],
            told[0].get("RestartCount", 0),
            (state.get("Health") or {}).get("Status") == "healthy",
            int(port) if port else None,
        )

    def volumes(self, project: str) -> list[str]:
        """Return the names of a project's volumes."""
        label = f"label={PROJECT_LABEL}={project}"
        return self.lines("volume", "ls", "--filter", label, "--format", "{{.Name}}")

    def volume_names(self, part: str) -> list[str]:
        """Return the names of all volumes whose name contains `part`."""
        return self.lines("volume", "ls", "--filter", f"name={part}", "--format", "{{.Name}}")

    def projects(self) -> set[str]:
        """Return the names of all compose projects that have a container or a volume."""
        label, of_project = f"label={PROJECT_LABEL}", ("--format", LABELLED)
        kinds = (["ps", "--all"], ["volume", "ls"])
        return {
            name for kind in kinds for name in self.lines(*kind, "--filter", label, *of_project)
        }

    def publishers(self, port: int) -> set[str]:
        """Return the projects whose containers publish a port ('' for a container without one)."""
        return set(self.lines("ps", "--filter", f"publish={port}", "--format", LABELLED))

    def sign_of_life(self, container: Container) -> str:
        """Return what changes while the server works: CPU time used, or its last log line."""
        used = self.ask("top", container.name, "-eo", "pid,time")
        done = answer(["docker", "logs", "--timestamps", "--tail", "1", container.name])
        return f"{used}\n{done.stdout}{done.stderr}"

    def free_space(self) -> tuple[Path, int] | None:
        """Return where the engine keeps images and volumes, and the free bytes there.

        None if that is not on this machine, as in Docker Desktop's virtual machine.
        """
        told = self.ask("info", "--format", "{{.DockerRootDir}}\t{{.OperatingSystem}}")
        folder, _, system = told.partition("\t")
        if not folder or system == "Docker Desktop" or not self._host().startswith("unix:"):
            return None
        try:
            return Path(folder), shutil.disk_usage(folder).free
        except OSError:
            return None

    def _host(self) -> str:
        """Return the engine's address, such as unix:///var/run/docker.sock; '' if unknown."""
        return self.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")


def last_line(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the last line of a command's standard error: the reason it failed."""
    return (done.stderr.strip().splitlines() or ["no reason given"])[-1].strip().rstrip(".")

"""The compose project of a server folder: its name is generated once, saved with the passwords, and
recorded before anything is created.

So no two checkouts share a container, and a moved one finds its own. The name begins with an
identifier of the folder, so everything can be found even if the record is lost.
"""

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

import pymysql

from vanishing_gradients.server.docker_engine import Engine
from vanishing_gradients.server.loopback import account_url
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import DatabaseError, ServerError
from vanishing_gradients.words import Say

PREFIX = "gradients"
MARK = "-has-"


class DockerProject:
    """The record of what Docker holds for `folder`.

    Its facts: `project`, the name; `folder`, which it was created for; `port`, the published one;
    `ready`, accounts were created and there may be data; `older`, the name comes from an older
    version and is not yet confirmed as this folder's.
    """

    def __init__(self, folder: Path, engine: Engine, say: Say) -> None:
        self.folder = folder
        self.engine = engine
        self.say = say
        self.passwords = folder / "docker.json"
        self._record = folder / "docker-server.json"
        self._older_record = folder / "docker-port.json"  # had no project name

    def kept(self) -> dict[str, Any]:
        """Return the recorded facts; none if the record was copied from another folder."""
        kept = accounts.remembered(self._record)
        original = Path(kept.get("folder", self.folder))
        if original != self.folder and original.exists() and not original.samefile(self.folder):
            other = accounts.remembered(original / self._record.name)
            if other.get("project") == kept.get("project"):
                return {}
        return kept

    def keep(self, **facts: object) -> None:
        """Add or replace facts in the record."""
        accounts.remember(self._record, **facts)

    def forget(self) -> None:
        """Delete the record of something that was never created."""
        self._record.unlink(missing_ok=True)

    def port(self) -> int | None:
        """Return the last published port; None if there was none."""
        kept = self.kept()
        if not kept and self._record.exists():
            return None
        return kept.get("port") or accounts.remembered(self._older_record).get("port")

    def claim(self) -> str:
        """Return the project's name, recorded before anything of it is created.

        Raises ServerError if an older version's data cannot be found.
        """
        kept = self.kept()
        if "project" in kept:
            if kept["folder"] != str(self.folder):
                self._mark(kept["project"])
                self.keep(folder=str(self.folder))
            return kept["project"]
        copied = self._record.exists()
        if copied:
            original = accounts.remembered(self._record)["folder"]
            self.say(f"This is a copy of {original}, which keeps its server in Docker.")
            self.forget()
        facts: dict[str, object] = {"ready": True}
        if found := self._found():
            project = found[0]
            self.say(f"Docker holds data of this folder already (volume {project}_data).")
        elif older := ("" if copied else self._of_older_version()):
            project, facts["older"] = older, True
            self._mark(project)
        else:
            project, facts = f"{self._identity()}-{secrets.token_hex(3)}", {"ready": False}
        self.keep(project=project, folder=str(self.folder), **facts)
        return project

    def all(self) -> set[str]:
        """Return every project of this folder, according to the record and the engine."""
        kept = self.kept()
        older = "" if self._record.exists() else self._of_older_version(required=False)
        return {kept.get("project", ""), older, *self._found()} - {""}

    def expected(self) -> bool:
        """Return whether Docker should hold something for this folder."""
        return bool(self.kept()) or (
            self._used() and self.passwords.exists() and not self._record.exists()
        )

    def opens(self, port: int) -> bool:
        """Return whether owner and reader can log in at a port."""
        try:
            for role in (accounts.OWNER, accounts.READER):
                with connected(account_url(self.passwords, role, port)):
                    pass
        except (DatabaseError, pymysql.err.MySQLError, KeyError):
            return False
        return True

    def _identity(self) -> str:
        """Return the prefix of the names of this folder's projects.

        The parent folder's inode number goes into it: a clone in the place of a checkout that was
        moved away is a different folder.
        """
        place = self.folder.resolve()
        number = place.parent.stat().st_ino if place.parent.exists() else 0
        digest = hashlib.sha256(os.fsencode(place) + f"\0{number}".encode())
        return f"{PREFIX}-{digest.hexdigest()[:12]}"

    def _found(self) -> list[str]:
        """Return the engine's projects of this folder, whatever the record says."""
        identity = self._identity()
        marks = self.engine.volume_names(f"{identity}{MARK}")
        marked = {mark.removeprefix(f"{identity}{MARK}") for mark in marks}
        return sorted(
            name
            for name in self.engine.projects()
            if name.startswith(f"{identity}-") or name in marked
        )

    def _mark(self, project: str) -> None:
        """Record with the engine that a project of another name is this folder's, in the name of an
        empty volume."""
        self.engine.ask("volume", "create", f"{self._identity()}{MARK}{project}")

    def unmark(self, project: str) -> None:
        """Remove the volume made by `_mark` for a project that is deleted."""
        for mark in self.engine.volume_names(f"{MARK}{project}"):
            if mark.endswith(f"{MARK}{project}"):
                self.engine.ask("volume", "rm", mark)

    def _used(self) -> bool:
        """Return whether this folder last used Docker; without a record, the project's name is then
        an older version's."""
        return accounts.remembered(self.folder / "chosen.json").get("kind") == "docker"

    def _of_older_version(self, required: bool = True) -> str:
        """Return the project of an older version, named after the checkout's folder; '' if none.

        It may belong to another checkout of that name: if it runs, our password must open it.
        Raises ServerError if this folder's data were in Docker, cannot be found, and are
        `required`.
        """
        if not self.passwords.exists():
            return ""
        port = accounts.remembered(self._older_record).get("port")
        named = self.engine.configuration().get("name", "")
        candidates = sorted({named, *(self.engine.publishers(port) if port else ())} - {""})
        others = False
        for project in candidates:
            container = self.engine.container(project)
            if container and container.runs and container.port:
                if self.opens(container.port):
                    return project
                others = True
            elif self._used() and f"{project}_data" in self.engine.volumes(project):
                return project
        if required and self._used() and not others:
            raise ServerError(
                "the data of this folder are in Docker, but cannot be found there: an older "
                "version named their volume after the checkout's folder, so give that its old name "
                f"for one `make up`; or delete {self.passwords} to start with an empty database"
            )
        return ""

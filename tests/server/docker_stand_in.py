"""A stand-in for the program docker: it records its calls, and keeps containers and volumes in a
file, as an engine would.

Its containers publish the port of a private server, so that accounts are created for real.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts

PROGRAM = """\
#!{python} -IS
import fcntl, json, os, sys, time
here, words = {here!r}, sys.argv[1:]
lock = open(here + "/lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
with open(here + "/state.json") as file:
    state = json.load(file)
port, secret = (os.environ.get(n, "") for n in ("MYSQL_PORT", "MYSQL_ROOT_PASSWORD_FILE"))
with open(here + "/environment", "a") as file:
    file.write("\\n".join(os.environ.values()) + "\\n")
with open(here + "/calls", "a") as file:
    file.write(port + "|" + secret + "|" + " ".join(words) + "\\n")

def end(text="", status=0, reason=""):
    with open(here + "/state.json", "w") as file:
        json.dump(state, file)
    print(text, end="\\n" if text else "")
    sys.exit(reason or status)

def after(word):
    return words[words.index(word) + 1] if word in words else ""

containers, volumes, label = state["containers"], state["volumes"], "com.docker.compose.project"
project = next((w.split("=")[2] for w in words if w.startswith("label=" + label + "=")), "")
if words[0] == "info":
    if "ServerVersion" in words[-1]:
        time.sleep(state["hangs"])
        end(state["version"], reason=state["info"])
    end(state["root"] + "\\tDebian")
if words[:2] == ["context", "inspect"]:
    end(state["host"])
if words[:2] == ["compose", "version"]:
    end("2.40", reason=state["no_compose"])
if words[0] == "compose":
    project = after("--project-name")
    if "config" in words:
        service = {{"image": "mysql:9.7", "command": ["--local-infile=ON"]}}
        end(json.dumps({{"name": state["name"], "services": {{"mysql": service}}}}))
    if "pull" in words:
        end(reason=state["pull"])
    if "down" in words:
        containers.pop(project, None)
        if "--volumes" in words:
            volumes.pop(project, None)
    if "up" in words:
        volumes[project] = [project + "_data"]
        found = state["ups"].pop(0) if state["ups"] else {{}}
        if "reason" in found:
            end(reason=found["reason"])
        containers[project] = {{"Status": "running", "ExitCode": 0, "port": port, **found}}
    end()
if words[0] == "ps" and after("--filter").startswith("publish="):
    sought = after("--filter").split("=")[1]
    end("\\n".join(n for n, c in containers.items() if c["port"] == sought))
if words[0] == "ps":
    names = [project] if project in containers else [] if project else list(containers)
    end("\\n".join(names))
if words[:2] == ["volume", "create"]:
    end(state["marks"].append(words[-1]) or "")
if words[:2] == ["volume", "rm"]:
    end(state["marks"].remove(words[-1]) or "")
if words[:2] == ["volume", "ls"] and after("--filter").startswith("name="):
    end("\\n".join(m for m in state["marks"] if after("--filter")[5:] in m))
if words[:2] == ["volume", "ls"]:
    if project:
        end("\\n".join(volumes.get(project, [])))
    end("\\n".join(volumes))
if words[0] == "inspect":
    found = containers[words[-1]]
    bound = {{"3306/tcp": [{{"HostPort": found["port"]}}]}}
    host = {{"PortBindings": bound}}
    found.setdefault("ExitCode", 0)
    end(json.dumps([{{"State": found, "RestartCount": 0, "HostConfig": host}}]))
if words[:2] == ["image", "inspect"]:
    end("sha256:1" if state["image"] else "", reason="" if state["image"] else "no such image")
if words[0] == "logs":
    end("the container's own words")
if words[0] == "top":
    state["time"] += state["works"]
    end(str(state["time"]))
end()
"""


class StandIn:
    """The stand-in's state, and its calls."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        program = folder / "docker"
        program.write_text(PROGRAM.format(python=sys.executable, here=str(folder)))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        self.state: dict[str, Any] = {
            "version": "28.0", "info": "", "hangs": 0, "no_compose": "", "pull": "", "ups": [],
            "host": "unix:///var/run/docker.sock", "root": "/", "image": True, "name": "checkout",
            "containers": {}, "volumes": {}, "marks": [], "time": 0, "works": 1,
        }  # fmt: skip
        self.be()

    def be(self, **facts: object) -> None:
        """Change its state or behaviour."""
        (self.folder / "state.json").write_text(json.dumps(self.state | facts))

    def now(self) -> dict[str, Any]:
        """Return its state."""
        return json.loads((self.folder / "state.json").read_text())

    def calls(self, *words: str) -> list[str]:
        """Return whether a call had all of these words."""
        calls = self.folder / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [line for line in lines if set(words) <= set(line.rpartition("|")[2].split())]


def made(folder: Path, private: PrivateServer, told: list[str]) -> DockerServer:
    """A server in Docker in `folder`, whose passwords are those of the private one."""
    found = DockerServer(folder, say=told.append)
    passwords = accounts.load_passwords(private.passwords)
    accounts.write_private(found.passwords, json.dumps(passwords))
    return found


def record(server: DockerServer) -> dict:
    return accounts.remembered(server.folder / "docker-server.json")

"""Every package is installed in the exact version and file that the lock names."""

import hashlib
import re
import sys
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import bootstrap

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ENTRIES = re.sub(r"\s*\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", LOCK, flags=re.M)).splitlines()
"""One line per package: name==version ; marker --hash=sha256:..."""
PINNED = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[0-9][^\s;]*)(?: ; (?P<marker>[^\\]+?))?"
    r"(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
)
WHEEL = "tiny-1.0-py3-none-any.whl"


def wanted() -> list[Requirement]:
    """All requirements of pyproject.toml, including those of the tests and of clusters."""
    extras = PROJECT["optional-dependencies"]
    texts = [*PROJECT["dependencies"], *extras["dev"], *extras["dask"]]
    return [Requirement(text) for text in texts]


def test_every_line_of_the_lock_is_one_version_with_its_hashes():
    assert len(ENTRIES) > 50
    assert [entry for entry in ENTRIES if not PINNED.fullmatch(entry)] == []


def test_the_lock_names_no_other_index_and_no_address():
    assert [entry for entry in ENTRIES if entry.startswith("-") or "://" in entry] == []


def test_no_hash_is_in_the_lock_twice():
    """As if a package had been given another one's hash."""
    found = re.findall(r"sha256:([0-9a-f]{64})", LOCK)
    assert len(found) == len(set(found)) > 100


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_lock_has_each_dependency_in_a_version_that_is_allowed(requirement: Requirement):
    pinned = {
        canonicalize_name(entry["name"]): entry["version"]
        for entry in map(PINNED.fullmatch, ENTRIES)
        if entry
    }
    assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])


def wheel(folder: Path) -> str:
    """Create an empty package, and return the hash of its file."""
    files = {
        "tiny.py": b"",
        "tiny-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    sums = {
        name: urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        for name, content in files.items()
    }
    record = "".join(f"{name},sha256={sums[name]},{len(files[name])}\n" for name in files)
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("tiny-1.0.dist-info/RECORD", f"{record}tiny-1.0.dist-info/RECORD,,\n")
    return hashlib.sha256((folder / WHEEL).read_bytes()).hexdigest()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make the bootstrap install a lock's packages, from a folder and into nowhere.

    Returns a function that writes the lock, given the true hash of the only file.
    """
    (tmp_path / "sql").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "nothing"\nversion = "1"\n[tool.setuptools]\npackages = []\n'
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    )
    for name, value in (
        ("HERE", tmp_path),
        ("LOCK", tmp_path / "requirements.lock"),
        ("STAMP", tmp_path / "stamp"),
        ("PYTHON", Path(sys.executable)),
    ):
        monkeypatch.setattr(bootstrap, name, value)
    monkeypatch.setattr(bootstrap, "runs_here", lambda: True)
    for name in ("PIP_NO_INDEX", "PIP_DRY_RUN", "PIP_NO_CACHE_DIR"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    digest = wheel(tmp_path)

    def lock(template: str) -> None:
        bootstrap.LOCK.write_text(template.format(digest))

    return lock


def test_a_package_whose_file_has_the_hash_of_the_lock_is_accepted(checkout):
    checkout("tiny==1.0 --hash=sha256:{}\n")
    bootstrap.complete()
    assert bootstrap.STAMP.exists()


def test_a_package_whose_file_has_another_hash_is_refused(checkout, capfd):
    checkout("tiny==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(bootstrap.BootstrapError):
        bootstrap.complete()
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert not bootstrap.STAMP.exists()


def test_a_package_without_a_hash_is_refused(checkout, capfd):
    checkout("tiny==1.0\n")
    with pytest.raises(bootstrap.BootstrapError):
        bootstrap.complete()
    assert "--require-hashes" in capfd.readouterr().err
    assert not bootstrap.STAMP.exists()


def test_a_lock_of_which_one_digit_has_changed_is_installed_anew(
    checkout, monkeypatch: pytest.MonkeyPatch
):
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: calls.append(arguments))
    checkout("tiny==1.0 --hash=sha256:" + "0" * 64 + "\n")
    bootstrap.complete()
    bootstrap.complete()
    assert len(calls) == 2
    checkout("tiny==1.0 --hash=sha256:" + "0" * 63 + "1\n")
    bootstrap.complete()
    assert len(calls) == 4
    assert calls[0] == calls[2]


@pytest.mark.skipif(not bootstrap.STAMP.exists(), reason="the bootstrap has not made this .venv")
def test_the_installed_packages_have_the_versions_of_the_lock():
    compared = 0
    for entry in map(PINNED.fullmatch, ENTRIES):
        if entry["marker"] is None or Marker(entry["marker"]).evaluate():
            assert metadata.version(entry["name"]) == entry["version"]
            compared += 1
    assert compared > 50

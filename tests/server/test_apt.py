"""Packages of the distribution, found and unpacked without installing them."""

import shutil
from pathlib import Path

import pytest

from vanishing_gradients.server.apt import Apt, AptError

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="no apt on this system")

NO_NETWORK = """\
#!/bin/sh
echo "W: Failed to fetch http://mirror/InRelease  Temporary failure resolving 'mirror'" >&2
"""


def test_a_system_without_apt_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AptError, match="this system has no apt"):
        Apt(tmp_path / "apt").candidate("make")
    assert not (tmp_path / "apt").exists()


def test_lists_that_do_not_come_are_told_with_apts_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("apt-get", "dpkg"):
        (tmp_path / name).write_text(NO_NETWORK)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(AptError, match=r"package lists .*resolving 'mirror'.*: check the network"):
        Apt(tmp_path / "apt").candidate("make")


def test_a_log_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("apt-get", "dpkg"):
        (tmp_path / name).write_text(NO_NETWORK)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "apt").mkdir()
    (tmp_path / "apt/apt.log").symlink_to("/dev/full")
    with pytest.raises(AptError, match=rf"{tmp_path}/apt/?\S* cannot be written \(No space left"):
        Apt(tmp_path / "apt").candidate("make")


@needs_apt
def test_a_package_and_what_it_needs_are_unpacked_and_the_system_is_not_touched(tmp_path: Path):
    lists = Path("/var/lib/apt/lists")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in lists.iterdir())
    try:
        Apt(tmp_path / "apt").unpack(["libaio-dev"], tmp_path / "root")
    except AptError as error:
        if "package lists" in str(error):
            pytest.skip(f"no package sources within reach: {error}")
        raise
    assert (tmp_path / "root/usr/include/libaio.h").exists()
    assert sorted((path.name, path.stat().st_mtime_ns) for path in lists.iterdir()) == before
    with pytest.raises(AptError, match="have no package no-such-package"):
        Apt(tmp_path / "apt").unpack(["no-such-package"], tmp_path / "other")

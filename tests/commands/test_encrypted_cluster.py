"""A Dask cluster whose connections are encrypted, with a certificate of its own."""

import json
import subprocess

import pytest

from tests.commands.conftest import text

pytest.importorskip("distributed", reason="needs Dask: pip install 'vanishing-gradients[dask]'")

from tests.commands.dask_cluster import running

SOME = ("--dataset", "sample", "--limit", "128")
CERTIFICATE = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test"


@pytest.fixture
def certificates(tmp_path, monkeypatch):
    """Dask's configuration of a cluster whose parts all show one certificate."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = [*CERTIFICATE.split(), "-out", certificate, "-keyout", key]
    subprocess.run(made, check=True, capture_output=True)
    shown = {"cert": str(certificate), "key": str(key)}
    tls = dict.fromkeys(("scheduler", "worker", "client"), shown) | {"ca-file": str(certificate)}
    (tmp_path / "dask.yaml").write_text(json.dumps({"distributed": {"comm": {"tls": tls}}}))
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path))


@pytest.fixture
def cluster(tmp_path, certificates, migrated):
    with running(tmp_path, "tls") as made:
        made.worker(DATABASE_URL=text(migrated))
        yield made


@pytest.fixture
def sweep(cluster, started, experiment):
    """Return a function that starts a sweep on the cluster and returns its status and words."""

    def run() -> tuple[int, str]:
        process = started(
            "train", "--exp", experiment(1, "sealed"), "--seeds", "2", *SOME,
            "--scheduler", cluster.address,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = process.communicate(timeout=120)[1]
        return process.returncode, said

    return run


def test_its_workers_train_the_runs(sweep, select):
    status, said = sweep()
    assert status == 0, said
    assert select("SELECT status FROM runs WHERE experiment = 'sealed'") == [("finished",)] * 2


def test_a_client_without_certificates_is_told_where_to_name_them(sweep, cluster, monkeypatch):
    monkeypatch.delenv("DASK_CONFIG")
    status, said = sweep()
    assert status == 2
    last = said.splitlines()[-1]
    assert last.startswith(
        f"Error: No Dask scheduler at {cluster.address} accepts this machine's certificates ("
    )
    assert "): name them in Dask's configuration (https://distributed.dask.org/" in last

"""User errors: exit status 2, one sentence, and nothing half-made."""

import secrets
import shutil
import socket
from pathlib import Path

import pytest

from tests.conftest import at_port
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.trainer import datasets

SAMPLE = Path(datasets.__file__).parent / "sample"
SQL_NAME = "x`; DROP TABLE runs; -- "


@pytest.fixture
def refusal(trainer, migrated, contents_of):
    """Return a function that runs `train` and returns the sentence of its refusal."""

    def sentence(*arguments: str, **changes) -> str:
        before = contents_of(migrated)
        outcome = trainer("train", "--dataset", "sample", *arguments, **changes)
        assert contents_of(migrated) == before
        return only_sentence(outcome)

    return sentence


def only_sentence(outcome) -> str:
    assert outcome.status == 2
    assert outcome.output == []
    *before, last = outcome.errors
    assert not [line for line in before if not line.startswith(("Data set: ", "Room: "))]
    assert last.startswith("Error: ")
    return last.removeprefix("Error: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--exp", "sigmoid_sdg"], "There is no experiment 'sigmoid_sdg': did you mean sigmoid_s"),
        (["--exp", SQL_NAME], f"There is no experiment {SQL_NAME!r}: "),
        (["--exp", "absent.toml"], "There is no file 'absent.toml'; built-in experiments go by "),
        (["--dataset", "cifar"], "DATASET (--dataset): 'cifar' is not one of 'auto', 'mnist', "),
        (["--dataset", "no/data.npz"], f"There is no file or folder '{Path.cwd()}/no/data.npz': g"),
        (["--epochs", "0"], "EPOCHS (--epochs): '0' is not a whole number from 1 to 10,000."),
        (["--epochs", "ten"], "EPOCHS (--epochs): 'ten' is not a whole number from 1 to 10,000."),
        (["--epochs", "9" * 5000], "EPOCHS (--epochs): '999999999"),
        (["--seed=-1"], "SEED (--seed): '-1' is not a whole number from 0 to 9,223,372,036,854,"),
        (["--seed", "1.5"], "SEED (--seed): '1.5' is not a whole number from 0 to "),
        (["--seeds", "0"], "SEEDS (--seeds): '0' is not a whole number from 1 to 10,000."),
        (["--seed", str(2**63 - 1), "--seeds", "2"], "SEED and SEEDS go beyond the largest seed"),
        (["--precision", "half"], "PRECISION (--precision): 'half' is not one of 'double', 'sing"),
        (["--limit", "0"], "LIMIT (--limit): '0' is not a whole number from 1 to "),
        (["--limit", "6401"], "Cannot limit sample to 6401 training images: give a whole number "),
        (["--telemetry", "some"], "TELEMETRY (--telemetry): 'some' is not one of 'full', 'statis"),
        (["--record-every", "0"], "RECORD_EVERY (--record-every): '0' is not a whole number fro"),
        (["--scheduler", "host"], "SCHEDULER is 'host', and not the address of a Dask scheduler: "),
        (["--epoch", "3"], "No such option '--epoch'. (Did you mean one of: '--epochs', '"),
        (["--epochs"], "Option '--epochs' requires an argument."),
        (["sigmoid_sgd"], "Got unexpected extra argument (sigmoid_sgd)"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_a_value_that_cannot_be(refusal, arguments, expected):
    assert refusal(*arguments).startswith(expected)


def test_a_name_with_sql_in_an_experiments_file(refusal, tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(f'name = "{SQL_NAME}"\nactivation = "relu"\noptimizer.kind = "sgd"\n')
    assert f"'name' is {SQL_NAME!r}; allowed is a lower-case letter" in refusal("--exp", str(path))


def test_a_layer_wider_than_a_table(refusal, experiment):
    path = Path(experiment())
    path.write_text(path.read_text().replace("[6]", "[6, 5000]"))
    assert "'hidden_widths[1]' is 5000; allowed is " in refusal("--exp", str(path))


@pytest.fixture
def data_dir(tmp_path):
    folder = tmp_path / "fashion-mnist"
    shutil.copytree(SAMPLE, folder)
    return folder


def test_a_data_file_that_is_cut_short(refusal, data_dir):
    path = data_dir / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:100_000])
    found = refusal("--dataset", "fashion-mnist", DATA_DIR=str(data_dir.parent))
    assert found.startswith(f"{path} ")
    assert found.endswith("delete it and run `make data DATASET=fashion-mnist`.")


def test_a_data_file_that_is_not_the_published_one(refusal, data_dir):
    found = refusal("--dataset", "fashion-mnist", "--data-dir", str(data_dir.parent))
    assert "is not the published file of Fashion-MNIST but that of the bundled sample" in found


def test_a_data_dir_that_is_a_file(refusal, tmp_path):
    path = tmp_path / "file"
    path.touch()
    found = refusal("--dataset", "mnist", "--data-dir", str(path))
    assert found == f"{path} is not a folder: set DATA_DIR to one."


@pytest.fixture
def closed_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_server_that_is_down(refusal, migrated, closed_port):
    found = refusal(url=at_port(migrated, closed_port))
    assert found.startswith(f"No server answers at 127.0.0.1:{closed_port}: see whether it runs")


def test_an_address_that_is_none(refusal):
    assert refusal(url="gradients").startswith("DATABASE_URL is not the address of a MySQL or ")


def test_no_server_at_all(refusal):
    assert refusal(url=None) == (
        "No server has been set up yet: run `make up`, or set DATABASE_URL"
    )


def test_a_wrong_password(refusal, reader_url):
    found = refusal(url=reader_url.set(password="wrong"))
    assert found.startswith(f"The server at {address.public(reader_url)} does not accept this pass")
    assert "wrong" not in found


def test_a_database_that_is_not_there(refusal, migrated):
    found = refusal(url=migrated.set(database="gradients_test_nowhere"))
    assert "has no database 'gradients_test_nowhere'" in found


def test_a_database_without_migrations(trainer, database, contents_of):
    sentence = "The database lacks the newest catalogue tables and views: run `make migrate`"
    assert only_sentence(trainer("train", "--dataset", "sample", url=database)) == sentence
    assert only_sentence(trainer("runs", url=database)) == sentence
    assert contents_of(database) == ([], 0)


@pytest.fixture
def account_without(migrated, server_url):
    """Return a function that creates an account that lacks exactly one privilege."""
    made = []

    def make(privilege: str):
        name, password = f"half_{secrets.token_hex(4)}", accounts.new_password()
        pattern = accounts.grant_pattern(migrated.database)
        made.append(name)
        with connected(address.without_database(server_url)) as session:
            for statement in (
                *accounts.account(name, password),
                f"GRANT ALL PRIVILEGES ON {pattern}.* TO '{name}'@'%'",
                f"REVOKE {privilege} ON {pattern}.* FROM '{name}'@'%'",
            ):
                session.cursor().execute(statement)
        return migrated.set(username=name, password=password)

    yield make
    with connected(address.without_database(server_url)) as session:
        for name in made:
            session.cursor().execute(f"DROP USER '{name}'@'%'")


@pytest.mark.parametrize("privilege", ["CREATE VIEW", "INSERT", "DROP"])
def test_an_account_that_lacks_a_privilege(refusal, account_without, privilege):
    found = refusal(url=account_without(privilege))
    assert f" lacks {privilege} on the database " in found
    assert f"run GRANT {privilege} ON " in found


def test_a_name_that_another_network_has_taken(trainer, refusal, experiment):
    path = Path(experiment())
    first = trainer("train", "--exp", str(path), "--dataset", "sample", "--limit", "64")
    assert first.status == 0
    path.write_text(path.read_text().replace("[6]", "[7]"))
    assert refusal("--exp", str(path)) == (
        "Earlier runs of small had other layers (layer 1 was layer_1_input of 6 neurons, and "
        "is now layer_1_input of 7 neurons): "
        "give the new experiment another name."
    )


def test_a_command_that_does_not_exist(trainer):
    assert only_sentence(trainer("trian")) == (
        "No such command 'trian'. Did you mean 'train'? Commands are up, down, migrate, view, "
        "data, train, gallery, experiments, new, runs, drop, summarize, sql, url, figures, "
        "live, compare, diagnose, remedy, audit, report, verify."
    )


def test_the_command_that_a_sweep_gives_itself(trainer):
    said = "A sweep gives this command to itself: use train."
    assert only_sentence(trainer("planned")) == said


def test_a_process_of_its_own_says_it_as_well_and_without_a_traceback(started):
    process = started("train", "--exp", "sigmoid_sdg", stdout=-1, stderr=-1, text=True)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (2, "")
    assert only_line(errors).startswith("Error: There is no experiment 'sigmoid_sdg'")


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line

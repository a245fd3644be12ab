"""The catalogue and the views, up, down and up again."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from vanishing_gradients.migrations import history
from vanishing_gradients.sql.catalogue import metadata
from vanishing_gradients.sql.connection import brand_of
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import definition, versions
from vanishing_gradients.sql.registry import replace_view, versions_in_force
from vanishing_gradients.telemetry.runs import RunDescription, RunLayer, register

TWO_LAYERS = RunDescription(
    experiment="moved", seed=1, dataset="sample", dataset_sha256="0" * 64, precision="double",
    telemetry="full", record_every=1, training_images=2, epochs=1, config={},
    layers=(
        RunLayer(1, "layer_1_input", "dense", 2, 2, "input"),
        RunLayer(2, "layer_2_softmax", "softmax", 2, 2, "sample"),
    ),
)  # fmt: skip

REVISION = '''"""The mean row norm, times a hundred."""

from pathlib import Path

from alembic import op

from vanishing_gradients.sql.registry import replace_view

revision = "0099"
down_revision = "{newest}"
branch_labels = None
depends_on = None

ROOT = Path(__file__).parent


def upgrade() -> None:
    replace_view(op.get_bind(), "norm_avg", 3, ROOT)


def downgrade() -> None:
    replace_view(op.get_bind(), "norm_avg", 2, ROOT)
'''


def objects(made) -> set[str]:
    names = inspect(made)
    return {*names.get_table_names(), *names.get_view_names()} - {"alembic_version", "leases"}


def test_up_down_and_up_again_leaves_the_same_objects(fresh):
    history.upgrade(fresh)
    first = objects(fresh)
    history.downgrade(fresh, "base")
    assert objects(fresh) == set()
    assert history.upgrade(fresh) == (None, history.newest())
    assert objects(fresh) == first


def test_migrating_twice_changes_nothing(newest):
    assert history.upgrade(newest) == (history.newest(), history.newest())


@pytest.mark.not_on_oceanbase("SQLAlchemy cannot read its foreign keys")
def test_the_migrated_tables_are_those_the_code_knows(newest):
    with newest.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [each for each in differences if "alembic_version" not in str(each)] == []


def test_every_view_file_is_in_force_at_its_newest_version(newest):
    with newest.connect() as connection:
        found = versions_in_force(connection)
    assert found == {name: numbers[-1] for name, numbers in versions("views").items()}


@pytest.fixture
def third_version(tmp_path):
    """A folder with a revision that installs version 3 of norm_avg, and its files."""
    second = definition("views", "norm_avg", 2).text
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "norm_avg_v02.sql").write_text(second)
    (tmp_path / "views" / "norm_avg_v03.sql").write_text(
        second.replace("AVG(Norm)", "100 * AVG(Norm)")
    )
    (tmp_path / "0099_norm_avg_v03.py").write_text(REVISION.format(newest=history.newest()))
    return tmp_path


def test_a_view_moves_to_its_next_version_and_back_for_every_experiment(newest, third_version):
    def norm() -> float:
        with newest.connect() as connection:
            return connection.exec_driver_sql(
                "SELECT norm FROM moved_layer_1_norm_avg"
            ).scalar_one()

    def in_force() -> int:
        with newest.connect() as connection:
            return versions_in_force(connection)["norm_avg"]

    run = register(newest, TWO_LAYERS)
    with newest.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO moved_layer_1_input (run_id, Epoch, Step, RowIndex, Gradient1, Gradient2) "
            f"VALUES ({run.run_id}, 1, 1, 0, 3, 4)"
        )
    before = history.newest()
    assert (norm(), in_force()) == (5.0, 2)
    history.upgrade(newest, versions=third_version)
    assert (norm(), in_force()) == (500.0, 3)
    history.downgrade(newest, before, versions=third_version)
    assert (norm(), in_force()) == (5.0, 2)


def test_a_version_without_a_file_is_refused_and_nothing_changes(newest):
    with newest.connect() as connection:
        with pytest.raises(
            ObjectError, match=r"no version 7 of norm_avg: views has .*norm_avg \[1, 2\]"
        ):
            replace_view(connection, "norm_avg", 7)
        assert versions_in_force(connection)["norm_avg"] == 2


def test_downgrading_takes_the_views_of_experiments_with_it(newest, older_databases):
    register(newest, TWO_LAYERS).close()
    history.downgrade(newest, "0001")
    assert inspect(newest).get_view_names() == []
    history.upgrade(newest)
    assert "moved_ratio_2_1_avg" in inspect(newest).get_view_names()


@pytest.mark.parametrize("revision", ["0016", "base"])
def test_a_way_down_that_the_server_cannot_go_is_refused(newest, monkeypatch, revision):
    register(newest, TWO_LAYERS).close()
    with newest.connect() as connection:
        monkeypatch.setattr(type(brand_of(connection)), "partitions", True)
    before = objects(newest)
    with pytest.raises(ObjectError, match=r"cannot rename the column .* go down to 0017 at most"):
        history.downgrade(newest, revision)
    assert (history.current(newest), objects(newest)) == (history.newest(), before)

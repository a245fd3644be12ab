"""A sign in a database is seen by whoever uses the same database, and by nobody else."""

from vanishing_gradients.sql.meeting import seen, shown


def test_a_sign_is_seen_in_its_own_database_alone_and_only_while_it_is_shown(
    database, module_database
):
    with shown(database) as sign:
        assert seen(database, sign)
        assert not seen(module_database, sign)
        assert not seen(database, f"{sign[:-1]}-")
    assert not seen(database, sign)

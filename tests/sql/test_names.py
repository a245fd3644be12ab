"""Names before they enter a statement."""

import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.schema import stored_name
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment, checked_layer, quoted

ANYTHING = st.text(st.characters(), max_size=70)
NAME_CHARACTERS = string.ascii_lowercase + string.digits + "_"


@pytest.fixture(scope="module")
def cursor(module_database):
    with connected(module_database) as session:
        yield session.cursor()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=ANYTHING)
@example(name="a`; DROP TABLE b; -- ")
@example(name="`")
@example(name="`" * 64)
@example(name="%s")
@example(name="\\")
@example(name="a.b")
@example(name="/etc/passwd")
@example(name="#sql")
@example(name="1e5")
@example(name="\N{LATIN SMALL LETTER E WITH ACUTE}" * 64)
@example(name="\N{CJK UNIFIED IDEOGRAPH-4E00}" * 64)
@example(name="\N{GRINNING FACE}")
@example(name="\ud800")
@example(name="a\0b")
@example(name="a ")
@example(name=" a")
@example(name="a\n")
@example(name="x" * 64)
@example(name="x" * 65)
@example(name="")
def test_a_name_is_refused_or_becomes_that_exact_table(cursor, name):
    try:
        identifier = quoted(name)
    except ObjectError:
        return
    cursor.execute(f"CREATE TABLE {identifier} (a INT)")
    cursor.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    )
    found = cursor.fetchall()
    cursor.execute(f"DROP TABLE {identifier}")
    assert found == ((stored_name(cursor, name),),)


def test_quoting_doubles_backticks():
    assert quoted("a`b") == "`a``b`"


@given(
    first=st.sampled_from(string.ascii_lowercase),
    rest=st.text(NAME_CHARACTERS, max_size=31),
)
def test_a_name_by_the_rule_is_an_experiments(first, rest):
    assert checked_experiment(first + rest) == first + rest


@given(name=ANYTHING)
def test_any_other_is_refused_with_the_rule(name):
    by_the_rule = (
        0 < len(name) <= 32
        and name[0] in string.ascii_lowercase
        and set(name) <= set(NAME_CHARACTERS)
    )
    if by_the_rule:
        assert checked_experiment(name) == name
    else:
        with pytest.raises(ObjectError, match="use a lower-case letter, then up to 31"):
            checked_experiment(name)


@pytest.mark.parametrize(
    "name", ["layer_1_input", "layer_12_softmax", "layer_202_batch_normalization"]
)
def test_layers_are_named_by_number_and_kind(name):
    assert checked_layer(name) == name


@pytest.mark.parametrize(
    "name",
    ["layer_0_input", "layer_01_input", "layer_1", "layer_1_", "Layer_1_input", "layer_1_input\n",
     "layer_1_in`put", "layer_12345_input", "layer_1_" + "x" * 22, ""],
)  # fmt: skip
def test_anything_else_is_no_layer(name):
    with pytest.raises(ObjectError, match="names look like layer_10_sigmoid"):
        checked_layer(name)


def test_the_longest_names_make_a_table_that_the_server_takes():
    longest = f"{'x' * 32}_layer_999_layer_normalization_x"
    assert checked_experiment("x" * 32)
    assert checked_layer("layer_999_layer_normalization_x")
    assert quoted(longest) == f"`{longest}`"

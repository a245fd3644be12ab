"""Addresses as users write them, right and wrong."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vanishing_gradients.sql.address import connect_options, parse
from vanishing_gradients.sql.connection import connect_arguments
from vanishing_gradients.sql.errors import DatabaseError, ObjectError, ServerError

SECRET = "the-secret-4711"


@pytest.mark.parametrize(
    "scheme", ["mysql", "mariadb", "mysql+pymysql", "mysql+mysqldb", "mariadb+mariadbconnector"]
)
def test_every_way_to_write_the_scheme_means_pymysql(scheme: str):
    assert str(parse(f"{scheme}://me@host/db")) == "mysql+pymysql://me@host/db"


def test_the_database_is_gradients_unless_named():
    assert parse("mysql://me@host").database == "gradients"
    assert parse("mysql://me@host/").database == "gradients"
    assert parse("mysql://me@host/other").database == "other"


def test_escaped_characters_belong_to_the_password():
    assert parse("mysql://me:a%40b%2Fc%25@host/db").password == "a@b/c%"


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_password_reaches_the_server_as_it_is(password: str):
    url = parse("mysql://me@host/db").set(password=password)
    again = parse(url.render_as_string(hide_password=False))
    assert connect_arguments(again)["password"] == password.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "host:3306",
        f"sqlite:///{SECRET}",
        f"postgresql://me:{SECRET}@host/db",
        f"mysql://me:{SECRET}@/db",
        f"mysql://:{SECRET}@host/db",
        f"mysql://me:{SECRET}@host:port/db",
        f"mysql://me:{SECRET}@host:99999/db",
        f"mysql://me:{SECRET}@host:0/db",
        f"mysql://me:{SECRET}@a..b:3306/db",
        f"mysql://me:{SECRET}@.a/db",
        f"mysql://me:{SECRET}@{'x' * 64}/db",
        f"mysql://me:{SECRET}@{'x.' * 127}y/db",
        f"mysql://me:{SECRET}@{'ß' * 64}.de/db",
        f"mysql://me:{SECRET}@\u202e.com/db",
        f"mysql://me:{SECRET}@a b/db",
        f"mysql://me:{SECRET}@a\nb/db",
        f"mysql://me:{SECRET}@[::1/db",
        f"mysql://me:{SECRET}@::1/db",
        f"mysql://me:{SECRET}@host:/db",
        f"mysql://me:{SECRET}@host:1:2/db",
        f"mysql://me:{SECRET}\udcff@host/db",
    ],
)
def test_what_is_not_an_address_is_told_how_to_write_one(text: str):
    with pytest.raises(ServerError, match=r"write it as mysql://user:password@host") as refusal:
        parse(text)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("host", ["::1", "fe80::1", "db.example.", "bücher.example", "10.0.0.1"])
def test_a_host_may_be_an_ipv6_address_or_a_name_in_any_script(host: str):
    written = f"[{host}]" if ":" in host else host
    assert parse(f"mysql://me@{written}:3307/db").host == host


@given(st.text(st.characters(exclude_categories=[])))
def test_whatever_is_given_for_an_address_is_one_or_is_refused_in_a_sentence(text: str):
    for written in (text, f"mysql://me@{text}/db", f"mysql://me@host:{text}/db"):
        with suppress(ServerError, ObjectError):
            assert parse(written).host


@pytest.mark.parametrize("name", ["a;DROP TABLE runs", "a`b", "x" * 65, "a b", "a.b"])
def test_a_name_with_sql_in_it_is_no_database(name: str):
    with pytest.raises(ObjectError, match="cannot be the name of a database"):
        parse(f"mysql://me@host/{name}")


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("nonsense=1", "no option 'nonsense'"),
        ("ssl_mode=sometimes", "ssl_mode=sometimes"),
        ("connect_timeout=soon", "whole number of seconds"),
        ("connect_timeout=²", "whole number of seconds"),
        ("ssl=maybe", "true or false"),
        ("ssl_ca=/no/such.pem", "no such file"),
        ("ssl_mode=required&ssl_mode=disabled", "ssl_mode twice"),
    ],
)
def test_an_option_that_cannot_be_is_named(query: str, complaint: str):
    with pytest.raises(ServerError, match=re.escape(complaint)):
        parse(f"mysql://me:{SECRET}@host/db?{query}")


def test_certificates_that_are_none_are_told(tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate")
    with pytest.raises(ServerError, match="PEM"):
        parse(f"mysql://me@host/db?ssl_ca={file}")


@pytest.mark.parametrize(
    ("query", "verified", "named"),
    [
        ("ssl_mode=required", False, False),
        ("ssl-mode=VERIFY_CA", True, False),
        ("ssl_mode=verify_identity", True, True),
        ("ssl_verify_cert=true", True, False),
        ("ssl_verify_identity=true", True, True),
        ("ssl=true", False, False),
    ],
)
def test_tls_is_as_strict_as_the_address_says(query: str, verified: bool, named: bool):
    context = connect_options(parse(f"mysql://me@host/db?{query}"))["ssl"]
    assert (bool(context.verify_mode), context.check_hostname) == (verified, named)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "[::1]"])
def test_what_stays_on_this_machine_is_not_encrypted_unless_asked_for(host):
    assert connect_options(parse(f"mysql://me@{host}/db")) == {"ssl_disabled": True}
    assert connect_options(parse(f"mysql://me@{host}/db?ssl_mode=preferred")) == {}


def test_tls_is_left_to_the_server_unless_the_address_says_otherwise():
    assert connect_options(parse("mysql://me@host/db")) == {}
    assert connect_options(parse("mysql://me@host/db?ssl_disabled=true")) == {"ssl_disabled": True}


@given(st.text())
def test_any_text_is_an_address_or_a_sentence(text: str):
    try:
        url = parse(f"mysql://{text}")
    except DatabaseError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)
    else:
        assert url.username
        assert url.database

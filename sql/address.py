"""The address of a database, as users write it in DATABASE_URL: checked and normalised.

    mysql://user:password@host:3306/gradients?ssl_ca=/etc/ca.pem

No error here repeats a password.
"""

import re
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from vanishing_gradients.sql.accounts import DATABASE
from vanishing_gradients.sql.errors import ObjectError, ServerError

DRIVER = "mysql+pymysql"
SCHEMES = ("mysql", "mariadb")
EXAMPLE = "mysql://user:password@host:3306/gradients"
NAME = re.compile(r"[A-Za-z0-9_$-]{1,64}")

FLAGS = {"true": True, "1": True, "yes": True, "on": True}
FLAGS |= {"false": False, "0": False, "no": False, "off": False}
SECONDS = ("connect_timeout", "read_timeout", "write_timeout")
LONGEST = 31_536_000  # seconds
LONGEST_HOST = 253
FILES = ("ssl_ca", "ssl_cert", "ssl_key")
SWITCHES = ("ssl", "ssl_disabled", "ssl_verify_cert", "ssl_verify_identity", "ssl_check_hostname")
MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
OURS = ("charset", "local_infile")  # common in addresses, but decided by this project
OPTIONS = (*SECONDS, *FILES, *SWITCHES, "ssl_mode", "ssl_key_password", "unix_socket", *OURS)


def parse(text: str, source: str = "DATABASE_URL") -> URL:
    """Return the address `text` in the form mysql+pymysql://user:password@host:port/database.

    The default database is `gradients`. `source` tells errors where the text came from. Raises
    ServerError for text that is not an address, ObjectError for an invalid database name.
    """
    wrong = f"{source} is not the address of a MySQL or MariaDB database"
    try:
        url = make_url(text.strip())
        text.encode()  # invalid UTF-8 comes from the environment as surrogates
    except (ArgumentError, ValueError):
        raise ServerError(
            f"{wrong}: write it as {EXAMPLE}, with %40 for an @ and %2F for a / in the password"
        ) from None
    brand = url.drivername.partition("+")[0]
    if brand not in SCHEMES:
        raise ServerError(f"{wrong} but of {brand!r}: write it as {EXAMPLE}")
    if not url.host and "unix_socket" not in url.query:
        raise ServerError(f"{wrong}, because it names no host: write it as {EXAMPLE}")
    if url.host and not _can_be_a_host(url.host):
        raise ServerError(f"{wrong}, because {url.host!r} cannot be a host: write it as {EXAMPLE}")
    if not url.username:
        raise ServerError(
            f"{wrong} that can be used, because it names no user: write it as {EXAMPLE}"
        )
    if url.port is not None and not 0 < url.port < 65536:
        raise ServerError(f"{wrong}, because {url.port} is not a port: write it as {EXAMPLE}")
    if url.database and not NAME.fullmatch(url.database):
        raise ObjectError(
            f"{url.database!r} in {source} cannot be the name of a database here: use up to 64 "
            "letters, digits and _"
        )
    url = url.set(drivername=DRIVER, database=url.database or DATABASE)
    connect_options(url, source)
    return url


def _can_be_a_host(name: str) -> bool:
    """Return whether a name can be looked up: labels of 1 to 63 letters, 253 in all, no spaces."""
    try:
        encoded = name.encode("idna")
    except UnicodeError:
        return False
    return len(encoded) <= LONGEST_HOST and name.isprintable() and " " not in name


def without_database(url: URL) -> URL:
    """Return the address of the server itself, without a database."""
    return url._replace(database=None)


def public(url: URL) -> str:
    """Return `host:port` of the address, or its socket: safe for errors and notices."""
    if "unix_socket" in url.query:
        return str(url.query["unix_socket"])
    return f"{url.host}:{url.port or 3306}"


def rendered(url: URL, scheme: str) -> str:
    """Write the address, password included, so that every client parses it the same way.

    SQLAlchemy leaves a space as it is, which ends an address for other clients, and a plus, which
    they read as a space.
    """
    text = url.set(drivername=scheme, query={}).render_as_string(hide_password=False)
    head, rest = text.split("://", 1)
    query = urlencode(normalised(url), quote_via=quote)
    return f"{head}://{rest.replace(' ', '%20').replace('+', '%2B')}{query and '?'}{query}"


def for_sqlalchemy(url: URL) -> URL:
    """Return the address with SQLAlchemy's options for passing the same TLS settings to PyMySQL."""
    query = normalised(url)
    options = {name: query[name] for name in (*SECONDS, *FILES, "unix_socket") if name in query}
    tls = connect_options(url)
    context = tls.get("ssl")
    if isinstance(context, ssl.SSLContext):
        options["ssl_check_hostname"] = str(context.check_hostname).lower()
        authorities = ssl.get_default_verify_paths().cafile
        if context.verify_mode == ssl.CERT_REQUIRED and authorities:
            options.setdefault("ssl_ca", authorities)
    elif query.keys() & {"ssl", "ssl_mode", "ssl_disabled"} and tls:
        options["ssl_disabled"] = "true"
    # PyMySQL sends a password as Latin-1: these letters then give the password's UTF-8 bytes.
    password = (url.password or "").encode().decode("latin-1")
    return url.set(query=options, password=password)


def normalised(url: URL) -> dict[str, Any]:
    """Return the query part of the address, with names in lower case with underscores."""
    return {name.lower().replace("-", "_"): value for name, value in url.query.items()}


def connect_options(url: URL, source: str = "the address") -> dict[str, object]:
    """Return PyMySQL's arguments for the query part of the address: timeouts, TLS, socket.

    Raises ServerError for an unknown option or an invalid value.
    """
    query = normalised(url)
    unknown = sorted(set(query) - set(OPTIONS))
    if unknown:
        raise ServerError(
            f"{source} has no option {unknown[0]!r}: known are {', '.join(sorted(OPTIONS))}"
        )
    repeated = [name for name, value in query.items() if not isinstance(value, str)]
    if repeated:
        raise ServerError(f"{source} gives {repeated[0]} twice: give it once")
    for name, value in query.items():
        if name in SECONDS and not (value.isdecimal() and 0 < int(value) <= LONGEST):
            rule = "a whole number of seconds"
        elif name in SWITCHES and value.lower() not in FLAGS:
            rule = "true or false"
        elif name == "ssl_mode" and value.lower() not in MODES:
            rule = f"one of {', '.join(MODES)}"
        else:
            continue
        raise ServerError(f"{source} has {name}={value}: it is {rule}")
    options: dict[str, object] = {name: int(query[name]) for name in SECONDS if name in query}
    if "unix_socket" in query:
        options["unix_socket"] = query["unix_socket"]
    tls = _tls(query, source)
    if not tls and "ssl_mode" not in query and on_this_machine(url):
        # PyMySQL would use TLS whenever the server offers it; traffic within this machine gains
        # nothing from it and loads a tenth slower.
        tls = {"ssl_disabled": True}
    return options | tls


def on_this_machine(url: URL) -> bool:
    """Return whether the address is on this machine: a Unix socket, localhost or loopback."""
    if "unix_socket" in normalised(url) or (url.host or "localhost").lower() == "localhost":
        return True
    try:
        return ip_address(str(url.host)).is_loopback
    except ValueError:
        return False


def _tls(query: dict[str, str], source: str) -> dict[str, object]:
    flags = {name: FLAGS[query[name].lower()] for name in SWITCHES if name in query}
    mode = query.get("ssl_mode", "").lower()
    if flags.get("ssl_disabled") or flags.get("ssl") is False or mode == "disabled":
        return {"ssl_disabled": True}
    for name in FILES:
        if name in query and not Path(query[name]).is_file():
            raise ServerError(f"{source} names {name}={query[name]}, and there is no such file")
    named = flags.get("ssl_check_hostname", mode == "verify_identity")
    identity = flags.get("ssl_verify_identity", named)
    verify = flags.get("ssl_verify_cert", "ssl_ca" in query or mode.startswith("verify"))
    wanted = identity or verify or flags.get("ssl") or mode == "required" or "ssl_cert" in query
    if not wanted:
        return {}  # PyMySQL then uses TLS if the server offers it
    try:
        context = ssl.create_default_context(cafile=query.get("ssl_ca"))
        # Given the files but no ssl_ca, PyMySQL would not check the host's name.
        # Python 3.13 requires extensions that MySQL's self-made certificates lack.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = bool(identity)
        context.verify_mode = ssl.CERT_REQUIRED if verify or identity else ssl.CERT_NONE
        if "ssl_cert" in query:
            context.load_cert_chain(
                query["ssl_cert"], query.get("ssl_key"), query.get("ssl_key_password")
            )
    except (ssl.SSLError, OSError):
        raise ServerError(
            f"the certificate files that {source} names cannot be used: ssl_ca, ssl_cert and "
            "ssl_key are PEM files, and the key belongs to the certificate"
        ) from None
    return {"ssl": context}

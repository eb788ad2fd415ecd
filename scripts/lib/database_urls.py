"""Print the URLs of the three roles of one database, each on its line: owner, application, worker.

    database_urls.py OWNER_URL APP_PASSWORD WORKER_PASSWORD

The two log-in roles are named after the database: roles belong to the whole server, and another installation may live
on it, too.
"""

import sys
from urllib.parse import quote, unquote, urlsplit, urlunsplit

LONGEST_NAME_BYTES = 63


def role_url(owner_url: str, suffix: str, password: str) -> str:
    """The owner's URL with the log-in role `<database>_<suffix>`."""
    parts = urlsplit(owner_url)
    database = unquote(parts.path.lstrip("/")) or unquote(parts.username or "")
    if not database:
        raise ValueError("DATABASE_URL names no database: postgresql://user:password@host:5432/name")
    room = LONGEST_NAME_BYTES - len(suffix) - 1
    role = f"{database.encode()[:room].decode(errors='ignore')}_{suffix}"
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}:{quote(password, safe='')}@{address}"))


def owner_url(url: str) -> str:
    """The URL with the scheme's one canonical name; drivers are the service's own matter."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must start with postgresql://")
    return f"postgresql://{rest}"


def main(arguments: list[str]) -> int:
    """Print the three URLs, or say on standard error what is wrong with the one given."""
    given, app_password, worker_password = arguments
    try:
        owner = owner_url(given)
        print(owner, role_url(owner, "app", app_password), role_url(owner, "worker", worker_password), sep="\n")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

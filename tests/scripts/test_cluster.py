"""The private clusters: made once, found again, stopped by the script that started them."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.scripts.shell import Checkout, new_checkout, wait_until_it_is

OPEN = """
open_steps run
on_close() { stop_cluster; }
step Database prepare_cluster run
say "$CLUSTER" "$CLUSTER_PORT"
"""

TESTS = """
open_steps test
on_close() { stop_cluster; }
prepare_cluster test >&2
"""


@pytest.fixture
def cluster(checkout: Checkout) -> Iterator[Checkout]:
    """The checkout; a cluster that had to go elsewhere is taken away with it."""
    yield checkout
    take_away(checkout.local / "pg")


@pytest.fixture(scope="module")
def tests_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A checkout with the tests' cluster, for several tests: each has a database of its own there."""
    checkout = new_checkout(tmp_path_factory.mktemp("kept") / "checkout")
    yield checkout
    take_away(checkout.local / "pg-test")


def take_away(cluster: Path) -> None:
    if cluster.is_symlink():
        shutil.rmtree(cluster.resolve().parent)


def create(database: str) -> str:
    return f"{TESTS}\ncluster_psql postgres <<<'CREATE DATABASE {database}'"


def count(database: str) -> str:
    return (
        f"{TESTS}\ncluster_psql postgres -At >&3 <<<\"SELECT count(*) FROM pg_database WHERE datname = '{database}'\""
    )


def test_a_cluster_keeps_its_place_port_and_data(cluster: Checkout) -> None:
    make = "create_database fleet fleet_owner \"p'w\"; cluster_psql fleet <<<'CREATE TABLE kept ()'"
    status, first = cluster.run(f"{OPEN}\n{make}")
    assert status == 0, first
    again = "create_database fleet fleet_owner new; cluster_psql fleet -At <<<'SELECT count(*) FROM kept'"
    status, second = cluster.run(f"{OPEN}\n{again} >&3")
    assert status == 0, second
    assert second.splitlines()[-2:] == [first.splitlines()[-1], "0"]
    assert not (Path(first.split()[-2]) / "data" / "postmaster.pid").exists()


def test_the_owner_makes_roles_but_is_no_superuser_and_a_password_is_always_asked(cluster: Checkout) -> None:
    with cluster.start(f"{OPEN}\ncreate_database fleet fleet_owner pw; say made; sleep 60 & wait") as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "made\n"))
        port = lines[-1].split()[-1]
        with psycopg.connect(f"postgresql://fleet_owner:pw@127.0.0.1:{port}/fleet") as conn:
            role = conn.execute("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = user")
            assert role.fetchone() == (False, False, True)
            extensions = conn.execute("SELECT extname FROM pg_extension WHERE extname IN ('postgis', 'btree_gist')")
            assert len(extensions.fetchall()) == 2
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres:guess@127.0.0.1:{port}/postgres")
        process.terminate()


def test_the_tests_keep_their_cluster_and_its_databases(tests_cluster: Checkout) -> None:
    status, output = tests_cluster.run(create("kept"))
    assert status == 0, output
    status, output = tests_cluster.run(count("kept"))
    assert (status, output.splitlines()[-1]) == (0, "1"), output


def test_the_tests_cluster_of_a_killed_run_is_taken_over(tests_cluster: Checkout) -> None:
    with tests_cluster.start(f"{create('taken_over')}; exec 9>&-; exec sleep 300") as process:
        wait_until_it_is("sleep", process.pid)
        process.kill()
    status, output = tests_cluster.run(count("taken_over"))
    assert (status, output.splitlines()[-1]) == (0, "1"), output


@pytest.mark.parametrize("spoil", ['echo other >"$CLUSTER/identity"', 'rm "$CLUSTER/data/global/pg_control"'])
def test_a_tests_cluster_that_is_another_or_broken_is_made_anew(tests_cluster: Checkout, spoil: str) -> None:
    status, output = tests_cluster.run(f"{create('lost')}; stop_cluster; {spoil}")
    assert status == 0, output
    status, output = tests_cluster.run(count("lost"))
    assert (status, output.splitlines()[-1]) == (0, "0"), output


def test_a_port_that_is_taken_between_the_look_and_the_start_is_given_up(cluster: Checkout) -> None:
    look = """
eval "$(declare -f free_port | sed '1s/free_port/really_free_port/')"
free_port() {{
    [[ ! -e "$LOCAL/looked" ]] || {{ really_free_port "$@"; return; }}
    touch "$LOCAL/looked"
    echo {port}
}}
"""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        status, output = cluster.run(f"{look.format(port=taken)}\n{OPEN}")
    assert status == 0, output
    assert int(output.split()[-1]) != taken


def test_a_free_port_is_the_first_that_no_process_holds(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        _, output = checkout.run(f"open_steps run; free_port {taken}; free_port {taken} --only || say taken")
    found, verdict = output.split()
    assert int(found) > taken
    assert verdict == "taken"

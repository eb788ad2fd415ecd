"""`.local/geo-assign.env`: what is chosen once stays, what one start's environment says goes with the next start."""

import socket
import stat

from dotenv import dotenv_values

from tests.scripts.shell import Checkout

START = (
    "open_steps run; open_settings; keep_setting GEO_ASSIGN_HOST 127.0.0.1; "
    "put_setting GEO_ASSIGN_PORT 8080; close_settings GEO_ASSIGN_HOST GEO_ASSIGN_PORT"
)


def values(checkout: Checkout) -> dict[str, str | None]:
    return dict(dotenv_values(checkout.local / "geo-assign.env"))


def test_the_file_is_for_its_owner_only(checkout: Checkout) -> None:
    assert checkout.run(START)[0] == 0
    assert stat.S_IMODE((checkout.local / "geo-assign.env").stat().st_mode) == 0o600


def test_defaults_are_written_and_lines_of_a_person_stay(checkout: Checkout) -> None:
    checkout.run(START)
    file = checkout.local / "geo-assign.env"
    file.write_text(f"GEO_ASSIGN_LOG_LEVEL=debug\n{file.read_text()}")
    assert checkout.run(START)[0] == 0
    assert values(checkout) == {
        "GEO_ASSIGN_HOST": "127.0.0.1",
        "GEO_ASSIGN_PORT": "8080",
        "GEO_ASSIGN_LOG_LEVEL": "debug",
    }


def test_a_kept_setting_is_the_environments_then_the_files_then_the_default(checkout: Checkout) -> None:
    checkout.run(START, GEO_ASSIGN_HOST="10.0.0.7")
    assert values(checkout)["GEO_ASSIGN_HOST"] == "10.0.0.7"
    checkout.run(START)
    assert values(checkout)["GEO_ASSIGN_HOST"] == "10.0.0.7"


def test_other_settings_of_the_environment_are_there_until_the_next_start(checkout: Checkout) -> None:
    checkout.run(START, GEO_ASSIGN_RATE_LIMITS="off")
    assert values(checkout)["GEO_ASSIGN_RATE_LIMITS"] == "off"
    checkout.run(START)
    assert "GEO_ASSIGN_RATE_LIMITS" not in values(checkout)


def test_odd_characters_survive(checkout: Checkout) -> None:
    odd = "postgresql://a:p'w$x#%41@h/db?options=-c search_path=x"
    _, output = checkout.run(
        f'{START}; odd=$ODD; put_setting GEO_ASSIGN_DATABASE_URL "$odd"; say "$(setting GEO_ASSIGN_DATABASE_URL)"',
        ODD=odd,
    )
    assert values(checkout)["GEO_ASSIGN_DATABASE_URL"] == odd
    assert output.strip() == odd


def test_a_secret_is_made_once(checkout: Checkout) -> None:
    _, first = checkout.run('open_steps run; say "$(secret owner)"')
    _, second = checkout.run('open_steps run; say "$(secret owner)"; say "$(secret app)"')
    assert len(first.strip()) == 48
    assert second.split()[0] == first.strip()
    assert second.split()[1] != first.strip()


def test_a_port_that_was_taken_meanwhile_is_chosen_anew_and_kept(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        start = START.replace("8080", str(taken))
        status, output = checkout.run(f'{start}; move_port; say "$GEO_ASSIGN_PORT"', GEO_ASSIGN_RATE_LIMITS="off")
        assert status == 0, output
        moved = int(output.split()[-1])
        assert moved > taken
        assert values(checkout) == {
            "GEO_ASSIGN_HOST": "127.0.0.1",
            "GEO_ASSIGN_PORT": str(moved),
            "GEO_ASSIGN_RATE_LIMITS": "off",
        }
    _, output = checkout.run('open_steps run; open_settings; say "$(setting GEO_ASSIGN_PORT)"')
    assert int(output.split()[-1]) == moved


def test_a_port_that_is_free_stays(checkout: Checkout) -> None:
    # Whether it is free is decided elsewhere, and on a busy machine another program may take any.
    free = 'free_port() { echo "$1"; }'
    _, output = checkout.run(f'{START}; {free}; move_port; say "$GEO_ASSIGN_PORT"')
    assert output.split()[-1] == "8080"
    assert values(checkout)["GEO_ASSIGN_PORT"] == "8080"

"""Each step says what it does; a broken one shows the end of its log and what to do."""

import signal
from pathlib import Path

from tests.scripts.shell import Checkout


def test_a_step_leaves_one_line_with_its_result_and_time(checkout: Checkout) -> None:
    status, output = checkout.run("open_steps run; work() { echo noise; RESULT='all there'; }; step 'First' work")
    assert status == 0
    assert output.startswith("  First                all there ")
    assert output.endswith(" s\n")
    assert "noise" not in output
    assert (checkout.local / "log" / "first.log").read_text() == "noise\n"


def test_a_broken_step_shows_its_log_and_what_to_do(checkout: Checkout) -> None:
    work = "work() { echo 'the reason'; HINT='Do this.'; false; echo never; }"
    status, output = checkout.run(f"open_steps run; {work}; step 'First' work; say after")
    assert status == 1
    assert "failed" in output
    assert "    the reason\n" in output
    assert "Do this." in output
    assert ".local/log/first.log" in output
    assert "after" not in output
    assert "never" not in output


def test_a_broken_step_still_closes_what_was_opened(checkout: Checkout) -> None:
    _, output = checkout.run("open_steps run; on_close() { say \"closing $1\"; }; step 'First' fail 'No way.'")
    assert "No way." in output
    assert output.endswith("closing 1\n")


def test_an_interrupt_closes_without_calling_it_a_failure(checkout: Checkout) -> None:
    with checkout.start("open_steps run; on_close() { say closed; }; say waiting; sleep 30 & wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "closed\n"
        process.kill()


def test_only_one_at_a_time_works_in_a_checkout(checkout: Checkout) -> None:
    with checkout.start("open_steps run; say waiting; sleep 30 & wait") as first:
        assert first.stdout is not None
        first.stdout.readline()
        status, output = checkout.run("open_steps run; say never")
        first.terminate()
    assert status == 1
    assert output.startswith("Another ./scripts/run is at work")


def test_a_stamp_stands_for_exactly_one_input(checkout: Checkout) -> None:
    _, output = checkout.run(
        "open_steps run; put_stamp x 1; stamp_is x 1 && say same; stamp_is x 2 || say other; stamp_is y 1 || say none"
    )
    assert output.split() == ["same", "other", "none"]


BESIDE = "quick() { echo noise; RESULT='all there'; }; broken() { echo 'the reason'; HINT='Do this.'; false; }; "


def test_steps_in_the_background_are_shown_when_they_are_awaited(checkout: Checkout) -> None:
    steps = "several() { step 'First' quick; step 'Second' quick; }; "
    status, output = checkout.run(
        f"open_steps run; {BESIDE}{steps}begin_beside several; step 'Other' quick; say between; await_beside; "
        "printf '%s\n' \"${STEP_TABLE[@]}\" >&3"
    )
    assert status == 0
    before, after = output.split("between\n")
    assert before.startswith("  Other ")
    assert [line.split()[0] for line in after.splitlines()] == ["First", "Second", "Other", "First", "Second"]
    assert "noise" not in output


def test_a_broken_step_in_the_background_fails_the_whole(checkout: Checkout) -> None:
    steps = "several() { step 'First' quick; step 'Second' broken; step 'Third' quick; }; "
    status, output = checkout.run(
        f"open_steps run; {BESIDE}{steps}on_close() {{ printf '%s\n' \"${{STEP_TABLE[@]}}\" >&3; }}; "
        "begin_beside several; say between; await_beside; say after"
    )
    assert status == 1
    assert "Second               failed" in output
    assert "    the reason\n" in output
    assert "Do this." in output
    assert "Third" not in output
    assert "after" not in output


def test_an_interrupt_ends_what_runs_in_the_background(checkout: Checkout) -> None:
    steps = "long() { echo $BASHPID >\"$LOCAL/pid\"; sleep 300; }; several() { step 'Long' long; }; "
    body = f"open_steps run; on_close() {{ say closed; }}; {steps}begin_beside several"
    with checkout.start(f"{body}; until [[ -s $LOCAL/pid ]]; do sleep 0.1; done; say waiting; wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "closed\n"
    assert not Path(f"/proc/{(checkout.local / 'pid').read_text().strip()}").exists()

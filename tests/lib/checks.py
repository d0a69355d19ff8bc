"""A minimal test runner: check() counts, finish() prints `N passed, N failed` as the last line.

    from lib.checks import check, section, run

    def main():
        section("orders")
        check(answer.status == 200, "the list answers", answer)

    run(main)
"""

import inspect
import os
import sys
import time
import traceback

passed = 0
failed = 0
_started = time.monotonic()


def section(title):
    print(f"-- {title} ({time.monotonic() - _started:.1f} s)", flush=True)


def check(condition, text, *seen):
    """Counts one check; `seen` is printed when it fails. Returns whether it held."""
    global passed, failed
    if condition:
        passed += 1
        if os.environ.get("VEZNE_VERBOSE"):
            print(f"ok   {passed + failed} {text}", flush=True)
        return True
    failed += 1
    where = inspect.stack()[1]
    if where.function == "same":
        where = inspect.stack()[2]
    print(f"FAIL {passed + failed} {text} ({os.path.basename(where.filename)}:{where.lineno})")
    for s in seen:
        print("     " + str(s).replace("\n", "\n     ")[:2000])
    sys.stdout.flush()
    return False


def same(got, wanted, text):
    """check() that two values are equal, and shows both when not."""
    return check(got == wanted, text, f"got    {got!r}", f"wanted {wanted!r}")


def finish():
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


def run(main):
    """main(), counted; an exception is one failure more."""
    global failed
    try:
        main()
    except KeyboardInterrupt:
        raise
    except BaseException:
        traceback.print_exc(file=sys.stdout)
        failed += 1
    sys.exit(finish())

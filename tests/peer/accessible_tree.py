"""What a screen reader is told: walks the window of a running Quantscope through AT-SPI and lists what has the keyboard
focus but no name, and every painted widget with its children.

    dbus-run-session -- xvfb-run -a /usr/bin/python3 tests/peer/accessible_tree.py PROGRAM [ARGUMENTS…]

Needs at-spi2-core, python3-pyatspi, dbus and xvfb. Exit code 1 when something that takes the focus has no name.
"""

import os
import subprocess
import sys
import time

os.environ["QT_LINUX_ACCESSIBILITY_ALWAYS_ON"] = "1"
os.environ.setdefault("QT_QPA_PLATFORM", "xcb")


def window_of(pyatspi, process, patience=60.0):
    end = time.time() + patience
    while time.time() < end and process.poll() is None:
        for application in pyatspi.Registry.getDesktop(0):
            if application and application.get_process_id() == process.pid and application.childCount > 0:
                return application
        time.sleep(0.5)
    raise SystemExit("The program shows nothing to AT-SPI.")


def walk(node, depth, nameless, lines, pyatspi):
    try:
        states = node.getState()
        if not states.contains(pyatspi.STATE_VISIBLE) and depth > 1:
            return
        name, role = node.name, node.getRoleName()
        focusable = states.contains(pyatspi.STATE_FOCUSABLE)
        line = "  " * depth + f"{role} {name!r}"
        if focusable:
            line += " focusable"
            if not name and role not in ("window", "frame", "filler", "scroll pane", "viewport", "table cell"):
                nameless.append("  ".join([line.strip(), f"in {node.parent.getRoleName()} {node.parent.name!r}"]))
        try:
            value = node.queryValue()
            line += f" value {value.currentValue:g}"
        except NotImplementedError:
            pass
        lines.append(line)
        for index in range(min(node.childCount, 400)):
            child = node.getChildAtIndex(index)
            if child is not None:
                walk(child, depth + 1, nameless, lines, pyatspi)
    except Exception as error:  # a widget may go while it is being asked
        lines.append("  " * depth + f"(gone: {error})")


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    launcher = next(path for path in ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
                    if os.path.exists(path))
    bus = subprocess.Popen([launcher, "--launch-immediately"], stderr=subprocess.DEVNULL)
    time.sleep(1)
    import pyatspi  # after the bus is there

    process = subprocess.Popen(sys.argv[1:])
    try:
        application = window_of(pyatspi, process)
        time.sleep(4)
        nameless, lines = [], []
        walk(application, 0, nameless, lines, pyatspi)
        print("\n".join(lines))
        print(f"\n{len(lines)} nodes, {len(nameless)} focusable without a name")
        print("\n".join(nameless))
        return 1 if nameless else 0
    finally:
        process.terminate()
        process.wait()
        bus.terminate()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Watches a camera with livenesspassive and prints what the bus says.

    . scripts/env.sh
    /usr/bin/python3 examples/bus_client.py                                    # the first camera
    /usr/bin/python3 examples/bus_client.py "filesrc location=me.mp4 ! decodebin"

Needs Debian's python3-gi and gir1.2-gstreamer-1.0 (`make setup`), which a Python of another place does not see. Exit status 0: approved.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def on_message(_bus, message, loop, outcome):
    if message.type in (Gst.MessageType.ERROR, Gst.MessageType.EOS):
        if message.type == Gst.MessageType.ERROR:
            print(message.parse_error()[0].message, file=sys.stderr)
        loop.quit()
        return
    structure = message.get_structure()
    match structure.get_name() if structure else None:
        case "liveness/guidance":
            print(structure.get_value("text"))
        case "liveness/retry":
            used, most = structure.get_value("attempts-used"), structure.get_value("max-attempts")
            print(f"attempt {used} of {most}: {structure.get_value('detail')}")
        case "liveness/result":
            decision = json.loads(structure.get_value("json"))
            print(json.dumps(decision, indent=2))
            outcome["status"] = decision["status"]
            loop.quit()


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else "v4l2src ! decodebin"
    Gst.init(None)
    pipeline = Gst.parse_launch(f"{source} ! videoconvert ! livenesspassive ! fakesink")
    loop, outcome = GLib.MainLoop(), {}
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message, loop, outcome)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    finally:
        pipeline.set_state(Gst.State.NULL)
    sys.exit(0 if outcome.get("status") == "Approved" else 1)


if __name__ == "__main__":
    main()

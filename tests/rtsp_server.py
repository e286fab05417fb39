"""A real RTSP camera for the tests: GStreamer's server plays a file as if it were live. Run with Debian's own Python.

    /usr/bin/python3 tests/rtsp_server.py FILE.mp4 PORT [--sound]

Prints "ready" once it serves, and "setup URL" whenever somebody sets a track up.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main() -> None:
    film, port, sound = sys.argv[1], sys.argv[2], "--sound" in sys.argv
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    video = f'filesrc location="{film}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1'
    audio = "audiotestsrc is-live=true wave=silence ! alawenc ! rtppcmapay name=pay1 pt=8" if sound else ""
    factory.set_launch(f"( {video} {audio} )")
    server.get_mount_points().add_factory("/shop", factory)

    def connected(_server: object, client: object) -> None:
        client.connect("setup-request", lambda _client, context: print("setup", context.uri.get_request_uri(), flush=True))

    server.connect("client-connected", connected)
    if not server.attach(None):
        raise SystemExit("the port is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


main()

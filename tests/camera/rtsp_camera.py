#!/usr/bin/python3
"""A camera for tests: GStreamer's RTSP server on loopback, with faults on request.

Needs Debian's python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-libav and
gstreamer1.0-plugins-{base,good,bad,ugly}. The gi module belongs to the system's
Python, so this runs with /usr/bin/python3.

Mounts
  /h264      a moving ball
  /h264aac   the same, with AAC sound
  /h264pcmu  the same, with G.711 sound
  /h265      the same ball in H.265
  /noise     a still picture with sensor noise, in H.264
  /noiseaac  the same, with AAC sound
  /clock     the time of day in squares, in H.264: the top row holds 32 of them, the
             milliseconds of the Unix epoch modulo 2^32, highest bit first, white is one
  /clockaac  the same, with AAC sound

Faults
  --freeze-after S   the picture stops changing while frames keep coming
  --stall-after S    frames stop while the connection stays open
The seconds count from the first viewer, and a fault outlasts a reconnection.
A test that would rather decide for itself writes `freeze`, `stall`, `deaf` (sound
stops, frames go on), `patchy` (sound comes and goes, frames go on) or `live` to
standard input and reads the same word back once it is done.

Prints `ready PORT` when it accepts connections, and ends when told to.
"""

import argparse
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

LIVE, FROZEN, STALLED = "live", "freeze", "stall"
DEAF, PATCHY = "deaf", "patchy"

# No multiple of it is a second, so that sound stops everywhere between two keyframes.
PATCH_MS = 290


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="0 lets the system choose")
    parser.add_argument("--user", help="ask for digest authentication")
    parser.add_argument("--password", default="")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--gop", type=int, default=60, help="frames from keyframe to keyframe")
    parser.add_argument("--kbps", type=int, default=2000)
    parser.add_argument("--b-frames", type=int, default=0, help="H.264 only")
    parser.add_argument("--noise", type=float, default=0.06, help="strength on /noise, 0 to 1")
    parser.add_argument("--freeze-after", type=float, metavar="S")
    parser.add_argument("--stall-after", type=float, metavar="S")
    return parser.parse_args()


def launch_lines(options):
    """Describes each mount's pipeline in gst-launch's notation."""
    raw = (
        f"video/x-raw,format=I420,width={options.width},height={options.height},"
        f"framerate={options.fps}/1"
    )
    # The ball has a fixed size in pixels. Drawn small and scaled up, it is as
    # large in a large picture as somebody in front of a door.
    small = (
        f"video/x-raw,format=I420,width={options.width // 8 * 2},"
        f"height={options.height // 8 * 2},framerate={options.fps}/1"
    )
    valve = "identity name=valve"
    ball = (
        f"videotestsrc name=picture is-live=true pattern=ball ! {small} "
        f"! videoscale ! {raw} ! {valve}"
    )
    # The still picture is one source and the noise another, laid over it thinly.
    still = (
        f"videotestsrc is-live=true pattern=smpte75 ! {raw} ! blend. "
        f"videotestsrc is-live=true pattern=snow ! {raw} ! blend. "
        f"compositor name=blend background=black sink_1::alpha={options.noise} "
        f"! {raw} ! {valve}"
    )
    if options.b_frames:
        shape = f"bframes={options.b_frames} b-adapt=false speed-preset=veryfast"
        profile = "main"
    else:
        shape, profile = "tune=zerolatency speed-preset=ultrafast", "baseline"
    h264 = (
        f"x264enc {shape} bitrate={options.kbps} key-int-max={options.gop} "
        f"! video/x-h264,profile={profile} ! rtph264pay name=pay0 pt=96 config-interval=-1"
    )
    h265 = (
        f"x265enc tune=zerolatency speed-preset=ultrafast bitrate={options.kbps} "
        f"key-int-max={options.gop} ! rtph265pay name=pay0 pt=96 config-interval=-1"
    )
    tone = "audiotestsrc is-live=true wave=sine volume=0.2 ! identity name=microphone"
    aac = (
        f"{tone} ! audio/x-raw,rate=48000,channels=1 ! avenc_aac ! aacparse "
        "! rtpmp4gpay name=pay1 pt=97"
    )
    pcmu = f"{tone} ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0"
    clock = (
        "appsrc name=clock is-live=true format=time do-timestamp=true stream-type=seekable "
        f"caps={raw} ! {valve} ! {h264}"
    )
    return {
        "/h264": f"{ball} ! {h264}",
        "/h264aac": f"{ball} ! {h264} {aac}",
        "/h264pcmu": f"{ball} ! {h264} {pcmu}",
        "/h265": f"{ball} ! {h265}",
        "/noise": f"{still} ! {h264}",
        "/noiseaac": f"{still} ! {h264} {aac}",
        "/clock": clock,
        "/clockaac": f"{clock} {aac}",
    }


class Clock:
    """Draws the time of day at the moment at which each frame leaves the sensor."""

    BITS = 32

    def __init__(self, source, options):
        self.source = source
        self.side = options.width // self.BITS
        self.width = options.width
        rest = options.width * (options.height - self.side)
        colours = options.width * options.height // 2
        self.below = bytes([128]) * (rest + colours)
        # A server that plays two streams sends both to their beginning, which is now.
        source.connect("seek-data", lambda _source, _position: True)
        self.timer = GLib.timeout_add(1000 // options.fps, self.show)

    def stop(self):
        GLib.source_remove(self.timer)

    def show(self):
        now = time.time_ns() // 1_000_000
        bits = ((now >> (self.BITS - 1 - bit)) & 1 for bit in range(self.BITS))
        row = b"".join(bytes([235 if bit else 16]) * self.side for bit in bits)
        row = row.ljust(self.width, bytes([16]))
        frame = Gst.Buffer.new_wrapped(row * self.side + self.below)
        self.source.emit("push-buffer", frame)
        return GLib.SOURCE_CONTINUE


class Condition:
    """What is wrong with the camera, applied to every pipeline it runs."""

    def __init__(self, options):
        self.name = LIVE
        self.pipelines = []
        self.timed = [
            (FROZEN, options.freeze_after),
            (STALLED, options.stall_after),
        ]
        self.noise = options.noise
        self.hears = True
        self.patches = None

    def adopt(self, pipeline):
        """Takes in a pipeline that is about to run; the first one starts the clock."""
        self.pipelines.append(pipeline)
        for name, seconds in self.timed:
            if seconds is not None:
                GLib.timeout_add(int(seconds * 1000), self.become, name)
        self.timed = []
        self.apply(pipeline)

    def forget(self, pipeline):
        if pipeline in self.pipelines:
            self.pipelines.remove(pipeline)

    def become(self, name):
        self.name = name
        self.hears = name != DEAF
        if self.patches is not None:
            GLib.source_remove(self.patches)
        self.patches = GLib.timeout_add(PATCH_MS, self.turn) if name == PATCHY else None
        for pipeline in self.pipelines:
            self.apply(pipeline)
        print(name, flush=True)
        return GLib.SOURCE_REMOVE

    def turn(self):
        """Ends a patch of sound, or begins one."""
        self.hears = not self.hears
        for pipeline in self.pipelines:
            self.apply(pipeline)
        return GLib.SOURCE_CONTINUE

    def apply(self, pipeline):
        moving = self.name != FROZEN
        picture = pipeline.get_by_name("picture")
        if picture is not None:
            picture.set_property("pattern", "ball" if moving else "smpte75")
        blend = pipeline.get_by_name("blend")
        if blend is not None:
            noise = blend.get_static_pad("sink_1")
            noise.set_property("alpha", self.noise if moving else 0.0)
        dropped = 1.0 if self.name == STALLED else 0.0
        pipeline.get_by_name("valve").set_property("drop-probability", dropped)
        microphone = pipeline.get_by_name("microphone")
        if microphone is not None:
            microphone.set_property("drop-probability", 0.0 if self.hears else 1.0)


class Mount(GstRtspServer.RTSPMediaFactory):
    """One path of the camera, shared by all who watch it."""

    def __init__(self, launch, condition, options):
        super().__init__()
        self.launch = launch
        self.condition = condition
        self.options = options
        self.set_shared(True)
        self.set_latency(0)

    def do_create_element(self, _url):
        return Gst.parse_launch(f"( {self.launch} )")

    def do_configure(self, media):
        pipeline = media.get_element()
        self.condition.adopt(pipeline)
        media.connect("unprepared", lambda _media: self.condition.forget(pipeline))
        source = pipeline.get_by_name("clock")
        if source is not None:
            clock = Clock(source, self.options)
            media.connect("unprepared", lambda _media: clock.stop())


def require_password(server, mounts, options):
    """Lets in nobody but the one user, by digest."""
    allowed = Gst.Structure.from_string(
        "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    )[0]
    for mount in mounts:
        mount.add_role_from_structure(allowed)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(options.user, options.password, token)
    server.set_auth(auth)


def obey(stream, _reason, condition):
    """Carries out one word from standard input; its end changes nothing."""
    word = stream.readline()
    if not word:
        return GLib.SOURCE_REMOVE
    if word.strip() in (LIVE, FROZEN, STALLED, DEAF, PATCHY):
        condition.become(word.strip())
    return GLib.SOURCE_CONTINUE


def main():
    options = parse_arguments()
    Gst.init(None)
    condition = Condition(options)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    mounts = []
    for path, launch in launch_lines(options).items():
        mount = Mount(launch, condition, options)
        mounts.append(mount)
        server.get_mount_points().add_factory(path, mount)
    if options.user:
        require_password(server, mounts, options)
    if server.attach(None) == 0:
        sys.exit("cannot listen on the port")
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, obey, condition)
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()

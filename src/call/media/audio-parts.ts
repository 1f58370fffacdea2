/** Pieces of launch lines that the parts of the room's sound have in common. */

/** Sound inside the pipeline: what the echo canceller takes, and what Opus codes. */
export const RATE = 48_000;
export const OPUS_PAYLOAD_TYPE = 111;
/** Inside the pipeline; `anyPcm`: any rate and channels. */
export const pcm = `audio/x-raw,format=S16LE,rate=${RATE},channels=1,layout=interleaved`;
export const anyPcm = 'audio/x-raw,format=S16LE,layout=interleaved';
/** A queue that gives a branch its own thread and drops old sound instead of holding the others up. */
export const queue = 'queue leaky=downstream max-size-buffers=0 max-size-bytes=0 max-size-time=200000000';

/**
 * Echo cancellation by webrtcdsp alone; what else it is to do is said after it. That of Debian 12 has the same 48 ms filter whether
 * `extended-filter` and `delay-agnostic` are set or not, and hears the reference of the probe `farend`.
 */
export const suppressor =
  'webrtcdsp probe=farend echo-cancel=true echo-suppression-level=moderate delay-agnostic=false extended-filter=true ' +
  'gain-control=false high-pass-filter=true';

/** Each packet carries the one before it too, smaller, in case that is lost (RFC 6716 section 2.1.6); only so for voice, and when loss is expected. */
export const voiceEncoder =
  'opusenc bitrate=32000 frame-size=20 inband-fec=true packet-loss-percentage=10 audio-type=voice complexity=6 dtx=false';

/** From cleaned mono sound at our rate to packets. */
export const voice = `audiometer name=micmeter ! ${voiceEncoder} ! ptsheader ! appsink name=opus sync=false max-buffers=25 drop=true`;

/** Off but for calibration: an open tap costs a waiting thread. */
export const tap = (name: string): string =>
  `valve name=${name}valve drop=true ! ptsheader name=${name}header ! appsink name=${name}tap sync=false async=false max-buffers=400 drop=true`;

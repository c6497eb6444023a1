// FastRTC's pause detection: gradio-app/fastrtc's ReplyOnPause, and its VAD's 2000 ms of silence taken by themselves.

import { type TurnEdge, type TurnFinder, WINDOW_SECONDS } from './detector.ts';
import { livekitDetector } from './livekit-detector.ts';

/** Defaults of SileroVadOptions, backend/fastrtc/pause_detection/silero.py, as a detector that runs all the time. */
export const fastrtcSilenceDetector: TurnFinder = livekitDetector({
  minSpeechDuration: 0.25,
  minSilenceDuration: 2,
  activationThreshold: 0.5,
  deactivationThreshold: 0.35,
  smoothing: 0,
});

/** AlgoOptions of backend/fastrtc/reply_on_pause.py: 600 ms are judged at once, here in whole windows. */
const CHUNK_WINDOWS = Math.ceil(0.6 / WINDOW_SECONDS);
const STARTED_TALKING_SECONDS = 0.2;
const SPEECH_SECONDS = 0.1;
const MINIMUM_SPEECH_SECONDS = 0.25;
const PADDING_SECONDS = 0.4;
const THRESHOLD = 0.5;

/** What ReplyOnPause really does: the pause is a chunk with next to no speech. */
export const fastrtcReplyOnPauseDetector: TurnFinder = ({ scores }) => {
  const edges: TurnEdge[] = [];
  let talking = false;
  for (let end = CHUNK_WINDOWS; end <= scores.length; end += CHUNK_WINDOWS) {
    const speechSeconds = speechInChunk(scores.subarray(end - CHUNK_WINDOWS, end));
    const atSeconds = end * WINDOW_SECONDS;
    if (!talking && speechSeconds > STARTED_TALKING_SECONDS) {
      const sinceSeconds = atSeconds - CHUNK_WINDOWS * WINDOW_SECONDS;
      edges.push({ kind: 'start', atSeconds, sinceSeconds });
      talking = true;
    } else if (talking && speechSeconds < SPEECH_SECONDS) {
      edges.push({ kind: 'end', atSeconds });
      talking = false;
    }
  }
  return edges;
};

/** No silence within a chunk lasts 2000 ms, so speech goes on from its first window, and the padding before, to the end. */
function speechInChunk(scores: Float32Array): number {
  const first = scores.findIndex((score) => score >= THRESHOLD);
  if (first < 0) return 0;
  const seconds = (scores.length - first) * WINDOW_SECONDS;
  if (seconds <= MINIMUM_SPEECH_SECONDS) return 0;
  return Math.min(scores.length * WINDOW_SECONDS, seconds + PADDING_SECONDS);
}

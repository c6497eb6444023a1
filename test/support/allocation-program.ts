// Counts collections while frames go through the engine: node … allocation-program.ts (uplink|downlink|playout) (none|view)

import { PerformanceObserver, performance } from 'node:perf_hooks';
import { conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import { IsochronousBuffer } from '../../core/jitter/isochronous-buffer.ts';
import { Downlink } from '../../core/playout/downlink.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import { PacketHeader, writeHeader } from '../../core/wire/packet.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { randomOf } from '../../simulation/random.ts';
import { loadKernel } from '../vad/kernel-files.ts';
import { ScriptedAgent } from './scripted-agent.ts';

const FRAMES = 100_000;
const WARM_UP_FRAMES = 20_000;
const FRAME_MS = 20;
const HELLO = {
  type: 'hello',
  version: 1,
  stream: 3,
  uplink: { codec: 'pcm16', rateHz: 16_000, frameMs: FRAME_MS },
  downlink: { codec: 'pcm16', rateHz: 16_000, frameMs: FRAME_MS },
};

const NO_SPILL = { write() {}, read: () => false, dropBelow() {} };

/** One frame's worth of work; returns nothing, so that nothing is kept. */
type Frame = (index: number) => void;

/** Quiet noise comes in as packets; the real kernel scores it. */
function uplink(): { frame: Frame; result: () => object } {
  const kernel = loadKernel('vad-f32-plain.wasm');
  const conversation = new Conversation(
    {
      id: 'allocation',
      config: conversationConfig({ checkpointIntervalMs: 60_000, maximumCallMs: 86_400_000 }),
      turnTaking: 'automatic',
      agent: new ScriptedAgent(),
      createScorer: (listener) => new KernelScorer(kernel, listener),
      ledger: new WorkLedger(),
      spill: NO_SPILL,
      checkpoint: { checkpoint() {}, append() {} },
    },
    0,
  );
  const link = { resumeToken: null, sendAudio() {}, sendControl() {}, close() {} };
  conversation.connect(1, link, 0);
  conversation.receiveText(1, JSON.stringify(HELLO), 0);
  const packet = new Uint8Array(12 + 640);
  const random = randomOf(4);
  for (let byte = 12; byte < packet.length; byte += 2) packet[byte] = random() * 60;
  const header = new PacketHeader();
  return {
    frame: (index) => {
      const nowMs = index * FRAME_MS;
      header.sequence = index;
      header.timestamp = index * 320;
      writeHeader(packet, header);
      conversation.receiveAudio(1, packet, nowMs);
      if (conversation.nextDeadlineMs <= nowMs) conversation.tick(nowMs);
    },
    result: () => {
      const { windowsScored, packetsReceived } = conversation.state(0).statistics;
      return { windowsScored, frames: packetsReceived - WARM_UP_FRAMES };
    },
  };
}

/** An agent speaks without end; the client reports five times a second. */
function downlink(): { frame: Frame; result: () => object } {
  const listener = {
    commit: () => {
      line.stored();
      return true;
    },
    sendAudio() {},
    sendControl() {},
    utteranceEnded() {},
    heardCorrected() {},
  };
  const line = new Downlink(conversationConfig(), listener, NO_SPILL);
  line.attach({ codec: 'pcm16', rateHz: 16_000, frameMs: FRAME_MS }, true, undefined, 0);
  const samples = new Int16Array(320).fill(1000);
  const report = { generation: 1, playedSamples: 0, underruns: 0, stretchMs: 0 };
  const utterance = line.begin(true);
  return {
    frame: (index) => {
      const nowMs = index * FRAME_MS;
      line.say(utterance, samples);
      if (index % 10 === 0) {
        report.playedSamples = Math.max(0, index - 5) * 320;
        line.report(report, nowMs);
      }
      line.tick(nowMs);
    },
    result: () => ({ packetsSent: line.statistics.packetsSent - WARM_UP_FRAMES + 50 }),
  };
}

/** A voice with stalls: it is played slower, concealed, and played faster again. */
function playout(): { frame: Frame; result: () => object } {
  const rateHz = 16_000;
  const buffer = new IsochronousBuffer({ rateHz, frameSamples: 320, capacityFrames: 64 });
  const voice = Int16Array.from({ length: 1600 }, (_, index) => (index % 100) * 80 - 4000);
  const out = new Int16Array(160);
  let next = 0;
  return {
    frame: (index) => {
      const nowMs = index * FRAME_MS;
      // Of every two seconds the last 300 ms come late and at once.
      while (next <= index && (next % 100 < 85 || index % 100 === 99 || next < index - 20)) {
        buffer.insert(next, next * 320, voice, (next % 4) * 320, 320, nowMs);
        next++;
      }
      buffer.pull(out, 0, out.length, nowMs);
      buffer.pull(out, 0, out.length, nowMs + FRAME_MS / 2);
    },
    result: () => ({ ...buffer.statistics(), frames: buffer.counters.received - WARM_UP_FRAMES }),
  };
}

const [direction, mutant] = process.argv.slice(2);
const PROGRAMS = { uplink, downlink, playout };
const { frame, result } = PROGRAMS[direction as keyof typeof PROGRAMS]();
const BYTES = new Uint8Array(16);
let kept: object = {};

function run(from: number, to: number): void {
  for (let index = from; index < to; index++) {
    frame(index);
    if (mutant === 'view') kept = BYTES.subarray(index & 7);
  }
}

const times: number[] = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) times.push(startTime);
}).observe({ entryTypes: ['gc'] });

run(0, WARM_UP_FRAMES);
globalThis.gc?.();
const startedBytes = process.memoryUsage().heapUsed;
const startedMs = performance.now();
run(WARM_UP_FRAMES, WARM_UP_FRAMES + FRAMES);
const endedMs = performance.now();
const bytesPerFrame = (process.memoryUsage().heapUsed - startedBytes) / FRAMES;
// The observer hears of collections in a later turn of the event loop.
await new Promise((resolve) => setTimeout(resolve, 50));
const collections = times.filter((timeMs) => timeMs > startedMs && timeMs < endedMs).length;
process.stdout.write(
  JSON.stringify({ collections, bytesPerFrame, ...result(), kept: kept !== null }),
);

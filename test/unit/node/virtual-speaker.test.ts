// The speaker that records, and the summary of what it counted.

import { describe, expect, it } from 'vitest';
import { CallLog } from '../../../client/node/call-log.ts';
import { summarize } from '../../../client/node/call-summary.ts';
import { AUDIBLE_SAMPLE, VirtualSpeaker } from '../../../client/node/virtual-speaker.ts';
import { LagMeter } from '../../../client/session/lag-meter.ts';
import { Playback } from '../../../client/session/playback.ts';
import { FLAG_LAST, HEADER_BYTES, PacketHeader, writeHeader } from '../../../core/wire/packet.ts';

const BLOCK_SAMPLES = 160;

/** A packet of 20 ms, whose samples are given from `first` on and silent before. */
function packet(sequence: number, first: number, value: number, flags = 0): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 640);
  const header = new PacketHeader();
  header.flags = flags;
  header.generation = 5;
  header.sequence = sequence;
  header.timestamp = sequence * 320;
  writeHeader(bytes, header);
  new Int16Array(bytes.buffer, HEADER_BYTES).fill(value, first);
  return bytes;
}

function speaker() {
  const player = new Playback({
    format: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
    settleMs: 0,
    lowWaterMs: 0,
  });
  const sounds: [number, number][] = [];
  const playing = new VirtualSpeaker(player, BLOCK_SAMPLES, (generation, atMs) =>
    sounds.push([generation, atMs]),
  );
  return { player, playing, sounds };
}

describe('the virtual speaker', () => {
  it('[X22] records every block, silent or not, and hears the first audible sample of an utterance', () => {
    const { player, playing, sounds } = speaker();
    playing.play(10);
    player.receive(packet(0, 0, AUDIBLE_SAMPLE - 1));
    player.receive(packet(1, 240, -AUDIBLE_SAMPLE));
    player.receive(packet(2, 0, 500, FLAG_LAST));
    for (let atMs = 20; atMs <= 90; atMs += 10) playing.play(atMs);
    // The 560th sample of an utterance that sounds from 20 ms on.
    expect(sounds).toEqual([[5, 55]]);
    const recording = playing.recording();
    expect(recording).toHaveLength(9 * BLOCK_SAMPLES);
    expect(recording.findIndex((sample) => Math.abs(sample) >= AUDIBLE_SAMPLE)).toBe(160 + 560);
    expect(recording.at(-1)).toBe(0);
  });

  it('[X22] goes on recording beyond a minute', () => {
    const { player, playing } = speaker();
    for (let block = 0; block < 6010; block++) playing.play(10 * block);
    player.receive(packet(0, 0, 500, FLAG_LAST));
    playing.play(60_100);
    expect(playing.recording()).toHaveLength(6011 * BLOCK_SAMPLES);
    expect(playing.recording().at(-1)).toBe(500);
  });
});

describe('the summary', () => {
  it('[X9] counts what was played and measured, and has no latency where nothing was answered', () => {
    const { player, playing } = speaker();
    for (let sequence = 0; sequence < 3; sequence++) player.receive(packet(sequence, 0, 500));
    for (let atMs = 0; atMs < 90; atMs += 10) playing.play(atMs);
    const log = new CallLog({
      uplinkRateHz: 16_000,
      downlinkRateHz: 16_000,
      leftAtMs: (positionMs) => positionMs,
      tell: () => {},
    });
    const { rises, risesByCause } = new LagMeter();
    for (const riseMs of [1, 2, 30]) rises.add(riseMs);
    const session = {
      ...{ packetsKept: 0, packetsResent: 0, packetsOverwritten: 0, messagesDropped: 0 },
      ...{ unknownMessages: 0, violations: 0, connections: 1, roundTripMs: 1, lag: rises },
      ...{ lagMs: 30, lagCause: null, lagByCause: risesByCause },
    };
    const silent = summarize(log, player.status, session, null);
    expect(silent).toMatchObject({ underruns: 3, concealedMs: 30, overruns: 0, scorer: 'unknown' });
    expect(silent.replyLatencyMs).toBeNull();
    expect(silent.lagMs.max).toBe(30);
    for (const [endMs, soundMs] of [
      [1000, 1600],
      [3000, 3500],
      [6000, 6900],
    ] as const) {
      log.add({
        ...{ kind: 'turn-ended', atMs: endMs, turn: 1, startMs: 0, endMs, leftAtMs: endMs },
        reason: 'silence',
      });
      log.add({ kind: 'utterance-audible', atMs: soundMs, utterance: 1 });
    }
    const { turns, replyLatencyMs } = summarize(log, player.status, session, null);
    expect(turns).toBe(3);
    expect(replyLatencyMs).toEqual({ median: 600, max: 900 });
  });
});

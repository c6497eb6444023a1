import { describe, expect, it } from 'vitest';
import type { TurnEndReason } from '../../../core/wire/messages.ts';
import { Parrot } from '../../../durable-objects/agents/parrot.ts';
import { RecordingHost } from './recording-host.ts';

const NOW = 0;

function opened(options = { interruptible: true }): { parrot: Parrot; host: RecordingHost } {
  const host = new RecordingHost();
  const parrot = new Parrot(options);
  parrot.open(host);
  return { parrot, host };
}

/** Samples that say where they are from. */
function audioAt(fromSample: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) => (fromSample + index) % 30_000);
}

/** Gives [fromSample, toSample) in pieces of 320. */
function feed(parrot: Parrot, fromSample: number, toSample: number): void {
  for (let at = fromSample; at < toSample; at += 320) {
    parrot.audio(at, audioAt(at, Math.min(320, toSample - at)));
  }
}

function turn(
  parrot: Parrot,
  number: number,
  [startSample, endSample, heardTo]: [number, number, number],
  reason: TurnEndReason = 'silence',
): void {
  parrot.turnStarted({ turn: number, startSample, continues: null });
  feed(parrot, startSample, heardTo);
  parrot.turnEnded({ turn: number, startSample, endSample, reason });
}

describe('parrot', () => {
  it('[G1] says back the samples of the turn, from the pre-roll on and without the trailing silence', () => {
    const { parrot, host } = opened();
    turn(parrot, 1, [1000, 9000, 17_000]);
    expect(host.utterances).toHaveLength(1);
    expect(host.at(1).samples).toEqual([...audioAt(1000, 8000)]);
    expect(host.at(1).open).toBe(false);
    turn(parrot, 2, [40_000, 40_500, 41_000]);
    expect(host.at(2).samples).toEqual([...audioAt(40_000, 500)]);
  });

  it('[G1] takes silence of the caller that was never given as silence', () => {
    const { parrot, host } = opened();
    parrot.turnStarted({ turn: 1, startSample: 0, continues: null });
    feed(parrot, 0, 640);
    feed(parrot, 960, 1600);
    parrot.turnEnded({ turn: 1, startSample: 0, endSample: 1600, reason: 'silence' });
    const silence: number[] = new Array(320).fill(0);
    expect(host.at(1).samples).toEqual([...audioAt(0, 640), ...silence, ...audioAt(960, 640)]);
  });

  it('[G2] keeps what was heard beyond a cut for the turn that goes on', () => {
    const { parrot, host } = opened();
    turn(parrot, 1, [0, 30_000, 48_000], 'maximum-length');
    parrot.turnStarted({ turn: 2, startSample: 30_000, continues: 1 });
    feed(parrot, 48_000, 60_000);
    parrot.turnEnded({ turn: 2, startSample: 30_000, endSample: 55_000, reason: 'silence' });
    expect(host.at(1).samples).toEqual([...audioAt(0, 30_000)]);
    expect(host.at(2).samples).toEqual([...audioAt(30_000, 25_000)]);
  });

  it('[G3] holds no more than the longest turn, and nothing between turns', () => {
    const { parrot } = opened();
    parrot.turnStarted({ turn: 1, startSample: 0, continues: null });
    const minute = new Int16Array(60 * 16_000);
    parrot.audio(0, minute);
    parrot.audio(minute.length, minute);
    const saved = parrot.save() as { samples: Int16Array };
    expect(saved.samples.length).toBe(61 * 16_000);
    expect(saved.samples.byteLength).toBeLessThan(2_000_000);
    parrot.turnEnded({ turn: 1, startSample: 0, endSample: 120 * 16_000, reason: 'silence' });
    expect((parrot.save() as { samples: Int16Array }).samples.length).toBe(0);
  });

  it('[G4] goes on from a saved state as if never interrupted, and ignores any other value', () => {
    const { parrot } = opened();
    parrot.turnStarted({ turn: 1, startSample: 500, continues: null });
    feed(parrot, 500, 5000);
    const saved = structuredClone(parrot.save());
    const { parrot: restored, host } = opened();
    restored.restore('nonsense');
    restored.restore(saved);
    feed(restored, 5000, 9000);
    restored.turnEnded({ turn: 1, startSample: 500, endSample: 8000, reason: 'silence' });
    expect(host.at(1).samples).toEqual([...audioAt(500, 7500)]);
  });

  it('[G1] answers typed words in writing, and says nothing to a turn of no samples', () => {
    const { parrot, host } = opened({ interruptible: false });
    parrot.text('good morning');
    expect(host.transcripts).toEqual(['agent: good morning']);
    turn(parrot, 1, [100, 100, 100]);
    expect(host.utterances).toHaveLength(0);
    turn(parrot, 2, [200, 300, 400]);
    expect(host.at(1).interruptible).toBe(false);
    parrot.tick(NOW);
    expect(parrot.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});

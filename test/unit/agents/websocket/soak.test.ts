import { describe, expect, it } from 'vitest';
import { BackendStage, type Sabotage } from '../../../fakes/backend/backend-stage.ts';

/** A turn, and the time until the next. */
const TURN_MS = 3000;
const PAUSE_MS = 7000;

describe('half an hour with a backend', () => {
  it('[H36] loses and repeats nothing, though its connection breaks 45 times and the memory is lost 10 times', () => {
    const stage = new BackendStage({ answerMs: 4000 });
    const turns = 180;
    for (let turn = 1; turn <= turns; turn++) {
      stage.turn(TURN_MS);
      if (turn % 4 === 1) {
        stage.hear(300);
        stage.cut();
      }
      if (turn % 18 === 3) {
        stage.hear(180);
        stage.evict();
      }
      stage.hear(PAUSE_MS - (turn % 4 === 1 ? 300 : 0) - (turn % 18 === 3 ? 180 : 0));
    }
    stage.world.runTo(stage.world.nowMs + 10_000);
    expect(stage.world.nowMs).toBeGreaterThanOrEqual(30 * 60_000);
    const { backend } = stage;
    expect(backend.violations).toEqual([]);
    expect(backend.connections).toBeGreaterThanOrEqual(50);
    expect(backend.told('turn')).toHaveLength(2 * turns);
    expect(backend.audioSamples).toBe(30 * 60 * 16_000);
    expect(backend.told('completed')).toHaveLength(turns);
    expect(stage.completed).toEqual(new Array(turns).fill(64_000));
    expect(stage.failures).toEqual([]);
  });
});

describe('an agent with a fault', () => {
  /** A few turns, with a cut in an answer. */
  function violations(sabotage: Sabotage): string[] {
    const stage = new BackendStage({ answerMs: 1000 }, sabotage);
    for (let turn = 0; turn < 4; turn++) {
      stage.turn(1000);
      stage.hear(200);
      if (turn === 1) stage.cut();
      stage.hear(3000);
    }
    return stage.backend.violations;
  }

  it('[H37] is found out by the fake: a message lost, told twice, or misspelt; audio lost or told twice', () => {
    expect(violations((data) => data)).toEqual([]);
    const isTurn = (data: string | Uint8Array): data is string =>
      typeof data === 'string' && data.includes('"state":"ended"');
    const renumbered =
      (by: number): Sabotage =>
      (data) =>
        isTurn(data)
          ? data.replace(/"number":(\d+)/, (_all, number) => `"number":${Number(number) + by}`)
          : data;
    expect(violations((data) => (isTurn(data) ? null : data))[0]).toMatch(
      /^Message \d+ came after/,
    );
    expect(violations(renumbered(-1))[0]).toMatch(/^Message \d+ came after/);
    expect(
      violations((data) => (isTurn(data) ? data.replace('endSample', 'end') : data))[0],
    ).toMatch(/^Not a message/);
    let pieces = 0;
    const moved: Sabotage = (data) => {
      if (typeof data === 'string' || ++pieces % 50 !== 0) return data;
      const copy = data.slice();
      new DataView(copy.buffer).setUint32(0, 0, true);
      return copy;
    };
    expect(violations(moved)[0]).toMatch(/^Audio at 0 came after/);
  });
});

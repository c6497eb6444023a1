// Calls over the Realtime SFU in virtual time: the bridge and the real engine against the fake adapters.
import { describe, expect, it } from 'vitest';
import { heardSpansOf, loudTrack, realtimeCall, sayTo } from '../../support/realtime-call.ts';
import { ScriptedAgent } from '../../support/scripted-agent.ts';
import { tone } from '../../support/telephone.ts';

/** Networks of 20 to 80 ms each way, at the same times in every run. */
const jittery = (sentMs: number) => 20 + ((sentMs * 7919) % 61);

/** Where turns ended, ms. */
const turnEnds = (agent: ScriptedAgent) =>
  agent.told.flatMap((each) => (each.kind === 'turn-ended' ? [each.end.endSample / 16] : []));

describe('the agent of a call over the SFU', () => {
  it('[RS6] is heard whole and at once', () => {
    const { agent, world } = realtimeCall();
    world.runTo(500);
    sayTo(world, agent, tone(1990));
    world.runTo(4000);
    expect(heardSpansOf(world)).toEqual([[530, 2520]]);
    expect(agent.told).toEqual([
      {
        kind: 'completed',
        heard: { utterance: 1, heardSamples: 31_840, givenSamples: 31_840, source: 'reported' },
      },
    ]);
    // The last frame is filled up with silence.
    expect(world.ingest.playedSamples).toBeGreaterThanOrEqual(1990 * 48);
    expect(world.ingest.playedSamples).toBeLessThanOrEqual(2000 * 48);
    expect(world.ingest).toMatchObject({ violations: [], underruns: 0 });
  });

  it('[RS6] says one thing after the other, and each is heard out', () => {
    const { agent, world } = realtimeCall({ delayMs: jittery });
    world.runTo(500);
    for (const ms of [300, 700, 40, 1500]) sayTo(world, agent, tone(ms));
    world.runTo(5000);
    expect(agent.kinds()).toEqual(['completed', 'completed', 'completed', 'completed']);
    expect(world.ingest.playedSamples).toBe(2540 * 48);
    expect(world.ingest.segments).toEqual([300 * 48, 700 * 48, 40 * 48, 1500 * 48]);
    expect(world.ingest).toMatchObject({ violations: [] });
  });

  it.each([
    ['no more', () => 30, 160],
    ['what delays that vary by 60 ms add', jittery, 220],
  ])('[RS7] has 160 ms at the SFU and %s, and nothing tears', (_, delayMs, mostMs) => {
    const { agent, world } = realtimeCall({
      delayMs,
      config: { leadMs: 1500, leadGrowthPct: 100 },
    });
    world.runTo(500);
    sayTo(world, agent, tone(6000));
    world.runTo(10_000);
    expect(world.ingest.mostBufferedSamples).toBeLessThanOrEqual(mostMs * 48);
    expect(world.ingest.mostBufferedSamples).toBeGreaterThan(130 * 48);
    expect(world.ingest.underruns).toBe(0);
    expect(world.ingest.playedSamples).toBe(6000 * 48);
  });

  it('[RS8] is silent within 160 ms when the caller cuts in, and is told exactly what was heard', () => {
    for (let offset = 0; offset < 200; offset += 33) {
      const cutMs = 2000 + offset;
      const { agent, world } = realtimeCall({
        delayMs: jittery,
        egress: { voice: loudTrack([cutMs, cutMs + 2000]) },
      });
      world.runTo(500);
      sayTo(world, agent, tone(10_000));
      world.runTo(6000);
      const told = agent.told.find((each) => each.kind === 'interrupted')!;
      expect(told).toMatchObject({ heard: { source: 'reported' } });
      expect(told.heard.heardSamples * 3).toBe(world.ingest.playedSamples);
      const [span] = heardSpansOf(world);
      // 100 ms of speech, a window, the way there and back, and what lies at the SFU.
      expect(span![1]).toBeLessThan(cutMs + 100 + 32 + 20 + 160 + 160);
      expect(agent.kinds()).toEqual(['interrupted', 'turn-started', 'turn-ended']);
    }
  });

  it('[RS8] goes on from its last pause when it was only a cough', () => {
    const { agent, world } = realtimeCall({ egress: { voice: loudTrack([2000, 2300]) } });
    world.runTo(500);
    sayTo(world, agent, tone(8000));
    world.runTo(14_000);
    expect(agent.kinds()).toEqual(['completed']);
    expect(world.ingest.playedSamples).toBeGreaterThanOrEqual(8000 * 48);
    expect(world.engine.state(14_000).statistics).toMatchObject({ clears: 1, releases: 1 });
  });

  it('[RS8] can be cut in on when it has finished generating', () => {
    const { agent, world } = realtimeCall({ egress: { voice: loudTrack([600, 9000]) } });
    world.runTo(500);
    sayTo(world, agent, tone(1500));
    world.runTo(10_500);
    expect(world.ingest.playedSamples).toBeLessThan(600 * 48);
    expect(agent.kinds()).toContain('turn-ended');
  });

  it('[RS9] keeps its track alive for as long as it says nothing', () => {
    const { agent, world } = realtimeCall({ egress: { isQuiet: () => true } });
    world.runTo(100_000);
    expect(world.ingests).toHaveLength(1);
    expect(world.ingest.violations).toEqual([]);
    sayTo(world, agent, tone(1000));
    world.runTo(102_000);
    expect(agent.kinds()).toEqual(['completed']);
    expect(world.ingest.playedSamples).toBe(1000 * 48);
  });

  it('[RS10] gets another track when its own is lost, and goes on there', () => {
    const { agent, world } = realtimeCall({
      ingest: (ordinal) => (ordinal === 0 ? { dieAtMs: 2000 } : {}),
    });
    world.runTo(500);
    sayTo(world, agent, tone(4000));
    world.runTo(8000);
    expect(world.ingests).toHaveLength(2);
    expect(agent.kinds()).toEqual(['completed']);
    expect(world.ingest.segments).toHaveLength(1);
    const played = world.ingests.reduce((sum, { playedSamples }) => sum + playedSamples, 0);
    // What lay at the SFU or was on its way there is gone, and so is what was sent before anybody knew.
    expect(played).toBeGreaterThan((4000 - 160 - 60) * 48);
    expect(played).toBeLessThan(4000 * 48);
    expect(world.ingests.flatMap(({ violations }) => violations)).toEqual([]);
  });
});

describe('the caller of a call over the SFU', () => {
  it.each([
    { packetMs: 20 },
    { packetMs: 10 },
    { packetMs: 60 },
    { packetMs: 20, unitsPerMs: 1 },
    { packetMs: 20, unitsPerMs: 90, firstTimestamp: 0xffff_f000 },
    { packetMs: 20, firstSequence: 0xffff_ffc0 },
  ])('[RS3] is heard in packets like %o', (egress) => {
    const { agent, world } = realtimeCall({
      egress: { ...egress, voice: loudTrack([1000, 2000]) },
    });
    world.runTo(4000);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
    expect(turnEnds(agent)[0]).toBeGreaterThan(1950);
    expect(turnEnds(agent)[0]).toBeLessThan(2100);
    expect(world.engine.state(4000).statistics).toMatchObject({
      violations: 0,
      unknownMessages: 0,
      gapEvents: 0,
    });
  });

  it('[RS4] loses packets: each is a gap of its length, and the turn goes on', () => {
    const loses = (packet: number) => packet % 23 === 22;
    const { agent, world } = realtimeCall({ egress: { loses, voice: loudTrack([1000, 3000]) } });
    world.runTo(5000);
    const { gapSamples, gapEvents } = world.engine.state(5000).statistics;
    expect(gapEvents).toBe(10);
    expect(gapSamples).toBe(10 * 320);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
    expect(turnEnds(agent)[0]).toBeGreaterThan(2950);
    expect(turnEnds(agent)[0]).toBeLessThan(3100);
  });

  it('[RS4] is put in order when packets overtake each other', () => {
    const delaysBy = (packet: number) => (packet % 17 === 3 ? 1 + (packet % 3) : 0);
    const { agent, world } = realtimeCall({ egress: { delaysBy, voice: loudTrack([1000, 3000]) } });
    world.runTo(5000);
    expect(world.engine.state(5000).statistics).toMatchObject({ gapEvents: 0, violations: 0 });
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
  });

  it('[RS4] meant silence where timestamps go on and numbers do not', () => {
    const isQuiet = (atMs: number) => atMs >= 2000 && atMs < 12_000;
    const { agent, world } = realtimeCall({
      egress: { isQuiet, voice: loudTrack([1000, 1800], [12_500, 13_500]) },
    });
    world.runTo(16_000);
    expect(world.engine.state(16_000).statistics).toMatchObject({ gapEvents: 0, violations: 0 });
    expect(turnEnds(agent)).toHaveLength(2);
    expect(turnEnds(agent)[1]).toBeGreaterThan(13_450);
    expect(turnEnds(agent)[1]).toBeLessThan(13_600);
  });

  it.each(['continue', 'begin-anew'] as const)(
    '[RS5] is taken up again in mid-word when the SFU dials again and its numbers %s',
    (afterRedial) => {
      const { agent, world } = realtimeCall({
        egress: {
          afterRedial,
          cutsAtMs: [2500],
          redialAfterMs: 400,
          voice: loudTrack([1000, 5000]),
        },
      });
      world.runTo(8000);
      expect(world.egress.dials).toBe(2);
      const { statistics } = world.engine.state(8000);
      expect(statistics).toMatchObject({ connections: 2, violations: 0, turnsEnded: 1 });
      // The SFU has kept the last 200 ms: numbers that run on tell so, and a clock does not.
      expect(statistics.gapSamples / 16).toBe(afterRedial === 'continue' ? 200 : 400);
      expect(turnEnds(agent)[0]).toBeGreaterThan(4800);
      expect(turnEnds(agent)[0]).toBeLessThan(5300);
    },
  );

  it('[RS5] hears the agent on when the SFU dials again while it speaks', () => {
    const { agent, world } = realtimeCall({ egress: { cutsAtMs: [2000], redialAfterMs: 500 } });
    world.runTo(1000);
    sayTo(world, agent, tone(4000));
    world.runTo(9000);
    expect(agent.kinds()).toEqual(['completed']);
    // The filter begins anew, which costs 1.4 ms.
    expect(world.ingest.playedSamples / 48).toBeCloseTo(4000, -1);
    expect(world.ingest.underruns).toBe(0);
  });

  it('[RS11] is over when the SFU does not come back', () => {
    const { agent, world } = realtimeCall({
      egress: { cutsAtMs: [1000], redialAfterMs: 99_000 },
      config: { idleTimeoutMs: 20_000 },
    });
    world.runTo(20_000);
    expect(world.engine.state(20_000).phase).toBe('active');
    world.runTo(21_200);
    expect(agent.told).toEqual([{ kind: 'closed', reason: 'Nobody was there.' }]);
  });

  it('[RS12] may send what nobody understands: it is counted', () => {
    const { agent, world } = realtimeCall({
      egress: { malformedEvery: 5, voice: loudTrack([1000, 2000]) },
    });
    world.runTo(4000);
    const { statistics } = world.engine.state(4000);
    expect(statistics).toMatchObject({ violations: 0, turnsEnded: 1, gapEvents: 0 });
    expect(statistics.unknownMessages).toBeGreaterThan(20);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
  });

  it('[F8] is heard on after the loss of memory, and so is the agent', () => {
    const { agent, world } = realtimeCall({ delayMs: jittery, canEvict: true });
    world.runTo(500);
    sayTo(world, agent, tone(5000));
    world.runTo(2730);
    const after = new ScriptedAgent();
    world.evict(after);
    world.runTo(7000);
    expect(heardSpansOf(world)).toHaveLength(1);
    expect(world.ingest.playedSamples / 48).toBeGreaterThan(4990);
    expect(world.ingest.playedSamples / 48).toBeLessThan(5010);
    expect(after.kinds()).toEqual(['completed']);
  });
});

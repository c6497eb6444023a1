// The figures of the Realtime SFU bridge, and what they say of one that is wrong; half an hour in `npm run bench:agents`.
import { describe, expect, it } from 'vitest';
import { FakeIngest } from '../../fakes/realtime-sfu/fake-ingest.ts';
import { measureRealtime } from '../../fakes/realtime-sfu/realtime-figures.ts';
import { soakRealtime } from '../../fakes/realtime-sfu/realtime-soak.ts';
import { REALTIME_SABOTAGES } from '../../fakes/realtime-sfu/sabotages.ts';
import { verdictOn } from '../../fakes/sabotage-case.ts';
import { runs } from '../../support/runs.ts';

describe('the figures of the Realtime SFU bridge', () => {
  it('[RS15] are those of the target', () => {
    const figures = measureRealtime({ calls: 3 });
    expect(figures.addedMs).toHaveLength(6);
    expect(figures.commitToWireMs).toHaveLength(3);
    expect(Math.max(...figures.commitToWireMs)).toBeLessThan(40);
    expect(figures.heardErrorMs).toEqual([0, 0, 0]);
    expect(figures).toMatchObject({ lostSamples: 0, underruns: 0, violations: [] });
    expect(figures.mostBufferedMs).toBeLessThanOrEqual(160 + 31 + 2);
  });

  it.each(REALTIME_SABOTAGES)('[RS15] show a bridge that $name', (sabotage) => {
    expect(verdictOn(sabotage)).toBe('caught');
  });

  it('[RS15] cannot be had from a fake that is not spoken to as documented', () => {
    const fake = new FakeIngest({}, () => {}, 0);
    const large = new Uint8Array(32_769);
    large.set([0x2a, 0xfc, 0xff, 0x01]);
    const wrong = [
      'text',
      new Uint8Array(0),
      large,
      Uint8Array.from([0x08, 1, 0x2a, 0]),
      Uint8Array.from([0x2a, 3, 1, 2, 3]),
      Uint8Array.from([0x2a, 4, 1, 2, 3]),
      Uint8Array.from([0x2a, 4, 1, 0, 2, 0]),
    ];
    for (const message of wrong) fake.receive(message, 0);
    expect(fake.violations).toHaveLength(wrong.length);
    fake.receive(Uint8Array.from([0x2a, 4, 1, 0, 1, 0]), 0);
    expect(fake.violations).toHaveLength(wrong.length);
    fake.tick(30_000);
    expect(fake.violations).toHaveLength(wrong.length + 1);
    expect(fake.isOver).toBe(true);
  });
});

it('[RS14] a long call over the SFU loses nothing, and holds neither more memory nor more state at its end', () => {
  const minutes = runs(2);
  const report = soakRealtime(minutes);
  expect(report.complaints).toEqual([]);
  expect(report.keptCount).toBeGreaterThan(minutes * 700);
  expect(report.mostKept).toBeLessThan(20);
});

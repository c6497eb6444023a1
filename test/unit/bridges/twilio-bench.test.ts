// The figures of the Twilio bridge, and what they say of one that is wrong; half an hour of calls in `npm run bench:agents`.
import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../fakes/sabotage-case.ts';
import { FakeTwilio } from '../../fakes/twilio/fake-twilio.ts';
import { TWILIO_SABOTAGES } from '../../fakes/twilio/sabotages.ts';
import { measureTelephone } from '../../fakes/twilio/telephone-figures.ts';
import { soakTelephone } from '../../fakes/twilio/telephone-soak.ts';
import { runs } from '../../support/runs.ts';

describe('the figures of the Twilio bridge', () => {
  it('[TW15] are those of the target', () => {
    const figures = measureTelephone({ calls: 3 });
    expect(figures.addedMs).toHaveLength(6);
    expect(figures.commitToWireMs).toHaveLength(3);
    expect(Math.max(...figures.commitToWireMs)).toBeLessThan(40);
    expect(Math.max(...figures.heardErrorMs)).toBeLessThan(100);
    expect(figures.mostBufferedMs).toBeLessThanOrEqual(600);
    expect(figures.lostSamples).toBe(0);
    expect(figures.violations).toEqual([]);
  });

  it.each(TWILIO_SABOTAGES)('[TW15] show a bridge that $name', (sabotage) => {
    expect(verdictOn(sabotage)).toBe('caught');
  });

  it('[TW15] cannot be had from a fake that is not spoken to as documented', () => {
    const fake = new FakeTwilio({}, { send: () => {}, close: () => {}, cut: () => {} }, 0);
    const streamSid = `MZ${'0123456789abcdef'.repeat(2)}`;
    const wrong = [
      'not JSON',
      { event: 'media', streamSid, media: { payload: '' } },
      { event: 'media', streamSid, media: { payload: 'not base64!' } },
      { event: 'media', streamSid, media: { payload: '/w==', timestamp: '0' } },
      { event: 'media', streamSid: 'MZ1', media: { payload: '/w==' } },
      { event: 'mark', streamSid },
      { event: 'clear', streamSid, mark: {} },
      { event: 'stop', streamSid },
    ];
    for (const message of wrong) {
      fake.receive(typeof message === 'string' ? message : JSON.stringify(message), 0);
    }
    expect(fake.violations).toHaveLength(wrong.length);
    fake.receive(JSON.stringify({ event: 'media', streamSid, media: { payload: '/w==' } }), 0);
    expect(fake.violations).toHaveLength(wrong.length);
  });
});

it('[TW14] a long telephone call loses nothing, and holds neither more memory nor more state at its end', () => {
  const minutes = runs(2);
  const report = soakTelephone(minutes);
  expect(report.complaints).toEqual([]);
  expect(report.mostBufferedMs).toBeLessThanOrEqual(600);
  expect(report.keptCount).toBeGreaterThan(minutes * 3000);
  expect(report.mostKept).toBeLessThan(20);
});

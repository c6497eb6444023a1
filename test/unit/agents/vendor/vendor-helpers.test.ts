import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler } from '../../../../core/media/resampler.ts';
import { decodeBase64, encodeBase64 } from '../../../../durable-objects/agents/vendor/base64.ts';
import { Fallback } from '../../../../durable-objects/agents/vendor/fallback.ts';
import { Filler } from '../../../../durable-objects/agents/vendor/filler.ts';
import { Redial } from '../../../../durable-objects/agents/vendor/redial.ts';
import { SpokenItem } from '../../../../durable-objects/agents/vendor/spoken-item.ts';
import { wavBytes } from '../../../support/wav-bytes.ts';
import { RecordingHost } from '../recording-host.ts';

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

function speech(lengthSamples: number): Int16Array {
  return Int16Array.from({ length: lengthSamples }, (_, index) =>
    Math.round(9000 * Math.sin(index / 9) * Math.sin(index / 700)),
  );
}

const heardOf = (utterance: number, heardSamples: number, givenSamples: number) =>
  ({ utterance, heardSamples, givenSamples, source: 'reported' }) as const;

describe('an item of vendor speech', () => {
  it('[H16] says the same samples however its bytes are cut, as many as its duration has', () => {
    const rates = fc.constantFrom(8000, 16_000, 24_000, 44_100, 48_000);
    const law = fc.property(rates, fc.array(fc.nat(2000), { maxLength: 20 }), (rateHz, cuts) => {
      const samples = speech(rateHz / 10);
      const host = new RecordingHost();
      const item = new SpokenItem(host, { rateHz, interruptible: true });
      const bytes = bytesOf(samples);
      let at = 0;
      for (const cut of cuts) {
        item.give(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
      }
      item.give(bytes.subarray(at));
      item.end();
      const whole = new Int16Array(rateHz === 16_000 ? 1600 : 4000);
      const padded = new Int16Array(samples.length + 400);
      padded.set(samples);
      const wanted =
        rateHz === 16_000
          ? samples
          : whole.subarray(
              0,
              new Resampler(rateHz, 16_000).convert(padded, 0, padded.length, whole, 0),
            );
      expect(host.at(1).samples).toHaveLength(1600);
      expect(host.at(1).samples).toEqual([...wanted.subarray(0, 1600)]);
      expect(host.at(1).open).toBe(false);
      expect(item.givenSamples).toBe(samples.length);
    });
    fc.assert(law, { seed: 7, numRuns: 40 });
  });

  it('[H16] tells what was heard in the vendor’s samples and milliseconds, within what it sent', () => {
    const law = fc.property(fc.constantFrom(8000, 24_000, 48_000), fc.nat(2000), (rateHz, part) => {
      const host = new RecordingHost();
      const item = new SpokenItem(host, { rateHz, interruptible: true });
      item.give(bytesOf(speech(rateHz / 10 + 7)));
      const said = host.at(1).samples.length;
      const heardSamples = Math.min(said, part);
      const heard = item.heardOf(heardOf(1, heardSamples, said));
      expect(heard.heardSamples).toBeLessThanOrEqual(heard.givenSamples);
      expect(heard.heardMs * rateHz).toBeLessThanOrEqual(1000 * heard.givenSamples);
      expect(Math.abs(heard.heardSamples - (heardSamples * rateHz) / 16_000)).toBeLessThan(1);
      item.end();
      const all = host.at(1).samples.length;
      expect(item.heardOf(heardOf(1, all, all)).heardSamples).toBe(rateHz / 10 + 7);
    });
    fc.assert(law, { seed: 8, numRuns: 60 });
  });

  it('[H16] goes on after a loss of memory without opening another utterance', () => {
    const samples = speech(4800);
    const [once, twice] = [new RecordingHost(), new RecordingHost()];
    const whole = new SpokenItem(once, { rateHz: 24_000, interruptible: true });
    whole.give(bytesOf(samples));
    whole.end();
    const first = new SpokenItem(twice, { rateHz: 24_000, interruptible: true });
    first.give(bytesOf(samples.subarray(0, 2000)));
    const second = SpokenItem.restored(twice, structuredClone(first.snapshot()));
    second.give(bytesOf(samples.subarray(2000)));
    second.end();
    expect(twice.utterances).toHaveLength(1);
    expect(twice.at(1).samples).toEqual(once.at(1).samples);
    expect(second.give(new Uint8Array(2))).toBe('closed');
  });

  it('[H16] is over when the conversation takes no more of it', () => {
    const host = new RecordingHost();
    const item = new SpokenItem(host, { rateHz: 16_000, interruptible: true });
    host.outcome = 'full';
    expect(item.give(new Uint8Array(640))).toBe('full');
    expect(item.isEnded).toBe(true);
  });

  it('[H16] counts nothing that the conversation refused', () => {
    const host = new RecordingHost();
    const item = new SpokenItem(host, { rateHz: 24_000, interruptible: true });
    item.give(bytesOf(speech(2400)));
    const taken = host.at(1).samples.length;
    host.interrupt();
    expect(item.give(bytesOf(speech(2400)))).toBe('closed');
    expect(item.givenSamples).toBe(2400);
    const heard = item.heardOf(heardOf(1, taken, taken));
    expect(heard).toEqual({ heardSamples: 2400, givenSamples: 2400, heardMs: 100 });
  });
});

describe('redialling', () => {
  it('[H17] waits not at all, then longer and longer up to 5 s, less a jitter of a quarter, until it gives up', () => {
    const redial = new Redial({ seed: 'conversation-1', giveUpMs: 30_000 });
    const waits: number[] = [];
    let nowMs = 1000;
    while (redial.lost(nowMs) === 'waiting') {
      waits.push(redial.nextDeadlineMs - nowMs);
      nowMs = redial.nextDeadlineMs;
      redial.dialled();
      expect(redial.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    }
    expect(waits[0]).toBe(0);
    for (const [index, waitMs] of waits.slice(1).entries()) {
      const mostMs = Math.min(5000, 250 * 2 ** index);
      expect(waitMs).toBeLessThanOrEqual(mostMs);
      expect(waitMs).toBeGreaterThanOrEqual(0.75 * mostMs);
    }
    expect(nowMs).toBeGreaterThan(20_000);
    expect(nowMs).toBeLessThanOrEqual(31_000);
    expect(redial.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    const other = new Redial({ seed: 'conversation-2', giveUpMs: 30_000 });
    other.lost(0);
    other.lost(0);
    expect(other.nextDeadlineMs).not.toBe(waits[1]);
  });

  it('[H17] begins anew after a connection that stood for 10 s, and goes on after one that did not', () => {
    const redial = new Redial({ seed: 's', giveUpMs: 10_000 });
    redial.lost(0);
    redial.connected(100);
    redial.lost(200);
    expect(redial.nextDeadlineMs).toBeGreaterThan(200 + 180);
    redial.connected(1000);
    redial.lost(11_000);
    expect(redial.nextDeadlineMs).toBe(11_000);
    expect(redial.outageMs(11_500)).toBe(500);
    redial.restart();
    expect(redial.outageMs(11_500)).toBe(0);
  });
});

describe('a fallback', () => {
  const assets = {
    fetch: () => {
      const kind = { formatTag: 1, bits: 16, channels: 1, rateHz: 16_000 } as const;
      return Promise.resolve(new Response(new Uint8Array(wavBytes(kind, 160, () => 0.5))));
    },
  } as unknown as Fetcher;
  const services = { assets, inEvent: (run: (nowMs: number) => void) => run(0) };

  it('[H18] tells an outage once, in an event and in words', async () => {
    const host = new RecordingHost();
    const fallback = new Fallback('spoken', services);
    fallback.unavailable(host, 'agent-unavailable', 'Nobody is there.');
    fallback.unavailable(host, 'agent-unavailable', 'Nobody is there.');
    await expect.poll(() => host.utterances.length).toBe(1);
    expect(host.failures).toEqual(['agent-unavailable']);
    expect(host.at(1).samples.length).toBeGreaterThan(0);
    expect(host.at(1).open).toBe(false);
    expect(fallback.owns(heardOf(1, 160, 160))).toBe(true);
    expect(fallback.owns(heardOf(2, 160, 160))).toBe(false);
    fallback.recovered();
    fallback.unavailable(host, 'agent-unavailable', 'Nobody is there.');
    expect(host.failures).toHaveLength(2);
  });

  it('[H18] says nothing where it is silent', async () => {
    const host = new RecordingHost();
    new Fallback('silent', services).unavailable(host, 'agent-unavailable', 'Nobody is there.');
    await Promise.resolve();
    expect(host.failures).toEqual(['agent-unavailable']);
    expect(host.utterances).toEqual([]);
  });
});

describe('a filler', () => {
  it('[H19] sounds after 700 ms, again only after it was heard, and no more when words come', () => {
    const host = new RecordingHost();
    const filler = new Filler('tone');
    filler.wait(1000);
    filler.tick(host, 1699);
    expect(host.utterances).toHaveLength(0);
    filler.tick(host, 1700);
    expect(host.utterances).toHaveLength(1);
    expect(filler.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    expect(host.at(1).samples.length).toBeLessThanOrEqual(16 * 250);
    expect(Math.max(...host.at(1).samples)).toBeGreaterThan(500);
    expect(filler.owns(heardOf(1, 3840, 3840), 2000)).toBe(true);
    expect(filler.nextDeadlineMs).toBe(3200);
    filler.stop();
    filler.tick(host, 4000);
    expect(host.utterances).toHaveLength(1);
    const off = new Filler('off');
    off.wait(0);
    expect(off.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('base64', () => {
  it('[H20] is what Node makes of the same bytes, and back; what is none is null', () => {
    const law = fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(text)).toEqual(new Uint8Array(bytes));
    });
    fc.assert(law, { seed: 9, numRuns: 30 });
    expect(decodeBase64('not base64 !')).toBeNull();
  });
});

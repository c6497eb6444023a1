// The tickets in the URLs that the Realtime SFU dials.
import { describe, expect, it } from 'vitest';
import { adapterTicket, isAdapterTicket } from '../../../worker/realtime-sfu-ticket.ts';

const KEY = new TextEncoder().encode('a key of the tests, of thirty-two bytes or more');
const SUBJECT = { conversation: 'abc', role: 'egress' } as const;

describe('the ticket of an adapter', () => {
  it('[RS1] is good for its adapter until it expires, again and again', async () => {
    const ticket = await adapterTicket(SUBJECT, 60_000, KEY);
    expect(ticket).toMatch(/^[0-9a-z]+\.[0-9a-f]{64}$/);
    const isGood = (changes: object, nowMs = 0, key = KEY) =>
      isAdapterTicket(ticket, { ...SUBJECT, ...changes }, key, nowMs);
    expect(await isGood({})).toBe(true);
    expect(await isGood({}, 59_999)).toBe(true);
    expect(await isGood({}, 60_000)).toBe(false);
    expect(await isGood({ role: 'ingest' })).toBe(false);
    expect(await isGood({ conversation: 'abd' })).toBe(false);
    expect(
      await isGood({}, 0, new TextEncoder().encode('another key of the tests, long enough')),
    ).toBe(false);
  });

  it('[RS1] cannot be made longer', async () => {
    const ticket = await adapterTicket(SUBJECT, 60_000, KEY);
    const longer = ticket.replace(/^[^.]+/, 'zzzzzz');
    expect(await isAdapterTicket(longer, SUBJECT, KEY, 0)).toBe(false);
    for (const wrong of ['', '.', 'a.b', ticket.slice(0, -1), `${ticket}0`])
      expect(await isAdapterTicket(wrong, SUBJECT, KEY, 0)).toBe(false);
  });
});

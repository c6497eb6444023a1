// A storage that takes its time to confirm what was written, in front of real sockets.

import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { GateModel } from '../../chaos/worker/gate-model.ts';
import { Caller, FRAME_SAMPLES } from './caller.ts';
import { create, objectOf } from './service.ts';

const FRAME_MS = 20;
/** What a player waits for before it begins. */
const PREBUFFER_MS = 60;

/** Puts a gate in front of every socket of an object, and has its writes close it unless they are not awaited. */
async function slowDown(conversation: string, confirmMs: number): Promise<GateModel> {
  const later = (run: () => void, delayMs: number): void => void setTimeout(run, delayMs);
  const gate = new GateModel(confirmMs, () => Date.now(), later);
  await runInDurableObject(objectOf(conversation), (_instance, state) => {
    const { kv } = state.storage;
    const put = kv.put.bind(kv);
    Object.defineProperty(kv, 'put', {
      value: (key: string, value: unknown) => {
        gate.wrote();
        put(key, value);
      },
    });
    Object.defineProperty(state.storage, 'sync', { value: () => gate.confirmed() });
    for (const socket of state.getWebSockets()) {
      const send = socket.send.bind(socket);
      Object.defineProperty(socket, 'send', {
        value: gate.gated((message: string | Uint8Array) => send(message)),
      });
    }
  });
  return gate;
}

interface Received {
  readonly gate: GateModel;
  readonly packets: number;
  /** How much later than it was due the latest packet came to a player; below 0 when all were in time. */
  readonly latestMs: number;
}

/** A story told while the caller's audio flows and is flushed. */
async function hearStory(thenConfirmMs: number): Promise<Received> {
  const agent = { name: 'storyteller', speed: 1.5, speaksFirst: false };
  const created = await create({ agent, turnTaking: 'manual', settings: { noAudioMs: 60_000 } });
  const caller = await Caller.greeted(created);
  const gate = await slowDown(created.conversation, 50);
  const arrivals: number[] = [];
  caller.onAudio = () => arrivals.push(Date.now());
  caller.send({ type: 'turn', state: 'started', timestamp: 0 });
  caller.sendFrames(0, 20);
  caller.send({ type: 'turn', state: 'ended', timestamp: 20 * FRAME_SAMPLES });
  await caller.next('utterance', ({ state }) => state === 'started');
  const startMs = Date.now();
  for (let frame = 20; Date.now() < startMs + 3500; frame++) {
    if (Date.now() > startMs + 800) gate.confirmMs = thenConfirmMs;
    caller.sendFrames(frame, 1);
    await scheduler.wait(FRAME_MS);
  }
  const playsFromMs = arrivals[PREBUFFER_MS / FRAME_MS - 1] ?? Number.NaN;
  const lateMs = arrivals.map((atMs, frame) => atMs - playsFromMs - frame * FRAME_MS);
  return { gate, packets: arrivals.length, latestMs: Math.max(...lateMs) };
}

it('[D41] lets no frame be late at its receiver when a confirmation takes 50 ms', async () => {
  const [slow, far] = await Promise.all([hearStory(50), hearStory(2500)]);
  expect(slow.gate.heldMessages).toBeGreaterThan(0);
  expect(slow.gate.longestHeldMs).toBeGreaterThanOrEqual(45);
  expect(slow.packets).toBeGreaterThan(100);
  expect(slow.latestMs).toBeLessThanOrEqual(0);
  // The same measure shows what is late: confirmations that come to take longer than the lead.
  expect(far.latestMs).toBeGreaterThan(0);
});

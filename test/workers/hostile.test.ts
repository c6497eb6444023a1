import { describe, expect, it } from 'vitest';
import type { ConversationState } from '../../core/conversation/conversation-state.ts';
import { MESSAGE_MAX_BYTES } from '../../core/wire/limits.ts';
import type { ClientMessage } from '../../core/wire/messages.ts';
import { HEADER_BYTES } from '../../core/wire/packet.ts';
import { Caller, packetOf } from './caller.ts';
import { askAsOperator, create } from './service.ts';

const MANUAL = { turnTaking: 'manual', scorer: 'energy' } as const;
const FRAME = new Int16Array(320);

async function stateOf(conversation: string): Promise<ConversationState> {
  return (await askAsOperator('GET', `/v1/conversations/${conversation}`)).json();
}

function textOfBytes(bytes: number): string {
  const head = '{"type":"unheard-of","x":"';
  return `${head}${'x'.repeat(bytes - head.length - 2)}"}`;
}

function changed(packet: Uint8Array, at: number, value: number): Uint8Array {
  packet[at] = value;
  return packet;
}

const HOSTILE: readonly (readonly [string, number, string | Uint8Array])[] = [
  ['text of more than 65,536 bytes', 4413, textOfBytes(MESSAGE_MAX_BYTES + 1)],
  ['text of as many characters but more bytes', 4413, `"${'é'.repeat(MESSAGE_MAX_BYTES / 2)}"`],
  ['a packet of more than 65,536 bytes', 4413, new Uint8Array(MESSAGE_MAX_BYTES + 1)],
  ['text that is no JSON', 4400, '{"type":'],
  ['JSON that is no message', 4400, '[1,2,3]'],
  ['a message that lacks a field', 4400, '{"type":"report"}'],
  ['a packet that ends in its header', 4400, packetOf(0, FRAME).slice(0, HEADER_BYTES - 1)],
  ['a packet of no frame', 4400, packetOf(0, FRAME).slice(0, HEADER_BYTES)],
  ['a packet of half a frame', 4400, packetOf(0, FRAME.subarray(0, 160))],
  ['a packet with flags of a later version', 4400, changed(packetOf(0, FRAME), 1, 0x80)],
];

describe('a message that breaks the protocol', () => {
  it.each(HOSTILE)('[D2] closes its socket and no other: %s', async (_name, code, message) => {
    const bystander = await Caller.greeted(await create(MANUAL));
    const created = await create(MANUAL);
    const hostile = await Caller.greeted(created);
    hostile.sendRaw(message);
    expect((await hostile.closed).code).toBe(code);
    expect(hostile.all('error')).toHaveLength(1);
    bystander.sendFrames(0, 1);
    await bystander.next('echo', ({ sequence }) => sequence === 0);
    expect((await stateOf(created.conversation)).statistics.violations).toBe(1);
    const returned = await Caller.greeted(created);
    expect(returned.all('welcome')[0]?.connection).toBe(2);
  });

  it('[D2] is not text or a packet of exactly 65,536 bytes', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    caller.sendRaw(textOfBytes(MESSAGE_MAX_BYTES));
    caller.sendRaw(changed(new Uint8Array(MESSAGE_MAX_BYTES), 0, 9));
    caller.sendFrames(0, 1);
    await caller.next('echo');
    const { statistics } = await stateOf(created.conversation);
    expect(statistics.violations).toBe(0);
    expect(statistics.unknownMessages).toBe(2);
  });

  it('[D3] is not one of an unknown type or kind: those are counted', async () => {
    const created = await create(MANUAL);
    const caller = await Caller.greeted(created);
    caller.sendRaw('{"type":"from-the-future"}');
    caller.sendRaw(changed(packetOf(0, FRAME), 0, 2));
    caller.sendFrames(0, 1);
    await caller.next('echo');
    const { statistics } = await stateOf(created.conversation);
    expect(statistics.unknownMessages).toBe(2);
    expect(statistics.violations).toBe(0);
  });

  it('[D3] is anything before hello', async () => {
    for (const message of ['{"type":"interrupt"}', packetOf(0, FRAME)]) {
      const caller = await Caller.connect(await create(MANUAL));
      caller.sendRaw(message);
      expect((await caller.closed).code).toBe(4400);
    }
  });

  it('[D3] closes with 4415 when it asks for a format that is not spoken', async () => {
    const formats = [
      { codec: 'opus', rateHz: 48_000, frameMs: 20 },
      { codec: 'pcm16', rateHz: 24_000, frameMs: 20 },
      { codec: 'mulaw', rateHz: 16_000, frameMs: 20 },
    ] as const;
    for (const uplink of formats) {
      const caller = await Caller.connect(await create(MANUAL));
      caller.hello({ uplink });
      const { code } = await caller.closed;
      expect(code).toBe(4415);
      expect(caller.all('error')[0]?.sentence).toContain(uplink.codec);
    }
  });

  it('[D3] closes with 4400 when it asks for another version', async () => {
    const caller = await Caller.connect(await create(MANUAL));
    caller.send({ type: 'hello', version: 2 } as unknown as ClientMessage);
    expect((await caller.closed).code).toBe(4400);
  });

  it('[D4] closes with 4408 what says nothing', async () => {
    const caller = await Caller.connect(
      await create({ ...MANUAL, settings: { helloTimeoutMs: 100 } }),
    );
    const { code, reason } = await caller.closed;
    expect(code).toBe(4408);
    expect(reason).toContain('hello');
  });
});

// Measures what conversations take of memory: node --expose-gc … memory-program.ts

import { conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { loadKernel } from '../vad/kernel-files.ts';
import { ScriptedAgent } from './scripted-agent.ts';

const CONVERSATIONS = 100;

/** Long frames need the largest slots. */
const FORMAT = { codec: 'pcm16', rateHz: 16_000, frameMs: 60 };
const FRAME_SAMPLES = 960;
const HELLO = JSON.stringify({
  type: 'hello',
  version: 1,
  stream: 3,
  uplink: FORMAT,
  downlink: FORMAT,
});

const kernel = loadKernel('vad-f32-plain.wasm');
const ledger = new WorkLedger();
const link = { resumeToken: null, sendAudio() {}, sendControl() {}, close() {} };
const packet = new Uint8Array(12 + 2 * FRAME_SAMPLES).fill(7);
const story = new Int16Array(16_000).fill(100);
const kept: Conversation[] = [];

/** A conversation in full swing: the caller has spoken, and the agent speaks. */
function begin(): void {
  const conversation = new Conversation(
    {
      id: 'memory',
      config: conversationConfig(),
      turnTaking: 'automatic',
      agent: new ScriptedAgent({ greeting: story }),
      createScorer: (listener) => new KernelScorer(kernel, listener),
      ledger,
      spill: { write() {}, read: () => false, dropBelow() {} },
      isRecorded: true,
      checkpoint: { checkpoint() {}, append() {} },
    },
    0,
  );
  conversation.connect(1, link, 0);
  conversation.receiveText(1, HELLO, 0);
  const view = new DataView(packet.buffer);
  packet.fill(0, 0, 12);
  packet[0] = 1;
  for (let frame = 0; frame < 20; frame++) {
    view.setUint32(4, frame, true);
    view.setUint32(8, frame * FRAME_SAMPLES, true);
    conversation.receiveAudio(1, packet, frame * 60);
  }
  kept.push(conversation);
}

function used(): { readonly arrayBuffers: number; readonly heap: number } {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return { arrayBuffers, heap: heapUsed };
}

begin();
const before = used();
for (let index = 0; index < CONVERSATIONS; index++) begin();
const after = used();
process.stdout.write(
  JSON.stringify({
    conversations: kept.length - 1,
    bytesInArrays: (after.arrayBuffers - before.arrayBuffers) / CONVERSATIONS,
    bytesInObjects: (after.heap - before.heap) / CONVERSATIONS,
  }),
);

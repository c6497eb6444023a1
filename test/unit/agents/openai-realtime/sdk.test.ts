// The vendor's own SDK as a judge: its types take every event that is sent, its client hears every event that is understood.

import { connect } from 'node:net';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeClientEvent, RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import { expect, it } from 'vitest';
import type { ClientEvent } from '../../../../durable-objects/agents/openai-realtime/client-event.ts';
import type { ServerEvent } from '../../../../durable-objects/agents/openai-realtime/server-event.ts';
import { FAKE_KEY, FakeOpenAiService } from '../../../fakes/openai-realtime/openai-connection.ts';
import { OpenAiStage } from '../../../fakes/openai-realtime/stage.ts';
import { serveFake } from '../../../fakes/ws-server.ts';
import { voiceScript } from '../../../support/voice-script.ts';

/** Compiles only while the SDK knows every event that can be sent, with all its fields. */
const accepted = (event: ClientEvent): RealtimeClientEvent => event;
/** Compiles only while the SDK knows every event that is acted on. */
const known = (type: ServerEvent['type']): RealtimeServerEvent['type'] => type;

it('[OR25] has its events accepted by the types of the SDK, and its wire by the strict schema of the fake', () => {
  const sent: RealtimeClientEvent[] = [];
  const outgoing = (event: Record<string, unknown>) => {
    sent.push(accepted(event as unknown as ClientEvent));
    return event;
  };
  const tools = [{ name: 'clock', description: 'Tells the time.' }];
  const stage = new OpenAiStage({ agent: { tools, greeting: 'Hello.' }, sabotage: { outgoing } });
  stage.world.runTo(6000);
  stage.speak(voiceScript([[0, 800]]));
  stage.world.runTo(8500);
  stage.speak(voiceScript([[0, 800]], 2));
  stage.world.runTo(9000);
  stage.cutLine();
  stage.world.runTo(15_000);
  expect(stage.service.violations).toEqual([]);
  expect(new Set(sent.map(({ type }) => type))).toEqual(
    new Set([
      'session.update',
      'input_audio_buffer.append',
      'input_audio_buffer.commit',
      'conversation.item.create',
      'conversation.item.truncate',
      'response.create',
    ]),
  );
  expect(known('response.done')).toBe('response.done');
});

it('[OR25] speaks through the SDK: its client holds a conversation with the fake', async () => {
  const service = new FakeOpenAiService(() => ({ speed: 50, firstAudioMs: 5, transcriptionMs: 5 }));
  const server = await serveFake(service.serve);
  const events: RealtimeServerEvent[] = [];
  try {
    const client = new OpenAI({ apiKey: FAKE_KEY, baseURL: `${server.url}/v1` });
    // The SDK dials TLS and nothing else; the fake has no certificate, so it gets the bare socket.
    const { port } = new URL(server.url);
    const options = { createConnection: () => connect(Number(port), '127.0.0.1') };
    const socket = new OpenAIRealtimeWS({ model: 'gpt-realtime-2.1', options }, client);
    const over = new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('event', (event) => {
        events.push(event);
        if (event.type === 'session.created') talk(socket);
        if (event.type === 'response.done') resolve();
      });
    });
    await over;
    socket.close();
  } finally {
    await server.close();
  }
  expect(service.violations).toEqual([]);
  const types = events.map(({ type }) => type);
  expect(types).toContain('input_audio_buffer.committed');
  expect(types).toContain('conversation.item.added');
  expect(types.filter((type) => type === 'response.output_audio.delta')).toHaveLength(24);
  expect(types.indexOf('response.output_audio.done')).toBeGreaterThan(
    types.lastIndexOf('response.output_audio.delta'),
  );
  expect(types.at(-1)).toBe('response.done');
});

function talk(socket: OpenAIRealtimeWS): void {
  const audio = Buffer.alloc(9600).toString('base64');
  socket.send({
    type: 'session.update',
    session: { type: 'realtime', audio: { input: { turn_detection: null } } },
  });
  socket.send({ type: 'input_audio_buffer.append', audio });
  socket.send({ type: 'input_audio_buffer.commit' });
  socket.send({ type: 'response.create' });
}

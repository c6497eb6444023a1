// Google's own SDK on the other side: its types for what we send, its client for what the fake says.

import {
  type FunctionResponse,
  GoogleGenAI,
  type LiveClientMessage,
  type LiveServerMessage,
  Modality,
} from '@google/genai';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ACTIVITY_END,
  ACTIVITY_START,
  AUDIO_STREAM_END,
  audioMessage,
  contentMessage,
  setupMessage,
  textMessage,
  toolResponseMessage,
} from '../../../../durable-objects/agents/gemini-live/client-messages.ts';
import { GEMINI_LIVE_OPTIONS } from '../../../../durable-objects/agents/gemini-live/options.ts';
import { readServerEvents } from '../../../../durable-objects/agents/gemini-live/server-events.ts';
import { type ServedGeminiLive, serveGeminiLive } from '../../../fakes/gemini-live/server.ts';

/** The SDK's type with the values of its enums as the strings that they are on the wire. */
type OnTheWire<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? readonly OnTheWire<Item>[]
    : T extends object
      ? { [Key in keyof T]: OnTheWire<T[Key]> | undefined }
      : T;

/** Compiles only for what the SDK's types allow, and returns it as it is. */
const accepted = (message: OnTheWire<LiveClientMessage>): object => message;

let vendor: ServedGeminiLive;
beforeAll(async () => {
  vendor = await serveGeminiLive({
    answerMs: 400,
    thinkMs: 10,
    setupMs: 5,
    consumeMs: 5,
    speed: 20,
  });
});
afterAll(() => vendor?.close());

describe('Gemini Live beside the SDK of its vendor', () => {
  it('[GL25] what is sent has the types of the SDK', () => {
    const options = v.parse(GEMINI_LIVE_OPTIONS, {});
    const { setup } = setupMessage(options, { handle: 'h', hasHistory: true });
    const messages = [
      accepted(ACTIVITY_START),
      accepted(ACTIVITY_END),
      accepted(AUDIO_STREAM_END),
      accepted(audioMessage(new Int16Array(320))),
      accepted(textMessage('hello')),
      accepted(contentMessage([{ role: 'user', text: 'hello' }], true)),
      accepted({ setup }),
    ];
    const { functionResponses } = toolResponseMessage('id', 'name', { output: 1 }).toolResponse;
    const responses: Pick<FunctionResponse, 'id' | 'name' | 'response'>[] = functionResponses;
    expect(responses).toHaveLength(1);
    for (const message of messages) expect(Object.keys(message)).toHaveLength(1);
    expect(setup.sessionResumption).toEqual({ handle: 'h' });
  });

  it('[GL25] the SDK itself sends the setup that we send, and understands the fake', async () => {
    const heard: LiveServerMessage[] = [];
    let complete: () => void = () => {};
    const completed = new Promise<void>((resolve) => {
      complete = resolve;
    });
    const sdk = new GoogleGenAI({
      apiKey: vendor.fake.options.apiKey,
      httpOptions: { baseUrl: vendor.origin.replace('ws', 'http'), apiVersion: 'v1beta' },
    });
    const session = await sdk.live.connect({
      model: 'gemini-3.8-live',
      config: {
        responseModalities: [Modality.AUDIO],
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
        realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
        sessionResumption: {},
        contextWindowCompression: { slidingWindow: {} },
        inputAudioTranscription: {},
        outputAudioTranscription: {},
      },
      callbacks: {
        onmessage: (message) => {
          heard.push(message);
          if (message.serverContent?.turnComplete === true) complete();
        },
      },
    });
    const ours = setupMessage(
      v.parse(GEMINI_LIVE_OPTIONS, { instructions: 'Be brief.', voice: 'Kore' }),
      { handle: null, hasHistory: false },
    );
    expect(vendor.fake.connection.setup).toEqual(ours.setup);
    const { audio } = audioMessage(new Int16Array(320)).realtimeInput;
    session.sendRealtimeInput({ activityStart: {} });
    session.sendRealtimeInput({ audio });
    session.sendRealtimeInput({ activityEnd: {} });
    await completed;
    session.close();
    expect(vendor.fake.violations).toEqual([]);
    expect(vendor.fake.session.story).toEqual([
      'activity-start',
      'audio',
      'activity-end',
      'answer',
    ]);
    // What the SDK calls a message, we read without exception.
    const events = heard.flatMap((message) => readServerEvents(JSON.stringify(message)));
    expect(events.map(({ kind }) => kind)).not.toContain('unreadable');
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'audio',
        'generation-complete',
        'turn-complete',
        'usage',
        'resumable',
      ]),
    );
  });
});

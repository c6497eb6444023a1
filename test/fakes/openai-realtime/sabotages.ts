// Agents with a fault, made by changing what passes between a sound one and the vendor.

import { decodeBase64 } from '../../../durable-objects/agents/vendor/base64.ts';
import { SpokenItem } from '../../../durable-objects/agents/vendor/spoken-item.ts';
import { voiceScript } from '../../support/voice-script.ts';
import type { SabotageCase } from '../sabotage-case.ts';
import type { FakeOptions } from './fake-options.ts';
import { OpenAiStage, type Sabotage } from './stage.ts';
import { faultsOf } from './verdict.ts';

type Event = Record<string, unknown>;
type Vendor = (session: number) => FakeOptions;

/** A call with an interruption, or with a session that dies in mid-utterance. */
function call(sabotage: Sabotage | undefined, vendor: Vendor): string[] {
  const stage = new OpenAiStage({ sabotage, vendor });
  stage.world.runTo(500);
  stage.speak(voiceScript([[0, 800]], 1));
  stage.world.runTo(2500);
  stage.speak(voiceScript([[0, 800]], 2));
  stage.world.runTo(10_000);
  return faultsOf(stage);
}

const slow: Vendor = () => ({ speed: 1.5, lateDeltas: 3 });
const dying: Vendor = (session) => (session === 0 ? { diesAfterAudioMs: 4000, speed: 2 } : {});

/** Says what belongs to a response that was cancelled. */
function leakLateAudio(): Sabotage {
  const cancelled = new Set<unknown>();
  let leak: SpokenItem | null = null;
  return {
    outgoing: (event) => {
      if (event['type'] === 'response.cancel') cancelled.add(event['response_id']);
      return event;
    },
    incoming: (event, stage) => {
      if (event['type'] !== 'response.output_audio.delta') return;
      if (!cancelled.has(event['response_id'])) return;
      leak ??= new SpokenItem(stage, { rateHz: 24_000, interruptible: true });
      leak.give(decodeBase64(String(event['delta'])) ?? new Uint8Array(0));
    },
  };
}

const SABOTAGES: Readonly<Record<string, readonly [() => Sabotage, Vendor, RegExp]>> = {
  'truncates to what was given': [
    () => {
      let givenMs = 0;
      return {
        incoming: (event: Event) => {
          if (event['type'] !== 'response.output_audio.delta') return;
          givenMs += Buffer.from(String(event['delta']), 'base64').length / 48;
        },
        outgoing: (event: Event) =>
          event['type'] === 'conversation.item.truncate'
            ? { ...event, audio_end_ms: givenMs }
            : event,
      };
    },
    slow,
    /truncated .* beside what was heard/,
  ],
  'truncates beyond the audio': [
    () => ({
      outgoing: (event: Event) =>
        event['type'] === 'conversation.item.truncate' ? { ...event, audio_end_ms: 60_000 } : event,
    }),
    slow,
    /already shorter/,
  ],
  'never truncates': [
    () => ({
      outgoing: (event: Event) => (event['type'] === 'conversation.item.truncate' ? null : event),
    }),
    slow,
    /truncated 0 times/,
  ],
  'plays what comes after a cancellation': [leakLateAudio, slow, /stale/],
  'tells a new session nothing': [
    () => ({
      outgoing: (event: Event, session: number) =>
        session > 0 && event['type'] === 'conversation.item.create' ? null : event,
    }),
    dying,
    /does not know what the/,
  ],
  'asks a new session again from the start': [
    () => ({
      outgoing: (event: Event, session: number) => {
        const item = event['item'] as { role?: string } | undefined;
        return session > 0 && item?.role === 'assistant' ? null : event;
      },
    }),
    dying,
    /is heard again|does not know/,
  ],
  'commits without audio': [
    () => ({
      outgoing: (event: Event) => (event['type'] === 'input_audio_buffer.append' ? null : event),
    }),
    slow,
    /too small/,
  ],
  'speaks the old dialect': [
    () => ({
      outgoing: (event: Event) =>
        event['type'] === 'session.update'
          ? { ...event, session: { modalities: ['audio'], input_audio_format: 'pcm16' } }
          : event,
    }),
    slow,
    /session\.update/,
  ],
};

export const OPENAI_SABOTAGES: readonly SabotageCase[] = Object.entries(SABOTAGES).map(
  ([name, [sabotage, vendor, expected]]) => ({
    name,
    expected,
    faults: (isSabotaged) => call(isSabotaged ? sabotage() : undefined, vendor),
  }),
);

// Builds the caller's half of a conversation: four turns in a noisy room, with the truth about when each was spoken.

import { roomNoise } from './room-noise.ts';
import type { Phrase, Span, Voice } from './speech.ts';
import {
  edgeRule,
  fliteVersion,
  place,
  sampleRateHz,
  silence,
  soundingMs,
  speak,
} from './speech.ts';

const seed = 1905;
const caller: Voice = { name: 'slt', stretch: 1.05 };

/** Noise alone before the first turn: time for a scorer to settle. */
const leadInMs = 1000;
/** Noise alone after the last turn: longer than any sensible hangover. */
const trailMs = 2000;
/** An agent that says a turn back needs the turn's own length, plus this for finding its end and for the network. */
const answerAllowanceMs = 2100;
/** Between the phrases of one turn: clearly a pause, and clearly too short to end the turn. */
const breathMs = 250;
/** RMS of the speech over RMS of the noise. */
const noiseBelowSpeechDb = 24;

/** The turns by phrase: as written, and where flite would stumble over the name, as sounded out. */
const script: readonly {
  readonly phrases: readonly string[];
  readonly sounded?: readonly string[];
}[] = [
  {
    phrases: ['Good morning, Isochron. I am calling from a noisy room: can you hear me?'],
    sounded: ['Good morning eye-so-kron. I am calling from a noisy room, can you hear me?'],
  },
  { phrases: ['They say you play every answer on time, not one frame too early or too late.'] },
  { phrases: ['Now and then I stop to think,', 'and you still wait until my turn is over.'] },
  { phrases: ['Lovely! Please repeat this sentence, and I shall hang up happily.'] },
];

/** What is known about the recording, written next to it as JSON. */
interface Truth {
  readonly about: string;
  readonly sampleRateHz: number;
  readonly durationMs: number;
  readonly synthesizer: { readonly name: string; readonly voice: string };
  readonly edges: typeof edgeRule;
  readonly noise: {
    readonly seed: number;
    readonly belowSpeechDb: number;
    readonly levelDbfs: number;
  };
  readonly turns: readonly (Span & { readonly text: string; readonly pauses: readonly Span[] })[];
}

/** The recording at full precision, before its level is set, and the truth about it except the noise's final level. */
export interface Conversation {
  readonly track: Float64Array;
  /** The truth once the whole track is multiplied by `gain`. */
  truthAt(gain: number): Truth;
}

interface SpokenTurn {
  readonly text: string;
  readonly phrases: readonly Phrase[];
  readonly spans: readonly Span[];
}

/** Speaks and mixes the whole conversation. Throws where flite cannot speak. */
export function buildConversation(): Conversation {
  const turns: SpokenTurn[] = [];
  let startMs = leadInMs;
  for (const { phrases, sounded = phrases } of script) {
    const turn = speakTurn(phrases.join(' '), sounded, startMs);
    turns.push(turn);
    startMs = endOf(turn) + (endOf(turn) - startMs) + answerAllowanceMs;
  }
  const durationMs = endOf(turns.at(-1)!) + trailMs;
  const noiseRms = 10 ** (-noiseBelowSpeechDb / 20);
  const speech = silence(durationMs);
  for (const { phrases, spans } of turns) {
    phrases.forEach((phrase, index) => {
      place(speech, phrase, spans[index]!.startMs);
    });
  }
  const noise = roomNoise(seed, sampleRateHz, speech.length, noiseRms);
  return {
    track: speech.map((sample, index) => sample + noise[index]!),
    truthAt: (gain) => ({
      about:
        'The known truth about conversation.wav: when each turn sounds, measured before the noise was added.',
      sampleRateHz,
      durationMs,
      synthesizer: { name: fliteVersion(), voice: caller.name },
      edges: edgeRule,
      noise: { seed, belowSpeechDb: noiseBelowSpeechDb, levelDbfs: roundedDb(noiseRms * gain) },
      turns: turns.map((turn) => ({
        text: turn.text,
        startMs: turn.spans[0]!.startMs,
        endMs: endOf(turn),
        pauses: turn.spans
          .slice(1)
          .map((span, index) => ({ startMs: turn.spans[index]!.endMs, endMs: span.startMs })),
      })),
    }),
  };
}

function speakTurn(text: string, sounded: readonly string[], turnStartMs: number): SpokenTurn {
  const phrases = sounded.map((phrase) => speak(caller, phrase));
  let startMs = turnStartMs;
  const spans = phrases.map((phrase) => {
    const span = { startMs, endMs: startMs + soundingMs(phrase) };
    startMs = span.endMs + breathMs;
    return span;
  });
  return { text, phrases, spans };
}

function endOf(turn: SpokenTurn): number {
  return turn.spans.at(-1)!.endMs;
}

function roundedDb(amplitude: number): number {
  return Number((20 * Math.log10(amplitude)).toFixed(1));
}

// Judges a staged call by what the caller heard and what the vendor was told, knowing nothing of how the agent works.

import { Resampler } from '../../../core/media/resampler.ts';
import { correlationAt } from '../../support/likeness.ts';
import type { FakeItem } from './fake-item.ts';
import type { OpenAiStage, StagedUtterance } from './stage.ts';
import { FAKE_RATE_HZ, WORD_SAMPLES, wordSound } from './watermark.ts';

const HEARD_RATE_HZ = 16_000;
/** A word as it is heard. */
const SLOT_SAMPLES = (WORD_SAMPLES * HEARD_RATE_HZ) / FAKE_RATE_HZ;
/** Two sounds that are alike so much are the same; two others are below 0.2. */
const ALIKE = 0.9;
/** One frame. */
const HEARD_TOLERANCE_MS = 20;

const heardSounds = new Map<number, Int16Array>();

/** The words that can be heard in samples at 16 kHz that begin with one; a word counts when half of it is there. */
export function wordsHeard(samples: Int16Array, candidates: readonly number[]): number[] {
  const words: number[] = [];
  for (let from = 0; from + SLOT_SAMPLES / 2 <= samples.length; from += SLOT_SAMPLES) {
    const word = wordAt(samples.subarray(from, from + SLOT_SAMPLES), candidates);
    if (word !== null) words.push(word);
  }
  return words;
}

/** What is wrong with a call, in sentences. */
export function faultsOf(stage: OpenAiStage): string[] {
  const { service, utterances } = stage;
  const items = service.sessions.flatMap((session) => session.everSaid);
  const faults = service.violations.map((sentence) => `The vendor objects: ${sentence}`);
  const candidates = items.flatMap(({ words }) => words);
  const heard: number[] = [];
  const saidItems = new Set<FakeItem>();
  for (const utterance of utterances) {
    const samples = utterance.samples.subarray(0, utterance.length);
    const words = wordsHeard(samples, candidates);
    if (words.length === 0) continue;
    const item = items.find((each) => each.words[0] === words[0]);
    if (item === undefined || saidItems.has(item)) {
      faults.push(`Utterance ${utterance.number} begins in the middle of something stale.`);
      continue;
    }
    saidItems.add(item);
    heard.push(...wordsHeard(samples.subarray(0, utterance.heardSamples), candidates));
    const fault = truncationFault(stage, utterance, item);
    if (fault !== null) faults.push(fault);
  }
  for (const [index, word] of heard.entries()) {
    if (index > 0 && word <= heard[index - 1]!) faults.push(`Word ${word} is heard again.`);
  }
  return [...faults, ...memoryFaults(stage)];
}

function truncationFault(
  { cuts, service }: OpenAiStage,
  { number }: StagedUtterance,
  item: FakeItem,
): string | null {
  const cut = cuts.find(({ utterance }) => utterance === number);
  const session = service.sessions.find(({ everSaid }) => everSaid.includes(item))!;
  const truncations = session.truncations.filter((each) => each.item === item.id);
  if (cut === undefined) {
    return truncations.length === 0 ? null : `Item ${item.id} was truncated, though all was heard.`;
  }
  if (session.isOver && truncations.length === 0) return null;
  if (truncations.length !== 1) return `Item ${item.id} was truncated ${truncations.length} times.`;
  const errorMs = truncations[0]!.audioEndMs - cut.heardMs;
  if (Math.abs(errorMs) <= HEARD_TOLERANCE_MS) return null;
  return `Item ${item.id} was truncated ${errorMs} ms beside what was heard.`;
}

/** Every session that is asked something knows all that was heard before it began. */
function memoryFaults({ service, transcripts }: OpenAiStage): string[] {
  const faults: string[] = [];
  for (const [index, session] of service.sessions.entries()) {
    const [first] = session.asked;
    if (index === 0 || first === undefined) continue;
    const known = first.items.map(({ text }) => text ?? '');
    for (const { party, text, final, atMs } of transcripts) {
      if (!final || atMs >= session.startedMs || text === '') continue;
      if (known.some((each) => each.startsWith(text))) continue;
      // The caller's own voice says more than what was written down of it.
      if (party === 'caller' && first.items.some(isVoice)) continue;
      faults.push(`Session ${index} does not know what the ${party} said: ${text}`);
    }
  }
  return faults;
}

function isVoice({ role, text }: FakeItem): boolean {
  return role === 'user' && (text === null || text === '(audio)');
}

function wordAt(slot: Int16Array, candidates: readonly number[]): number | null {
  for (const word of candidates) {
    if (correlationAt(slot, heardSound(word), 0) > ALIKE) return word;
  }
  return null;
}

/** A word at 16 kHz. */
export function heardSound(word: number): Int16Array {
  const known = heardSounds.get(word);
  if (known !== undefined) return known;
  const resampler = new Resampler(FAKE_RATE_HZ, HEARD_RATE_HZ);
  const sound = new Int16Array(WORD_SAMPLES + resampler.delaySamples);
  sound.set(wordSound(word));
  const heard = new Int16Array(resampler.outputLimit(sound.length));
  resampler.convert(sound, 0, sound.length, heard, 0);
  heardSounds.set(word, heard);
  return heard;
}

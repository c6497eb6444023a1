// Watches a run from outside and says which laws it broke. It shares no code with the service.

import type { ConversationState } from '../../core/conversation/conversation-state.ts';
import { longestDelayMs } from '../network-line.ts';
import type { Scenario } from '../scenario.ts';
import { AgentLog } from './agent-log.ts';
import { checkAssent } from './assent-check.ts';
import { Ear } from './ear.ts';
import { checkEndings } from './ending-check.ts';
import { FloorWatch } from './floor-watch.ts';
import { GenerationMap } from './generation-map.ts';
import { PacketView } from './packet-view.ts';
import { isCalm, losesMemory } from './promises.ts';
import { RunHash } from './run-hash.ts';
import { TalkBook } from './talk-book.ts';
import { checkTurns } from './turn-check.ts';
import { Violations } from './violations.ts';

/** What the player says of itself. */
export interface PlayerClaims {
  readonly bufferedMs: number;
  readonly concealedMs: number;
  readonly underruns: number;
  readonly overruns: number;
  readonly packetsDuplicated: number;
  readonly packetsCleared: number;
  readonly packetsInvalid: number;
}

/** What the client session says of itself. */
export interface SessionClaims {
  readonly violations: number;
  readonly packetsOverwritten: number;
}

/** A player that starts waits for 60 ms of content, and a little longer. */
const START_MS = 100;

/** A lead that grows with what was played grows so many times. */
const MOST_GROWTH = 2.5;

const FRAME_MS = 20;

const SAMPLES_PER_MS = 16;

export class Oracle {
  readonly violations = new Violations();
  readonly hash = new RunHash();
  readonly log: AgentLog;
  readonly talks: TalkBook;
  readonly #scenario: Scenario;
  readonly #now: () => number;
  readonly #packet = new PacketView();
  readonly #generations: GenerationMap;
  readonly #ear: Ear;
  readonly #floor: FloorWatch;
  readonly #mostBufferedMs: number;
  #isLeadExceeded = false;
  /** What the player has said to have concealed, and whether its last pull gave any sound. */
  #concealedMs = 0;
  #wasSounding = false;

  constructor(scenario: Scenario, microphone: Int16Array, now: () => number) {
    this.#scenario = scenario;
    this.#now = now;
    this.talks = new TalkBook(scenario, microphone);
    this.log = new AgentLog(this.violations, this.talks);
    const { violations, log } = this;
    this.#generations = new GenerationMap(violations, log.samplesOf, losesMemory(scenario));
    this.#ear = new Ear(this.violations, this.#generations, this.log.samplesOf, scenario.isElastic);
    this.#floor = new FloorWatch(this.violations, scenario);
    this.#mostBufferedMs = mostBufferedMs(scenario);
  }

  /** A text message reaches the client. */
  fromService(text: string): void {
    this.#tick();
    const type = typeOf(text);
    // What is on disk by when is the storage's business.
    if (type !== 'ack') this.hash.text(type);
    if (type !== 'clear' && type !== 'hold' && type !== 'release' && type !== 'welcome') return;
    const message = JSON.parse(text);
    if (type === 'clear') this.#ear.dropBelow(message.generation + 1);
    else if (type === 'hold') this.#ear.hold(message.generation);
    else if (type === 'release') this.#ear.release(message.generation, message.fromSample);
    else this.#ear.dropBelow(message.lowestLiveGeneration);
  }

  /** A packet reaches the client. */
  packet(bytes: Uint8Array): void {
    this.#tick();
    this.#packet.read(bytes);
    this.#generations.receive(this.#packet);
    this.hash.number(this.#packet.sequence);
  }

  /** A text message leaves the client. */
  fromClient(text: string): void {
    this.#tick();
    const type = typeOf(text);
    this.hash.text(type);
    if (type === 'report' || type === 'held' || type === 'cleared') {
      const { generation, playedSamples } = JSON.parse(text);
      this.hash.number(playedSamples);
      this.#ear.claimed(generation, playedSamples);
    } else if (type === 'hello') {
      const { resume } = JSON.parse(text);
      this.#generations.expect(resume?.nextSequence ?? null);
    }
  }

  /** The device has pulled its next samples, of which so many are said to be content. */
  device(samples: Int16Array, played: number, player: PlayerClaims): void {
    this.#tick();
    if (!this.#isWhole(samples, played, player.concealedMs))
      this.violations.add('L1', `A pull of ${samples.length} gave ${played}.`);
    const before = this.#ear.voicedSamples;
    this.#ear.hear(samples);
    const voiced = this.#ear.voicedSamples - before;
    this.hash.number(voiced);
    this.#floor.heard(voiced, this.violations.nowMs);
    if (player.bufferedMs <= this.#mostBufferedMs || this.#isLeadExceeded) return;
    this.#isLeadExceeded = true;
    this.violations.add(
      'L5',
      `${Math.round(player.bufferedMs)} ms are buffered, and at most ${Math.round(this.#mostBufferedMs)} may be.`,
    );
  }

  /** Content and what stands in for it, and nothing else but the end of a fade. */
  #isWhole(samples: Int16Array, played: number, concealedMs: number): boolean {
    const concealed = Math.round((concealedMs - this.#concealedMs) * SAMPLES_PER_MS);
    this.#concealedMs = concealedMs;
    if (played < 0 || concealed < 0 || played + concealed > samples.length) return false;
    if (!this.#scenario.isElastic) return isSilent(samples, played);
    const isFading = this.#wasSounding;
    this.#wasSounding = played + concealed > 0;
    return this.#wasSounding || isFading || isSilent(samples, 0);
  }

  newPlayer(): void {
    this.#ear.newPlayer();
    this.#concealedMs = 0;
  }

  violation(sentence: string): void {
    this.#tick();
    this.violations.add('L14', sentence);
  }

  gaveUp(code: number): void {
    this.#tick();
    this.violations.add('L14', `The client gave up after close code ${code}.`);
  }

  threw(error: unknown): void {
    this.#tick();
    this.violations.add('L14', error instanceof Error ? String(error.stack) : String(error));
  }

  /** Everything is over: what should have happened by now has happened. */
  finish(state: ConversationState | null, player: PlayerClaims, session: SessionClaims): void {
    this.#tick();
    this.log.hashInto(this.hash);
    checkTurns(this.violations, this.#scenario, this.log, this.talks);
    checkEndings(this.violations, this.#scenario, this.log, this.#ear);
    checkAssent(this.violations, this.#scenario, this.log);
    this.#checkBooks(state, player, session);
  }

  #tick(): void {
    this.violations.nowMs = this.#now();
  }

  #checkBooks(state: ConversationState | null, player: PlayerClaims, session: SessionClaims): void {
    const { violations } = this;
    if (state === null || state.agentSpeaking) {
      violations.add('L12', 'Two minutes after the end something is still going on.');
      return;
    }
    const { statistics } = state;
    // A connection that is given up before its hello runs into the time for it.
    const isSteady = this.#scenario.faults.every(({ kind }) => kind !== 'cut' && kind !== 'reload');
    if (statistics.violations > 0 && isSteady)
      violations.add('L14', 'The client has broken the protocol.');
    // A service that has lost its memory may have sent more than it knows of.
    if (statistics.claimsClamped > 0 && !losesMemory(this.#scenario))
      violations.add('L11', 'The client claimed more than was sent, says the service.');
    if (player.overruns + player.packetsInvalid > 0)
      violations.add('L5', `${player.overruns} packets found no room.`);
    if (player.bufferedMs > 0) violations.add('L4', `${player.bufferedMs} ms are never played.`);
    if (statistics.gapSamples > 0 && session.packetsOverwritten === 0)
      violations.add('L6', `${statistics.gapSamples} samples of the caller went missing.`);
    if (!isCalm(this.#scenario)) return;
    if (player.underruns > 0 || player.concealedMs > 0)
      violations.add('L6', `${player.concealedMs} ms were concealed in a calm network.`);
  }
}

function isSilent(samples: Int16Array, from: number): boolean {
  for (let index = from; index < samples.length; index++) if (samples[index] !== 0) return false;
  return true;
}

/** The type of a message, which comes first in all of them. */
function typeOf(text: string): string {
  return text.slice(9, text.indexOf('"', 9));
}

/** The most that may lie in the client's buffer. */
function mostBufferedMs(scenario: Scenario): number {
  const { config, down, deviceMs, timerLateMs } = scenario;
  const growth = config.leadGrowthPct === 0 ? 1 : MOST_GROWTH;
  const leadMs = growth * (config.leadMs ?? 600) + FRAME_MS + START_MS + longestDelayMs(down);
  // A player that was released goes back.
  const usualMs = leadMs + deviceMs + 6 * timerLateMs + (config.releaseBackUpMs ?? 600);
  // Where no report comes the playhead is extrapolated.
  return isCalm(scenario) ? usualMs : usualMs + (config.playheadHoldMs ?? 3000);
}

// Everything that a picture of a call shows, gathered from the observer's lines and from the call's own statistics.

import {
  COLUMN_SAMPLES,
  type Moment,
  type ObservedLine,
  PEAK_STEPS,
} from '../../../core/observation/observed-line.ts';
import type { TimelineLine } from '../../../core/recording/timeline-line.ts';
import type { CallStatistics } from '../../browser/call-statistics.ts';
import { AgentRuns } from './agent-runs.ts';
import { CallAxis, soundMs } from './call-axis.ts';
import { GlitchWatch } from './glitch-watch.ts';
import { PointSeries } from './point-series.ts';
import { COLUMN_MS, SoundColumns } from './sound-columns.ts';
import {
  type AnswerLatency,
  dropSpansBefore,
  endLast,
  type HoldSpan,
  type Span,
  type TurnSpan,
} from './spans.ts';

type Line<Type extends TimelineLine['type']> = Extract<TimelineLine, { type: Type }>;

/** Columns kept of a live call: eleven minutes. A file may need more. */
export const LIVE_COLUMNS = 2 ** 16;

/** Points a second in the plots at most, and minutes of them. */
const POINTS = 10 * 660;

/**
 * Lines may come from a live observer or out of a file; statistics come from the call of this page, if there is one, and
 * then tell of microphone and player at once and more finely. Times are ms on the axis of the caller's sound.
 */
export class PictureModel {
  readonly axis = new CallAxis();
  readonly caller: SoundColumns;
  readonly agent: SoundColumns;
  readonly speech: Span[] = [];
  readonly turns: TurnSpan[] = [];
  readonly holds: HoldSpan[] = [];
  readonly mutes: Span[] = [];
  readonly clears: number[] = [];
  readonly answers: AnswerLatency[] = [];
  readonly runs = new AgentRuns();
  readonly watch = new GlitchWatch();
  /** Score; then the thresholds to enter and to leave speech. */
  readonly scores = new PointSeries(3, POINTS * 4);
  /** Buffered by the player, the lead that the service aims for, and the lead as the service estimates it. */
  readonly buffer = new PointSeries(3, POINTS);
  /** Round trip, lag of the network, lag of the isolate. */
  readonly lag = new PointSeries(3, POINTS);
  /** Work in percent of what an isolate may spend, and the caller's sound that waits for a score, in ms. */
  readonly work = new PointSeries(2, POINTS);
  moment: Moment | null = null;
  statistics: CallStatistics | null = null;
  /** What the player reported last. */
  player: Line<'heard'>['player'];
  agentName = '';
  conversation = '';
  endMs: number | null = null;
  readonly #capacityMs: number;
  /** The agent's speech before it is heard, along the speech line. */
  readonly #said: SoundColumns;
  readonly #generations = new Map<number, Line<'generation'>>();

  constructor(columns: number = LIVE_COLUMNS) {
    this.#capacityMs = columns * 10;
    this.caller = new SoundColumns(columns);
    this.agent = new SoundColumns(columns);
    this.#said = new SoundColumns(columns);
  }

  /** The latest time of which anything is known. */
  get latestMs(): number {
    const soundEndMs = this.moment === null ? 0 : soundMs(this.moment.endSample);
    const ownMs = this.statistics === null ? 0 : this.#ownMs(this.statistics.atMs);
    const runEndMs = this.runs.runs.at(-1)?.endMs ?? 0;
    return Math.max(soundEndMs, ownMs, this.caller.endMs, runEndMs, this.endMs ?? 0);
  }

  /** The first time of which anything is known. */
  get earliestMs(): number {
    const firsts = [this.scores.times[0], this.turns[0]?.startMs, this.runs.runs[0]?.startMs];
    return Math.min(...firsts.map((ms) => ms ?? this.latestMs));
  }

  /** Takes lines that came together; what tells most about the axis is looked at first. */
  take(lines: readonly ObservedLine[]): void {
    for (const line of lines) this.#learn(line);
    for (const line of lines) this.#takeLine(line);
    this.#forget();
  }

  /** Takes the statistics of this page's own call. */
  takeStatistics(statistics: CallStatistics): void {
    this.statistics = statistics;
    const { uplink, playback, network } = statistics;
    for (const { atMs, low, high } of uplink.columns) {
      const ms = this.#ownMs(atMs);
      this.caller.set(ms, ms + 10, low, high);
    }
    for (const { atMs, low, high, bufferedMs, state } of playback.columns) {
      const ms = this.#ownMs(atMs) + statistics.devices.outputLatencyMs;
      this.agent.set(ms, ms + 10, low, high);
      if (state === 'starved') this.watch.starved(ms, 10);
      this.buffer.add(ms, [bufferedMs, playback.targetLeadMs, null]);
    }
    const { roundTripMs, lagMs, lagCause } = network;
    const atMs = this.#ownMs(statistics.atMs);
    const lags = [lagCause === 'network' ? lagMs : 0, lagCause === 'isolate' ? lagMs : 0];
    this.lag.add(atMs, [roundTripMs, ...lags]);
    this.watch.statistics(statistics, atMs);
  }

  /** Times of this page's call count from its first captured sample. */
  #ownMs(atMs: number): number {
    return atMs + this.axis.streamStartMs;
  }

  #learn(line: ObservedLine): void {
    if (line.type === 'stream') this.axis.stream(line.atMs, line.rateHz, line.baseSample);
    else if (line.type === 'moment') this.axis.known(line.atMs, line.endSample);
    else if (line.type === 'speech') this.axis.known(line.atMs, line.sample);
    else if (line.type === 'turn' && line.state === 'ended')
      this.axis.known(line.atMs, line.endSample);
    else if (line.type === 'heard' && line.uplinkTimestamp !== null) {
      const ms = this.axis.atTimestamp(line.atMs, line.uplinkTimestamp);
      if (ms !== null) this.axis.known(line.atMs, ms * 16);
    }
  }

  #takeLine(line: ObservedLine): void {
    switch (line.type) {
      case 'start':
        this.agentName = line.agent;
        this.conversation = line.conversation;
        break;
      case 'moment':
        this.#takeMoment(line);
        break;
      case 'speech':
        this.#takeSpeech(line);
        break;
      case 'turn':
        this.#takeTurn(line);
        break;
      case 'generation':
        this.#generations.set(line.generation, line);
        break;
      case 'heard':
        this.#takeHeard(line);
        break;
      case 'interruption':
        this.#takeInterruption(line);
        break;
      case 'latency':
        this.#takeLatency(line);
        break;
      case 'mute':
        if (line.state === 'started')
          this.mutes.push({ startMs: soundMs(line.sample ?? 0), endMs: null });
        else endLast(this.mutes, this.axis.at(line.atMs));
        break;
      case 'end':
        this.endMs = soundMs(line.endSample);
        break;
      default:
        break;
    }
    this.watch.line(line, this.axis);
  }

  #takeMoment(moment: Moment): void {
    this.moment = moment;
    const { level, scores, thresholds, work, lead, client } = moment;
    const atMs = this.axis.at(moment.atMs);
    if (this.statistics === null) {
      setPeaks(this.caller, level);
      setPeaks(this.#said, moment.said);
      this.lag.add(atMs, [client.roundTripMs, 0, 0]);
      this.buffer.add(atMs, [client.bufferedMs, lead.targetMs, lead.ms]);
    } else this.buffer.add(atMs, [null, null, lead.ms]);
    for (const [index, sample] of scores.samples.entries()) {
      const score = (scores.percents[index] ?? 0) / 100;
      this.scores.add(soundMs(sample), [score, thresholds.enter, thresholds.leave]);
    }
    const percent = work.budgetUnits > 0 ? (100 * work.units) / work.budgetUnits : 0;
    this.work.add(atMs, [percent, moment.backlogMs]);
  }

  #takeSpeech({ state, sample }: Line<'speech'>): void {
    endLast(this.speech, soundMs(sample));
    if (state === 'started') this.speech.push({ startMs: soundMs(sample), endMs: null });
  }

  #takeTurn(line: Line<'turn'>): void {
    const { turn } = line;
    const index = this.turns.findIndex((each) => each.turn === turn);
    if (line.state === 'dropped') {
      if (index >= 0) this.turns.splice(index, 1);
      return;
    }
    const startMs = soundMs(line.startSample);
    const endMs = line.state === 'ended' ? soundMs(line.endSample) : null;
    if (index < 0) this.turns.push({ turn, startMs, endMs });
    else this.turns[index] = { turn, startMs, endMs };
  }

  #takeHeard(line: Line<'heard'>): void {
    const { playedSamples, uplinkTimestamp } = line;
    const ownMs =
      uplinkTimestamp === null ? null : this.axis.atTimestamp(line.atMs, uplinkTimestamp);
    const ms = ownMs ?? this.axis.at(line.atMs);
    const generation = this.#generations.get(line.generation);
    if (generation !== undefined) {
      const contentMs = soundMs(playedSamples * generation.ratio);
      const fresh = this.runs.heard(generation, contentMs, ms);
      if (this.statistics === null) this.#sound(generation, fresh, contentMs, ms);
    }
    if (line.player === undefined) return;
    this.player = line.player;
    // A timeline alone has no moments.
    if (this.moment === null && this.statistics === null)
      this.buffer.add(ms, [line.player.bufferedMs, null, null]);
  }

  /** What was heard is what had been said: `lengthMs` of it, up to `contentMs` of the generation, until `atMs`. */
  #sound(
    { speechStart }: Line<'generation'>,
    lengthMs: number,
    contentMs: number,
    atMs: number,
  ): void {
    const shiftMs = atMs - contentMs - soundMs(speechStart);
    const saidEndMs = soundMs(speechStart) + contentMs;
    const first = Math.floor((saidEndMs - lengthMs) / COLUMN_MS);
    for (let column = first; column * COLUMN_MS < saidEndMs; column++) {
      const ms = column * COLUMN_MS + shiftMs;
      this.agent.set(ms, ms + COLUMN_MS, this.#said.lowAt(column), this.#said.highAt(column));
    }
  }

  #takeInterruption({ stage, atMs }: Line<'interruption'>): void {
    const ms = this.axis.at(atMs);
    const open = this.holds.at(-1);
    if (stage === 'held') {
      if (open === undefined || open.endMs !== null)
        this.holds.push({ startMs: ms, endMs: null, ending: null });
      return;
    }
    if (open !== undefined && open.endMs === null) {
      open.endMs = ms;
      open.ending = stage;
    }
    if (stage === 'cleared') this.clears.push(ms);
  }

  #takeLatency(line: Line<'latency'>): void {
    const { turn, totalMs, detectMs, agentMs, sendMs, playMs } = line;
    this.answers.push({
      turn,
      atMs: this.axis.at(line.atMs),
      totalMs,
      stages: [
        { name: 'detect', ms: detectMs },
        { name: 'agent', ms: agentMs },
        { name: 'send', ms: sendMs },
        { name: 'play', ms: playMs },
      ],
    });
  }

  #forget(): void {
    const oldestMs = this.latestMs - this.#capacityMs;
    if (oldestMs <= 0) return;
    for (const spans of [this.speech, this.turns, this.holds, this.mutes])
      dropSpansBefore(spans, oldestMs);
    while ((this.clears[0] ?? oldestMs) < oldestMs) this.clears.shift();
    while (this.answers.length > 0 && this.answers[0]!.atMs < oldestMs) this.answers.shift();
    this.runs.dropBefore(oldestMs);
    this.watch.glitches.dropBefore(oldestMs);
  }
}

function setPeaks(columns: SoundColumns, { fromSample, peaks }: Moment['level']): void {
  for (const [index, peak] of peaks.entries()) {
    const fromMs = soundMs(fromSample + index * COLUMN_SAMPLES);
    const size = peak / PEAK_STEPS;
    columns.set(fromMs, fromMs + soundMs(COLUMN_SAMPLES), -size, size);
  }
}

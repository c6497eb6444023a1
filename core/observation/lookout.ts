// Where an observer looks from: puts together how a conversation stands, and how it began.

import type { Chronicle } from '../conversation/chronicle.ts';
import type { ClientSide } from '../conversation/client-side.ts';
import type { ConversationConfig } from '../conversation/config.ts';
import type { LagPort } from '../conversation/ports.ts';
import {
  collectLag,
  collectStatistics,
  type StatisticsRecord,
} from '../conversation/statistics.ts';
import type { TurnCounters } from '../conversation/turn-taker.ts';
import type { Uplink } from '../conversation/uplink.ts';
import type { Downlink } from '../playout/downlink.ts';
import { sentEndPosition } from '../playout/segments.ts';
import { ISOLATE_UNITS_PER_MS } from '../voice/work-ledger.ts';
import { LevelMeter } from './level-meter.ts';
import type { Moment } from './observed-line.ts';
import type { Lookout } from './watch.ts';

/** The parts of a conversation that can be looked at. */
export interface LookoutView {
  readonly chronicle: Chronicle;
  readonly client: ClientSide;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly statistics: StatisticsRecord;
  readonly turns: { readonly counters: TurnCounters };
  readonly lag: LagPort;
}

/** Costs nothing until it is asked. */
export class ConversationLookout implements Lookout {
  readonly #view: LookoutView;
  readonly #heard = new LevelMeter();
  readonly #said = new LevelMeter();
  #config: ConversationConfig;
  #units = 0;
  #lookedAtMs = Number.NaN;

  constructor(view: LookoutView, config: ConversationConfig) {
    this.#view = view;
    this.#config = config;
  }

  configure(config: ConversationConfig): void {
    this.#config = config;
  }

  introduction(): string[] {
    return this.#view.chronicle.introduction();
  }

  look(nowMs: number): Moment {
    const { chronicle, client, uplink, downlink, statistics, turns, lag } = this.#view;
    const atMs = chronicle.sinceBeginning(nowMs);
    collectStatistics(statistics, uplink, turns.counters, downlink.statistics);
    collectLag(statistics, lag.lagSummary);
    const { enterThreshold, leaveThreshold, leadMs } = this.#config;
    return {
      type: 'moment',
      atMs,
      endSample: uplink.heard.endPosition,
      level: this.#takeLevel(),
      said: this.#takeSaid(),
      scores: { samples: [], percents: [] },
      thresholds: { enter: enterThreshold, leave: leaveThreshold },
      connected: client.here,
      muted: uplink.muted,
      scorer: uplink.voice.scorers.name,
      scoringLevel: uplink.schedule.level,
      waitingWindows: uplink.voice.waitingWindows,
      backlogMs: Math.round(uplink.backlogMs),
      work: this.#takeWork(statistics.workUnits, nowMs),
      lead: { ms: Math.round(downlink.leadMs(atMs)), targetMs: leadMs },
      ...countsOf(statistics),
    };
  }

  #takeLevel(): Moment['level'] {
    const { heard } = this.#view.uplink;
    return this.#heard.take(heard.endPosition, (position, into) => {
      heard.copyTo(position, into, 0, into.length);
    });
  }

  #takeSaid(): Moment['said'] {
    const { downlink } = this.#view;
    const segment = downlink.newestSegment;
    const endPosition = segment === null ? 0 : sentEndPosition(segment);
    return this.#said.take(endPosition, (position, into) => {
      downlink.copySpeech(position, into, into.length);
    });
  }

  #takeWork(workUnits: number, nowMs: number): Moment['work'] {
    const units = workUnits - this.#units;
    const elapsedMs = nowMs - this.#lookedAtMs;
    this.#units = workUnits;
    this.#lookedAtMs = nowMs;
    // Nothing to compare with the first time.
    if (Number.isNaN(elapsedMs)) return { units: 0, budgetUnits: 0 };
    return { units, budgetUnits: elapsedMs * ISOLATE_UNITS_PER_MS };
  }
}

function countsOf(statistics: StatisticsRecord): Pick<Moment, 'client' | 'uplink' | 'isolate'> {
  const { packetsReceived, packetsDuplicated, overruns, gapEvents, gapSamples } = statistics;
  return {
    client: {
      underruns: statistics.clientUnderruns,
      concealedMs: Math.round(statistics.clientConcealedMs),
      stretchMs: Math.round(statistics.clientStretchMs),
      bufferedMs: Math.round(statistics.clientBufferedMs),
      lagMs: Math.round(statistics.clientLagMs),
      roundTripMs: statistics.clientRoundTripMs,
      networkLags: statistics.networkLags,
      isolateLags: statistics.isolateLags,
    },
    uplink: { packetsReceived, packetsDuplicated, overruns, gapEvents, gapSamples },
    isolate: {
      lagP99Ms: statistics.isolateLagP99Ms,
      lagMaxMs: statistics.isolateLagMaxMs,
      lagWarnings: statistics.lagWarnings,
    },
  };
}

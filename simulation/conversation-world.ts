// One whole conversation in virtual time: caller, network, service, agent, the faults, and an oracle that watches.

import type { ScorerFactory } from '../core/voice/scorer.ts';
import { Caller } from './caller.ts';
import { NetworkLine, type Stall } from './network-line.ts';
import { Oracle } from './oracle/oracle.ts';
import { randomOf } from './random.ts';
import type { Fault, Scenario } from './scenario.ts';
import { Service, type ServicePort } from './service.ts';
import { VirtualWorld } from './virtual-world.ts';

/** What a client waits for a connection that cannot be had. */
const ATTEMPT_MS = 100;

/** Everything must be over so long after the scenario's end. */
const MOST_SETTLING_MS = 120_000;

/** A line on which messages wait for so long has not caught up. */
const QUEUED_MS = 1500;

/** A quiet end: so long must nothing be left to do. */
const QUIET_MS = 3000;

/** A connection: two lines, until it is cut. */
interface Connection {
  number: number;
  readonly up: NetworkLine;
  readonly down: NetworkLine;
  isOpen: boolean;
  /** What is under way to the service arrives although the connection is cut. */
  isHalfOpen: boolean;
}

export class ConversationWorld {
  readonly oracle: Oracle;
  readonly #scenario: Scenario;
  readonly #time = new VirtualWorld();
  readonly #service: Service;
  readonly #caller: Caller;
  readonly #stalls: { readonly up: readonly Stall[]; readonly down: readonly Stall[] };
  #connection: Connection | null = null;
  #lines = 0;
  #unreachableUntilMs = 0;
  #attempt = 0;

  constructor(scenario: Scenario, microphone: Int16Array, createScorer: ScorerFactory) {
    this.#scenario = scenario;
    this.#stalls = { up: stallsOf(scenario.faults, 'up'), down: stallsOf(scenario.faults, 'down') };
    this.oracle = new Oracle(scenario, microphone, () => this.#time.nowMs);
    this.#service = new Service(scenario, this.#time, this.oracle.log, createScorer);
    const network = { reconnect: (afterMs: number) => this.#connectAfter(afterMs) };
    const options = { ...scenario, microphone };
    this.#caller = new Caller(this.#time, options, network, this.oracle);
    this.#connectAfter(0);
    for (const fault of scenario.faults) this.#time.at(fault.atMs, () => this.#happen(fault));
  }

  /** Runs the scenario and what follows from it to the end; returns the simulated time. */
  run(): number {
    try {
      this.#time.runTo(this.#scenario.durationMs);
      this.#settle();
      const { status, statistics } = this.#caller;
      this.oracle.finish(this.#service.state, status, statistics);
    } catch (error) {
      this.oracle.threw(error);
    }
    return this.#time.nowMs;
  }

  /** Lets everything come to its end. */
  #settle(): void {
    const endMs = this.#time.nowMs + MOST_SETTLING_MS;
    let quietMs = 0;
    while (quietMs < QUIET_MS && this.#time.nowMs < endMs) {
      this.#time.runTo(this.#time.nowMs + 500);
      const state = this.#service.state;
      const isOver = state?.connected === true && !state.agentSpeaking && state.openTurn === null;
      const isPlayed = this.#caller.status.bufferedMs === 0;
      const isSent = (this.#connection?.up.backlogMs ?? 0) < QUEUED_MS;
      quietMs = isOver && isPlayed && isSent ? quietMs + 500 : 0;
    }
  }

  #happen(fault: Fault): void {
    switch (fault.kind) {
      case 'stall':
        return;
      case 'cut':
        return this.#cut(fault);
      case 'evict':
        this.#service.evict(fault.keepsSocket);
        if (!fault.keepsSocket) this.#break(0);
        return;
      case 'replace':
        return this.#service.replace();
      case 'burn':
        return this.#service.burn(fault.forMs);
      case 'interrupt':
        return this.#caller.interrupt();
      case 'agent-interrupt':
        return this.#service.agentInterrupts();
      case 'mute':
        this.#caller.mute();
        this.#time.at(fault.atMs + fault.forMs, () => this.#caller.unmute());
        return;
      case 'reload':
        this.#caller.reload();
        if (this.#connection !== null) this.#connection.isOpen = false;
        return this.#connectAfter(0);
    }
  }

  #cut(fault: Extract<Fault, { kind: 'cut' }>): void {
    this.#unreachableUntilMs = this.#time.nowMs + fault.forMs;
    const connection = this.#connection;
    if (connection === null || !connection.isOpen) return;
    connection.isHalfOpen = fault.isHalfOpen;
    this.#time.at(this.#time.nowMs + fault.noticedMs, () =>
      this.#service.disconnected(connection.number),
    );
    this.#break(0);
  }

  /** The client's socket closes. */
  #break(code: number): void {
    const connection = this.#connection;
    if (connection === null || !connection.isOpen) return;
    connection.isOpen = false;
    this.#caller.lost(code === 0 ? ABNORMAL : code);
  }

  #connectAfter(afterMs: number): void {
    const attempt = ++this.#attempt;
    this.#time.at(this.#time.nowMs + afterMs, () => {
      if (attempt !== this.#attempt) return;
      if (this.#time.nowMs >= this.#unreachableUntilMs) this.#connect();
      else this.#time.at(this.#time.nowMs + ATTEMPT_MS, () => this.#caller.lost(ABNORMAL));
    });
  }

  #connect(): void {
    const connection = this.#newConnection();
    this.#connection = connection;
    connection.up.send(0, () => {
      if (!connection.isOpen) return;
      connection.number = this.#service.connect((number) => this.#port(number, connection));
      connection.down.send(0, () => {
        if (!connection.isOpen) return;
        this.#caller.opened((data) =>
          connection.up.send(data.length, () => {
            if (connection.isOpen || connection.isHalfOpen)
              this.#service.message(connection.number, data);
          }),
        );
      });
    });
  }

  #port(number: number, connection: Connection): ServicePort {
    return {
      number,
      send: (data) =>
        connection.down.send(data.length, () => {
          if (connection.isOpen) this.#caller.received(data);
        }),
      close: (code) =>
        connection.down.send(0, () => {
          if (connection === this.#connection) this.#break(code);
        }),
    };
  }

  #newConnection(): Connection {
    const { seed, up, down } = this.#scenario;
    const lines = ++this.#lines;
    return {
      number: 0,
      up: new NetworkLine(this.#time, up, this.#stalls.up, randomOf(seed + 2 * lines)),
      down: new NetworkLine(this.#time, down, this.#stalls.down, randomOf(seed + 2 * lines + 1)),
      isOpen: true,
      isHalfOpen: false,
    };
  }
}

/** A socket that was not closed but lost (RFC 6455 §7.4.1). */
const ABNORMAL = 1006;

function stallsOf(faults: readonly Fault[], direction: 'up' | 'down'): Stall[] {
  const stalls: Stall[] = [];
  for (const fault of faults) {
    if (fault.kind !== 'stall') continue;
    if (fault.direction === direction || fault.direction === 'both')
      stalls.push({ fromMs: fault.atMs, toMs: fault.atMs + fault.forMs });
  }
  return stalls.sort((a, b) => a.fromMs - b.fromMs);
}

// Faults that somebody could have made: each is put into the code by text, and each must break a law.

import type { Mutant } from './mutant.ts';
import { JITTER_MUTANTS } from './playout/jitter-mutants.ts';

function mutant(name: string, file: string, find: string, replace: string): Mutant {
  return { name, file, find, replace, world: 'conversation' };
}

const PLAYER = 'client/session/playback.ts';
const LINE = 'client/session/playback-line.ts';
const SENDER = 'client/session/packet-sender.ts';

const CLIENT_MUTANTS: readonly Mutant[] = [
  mutant(
    'what stands in for speech is counted twice',
    PLAYER,
    'this.#concealedSamples += length;',
    'this.#concealedSamples += 2 * length;',
  ),
  mutant(
    'the player clears one generation too few',
    PLAYER,
    'this.dropBelow(nextGeneration(generation));',
    'this.dropBelow(generation);',
  ),
  mutant(
    'the player ignores a hold',
    PLAYER,
    "if (this.#phase === 'playing') {",
    "if (this.#phase === 'held') {",
  ),
  mutant(
    'the player answers a hold and plays on',
    PLAYER,
    "this.#phase = 'held';\n    this.#answers",
    'this.#answers',
  ),
  mutant(
    'a release starts at the newest sample',
    PLAYER,
    'if (from >= Math.min(this.#reader.position, segment.end)) return;',
    'if (from >= segment.end) return; this.#reader.seek(segment.end - 320); return;',
  ),
  mutant(
    'the player plays the last frame twice',
    PLAYER,
    "if (this.#isAtEnd()) {\n        this.#phase = 'waiting';",
    "if (this.#isAtEnd() && this.#fadeOutSamples++ % 2 === 0) this.#reader.seek(this.#reader.position - 320);\n      else if (this.#isAtEnd()) {\n        this.#phase = 'waiting';",
  ),
  mutant(
    'the position of a player is a frame ahead',
    PLAYER,
    'Math.max(this.#reader.position, start)',
    'Math.max(this.#reader.position + 720, start)',
  ),
  mutant(
    'a new generation begins where the last one ended',
    LINE,
    'segment.origin = segment.start - timestamp * this.ratio;',
    'segment.origin = segment.start - 640;',
  ),
  mutant(
    'a cleared generation is still taken',
    LINE,
    'return generationDelta(generation, this.#lowestLive) >= 0;',
    'return generationDelta(generation, this.#lowestLive) >= -1;',
  ),
  mutant(
    'a resend begins one packet late',
    SENDER,
    '? this.#ring.next : from;',
    '? this.#ring.next : (from + 1) >>> 0;',
  ),
  mutant(
    'a resend leaves out the last frame of a bundle',
    SENDER,
    'for (let frame = 0; frame < frames; frame++) {',
    'for (let frame = 0; frame < frames - 1; frame++) {',
  ),
  mutant(
    'live frames overtake those that are owed',
    SENDER,
    'this.#cursor !== newest) return false;',
    'false) return false;',
  ),
  mutant(
    'an unmuted microphone goes on where it was muted',
    'client/session/uplink.ts',
    'this.#cutter.restartAt(Math.max(this.#cutter.position, this.#position(nowMs)));',
    'this.#cutter.restartAt(this.#cutter.position);',
  ),
];

const PLAYOUT_MUTANTS: readonly Mutant[] = [
  mutant(
    'of several runs that no report has confirmed only the last is unheard',
    'core/playout/playhead.ts',
    'if (this.#trusted) this.#unprovenPosition = position;',
    'this.#unprovenPosition = position;',
  ),
  mutant(
    'a hold confirms what was assumed to be heard',
    'core/playout/barge-in.ts',
    'sender.pacer.playhead.stop(playback.trackOf(at));',
    'sender.pacer.playhead.rest(playback.trackOf(at));',
  ),
  mutant(
    'every utterance has the same generation',
    'core/playout/sender.ts',
    'this.#nextGeneration = nextGeneration(generation);',
    'if (generation % 3 !== 0) this.#nextGeneration = nextGeneration(generation);',
  ),
  mutant(
    'a resume sends the last packet again',
    'core/playout/sender.ts',
    'if (!isWhole) setBack(segment, segment.anchorFrame + packets);',
    'if (!isWhole) setBack(segment, Math.max(0, segment.anchorFrame + packets - 1));',
  ),
  mutant(
    'what was heard is what was sent',
    'core/playout/segments.ts',
    'credit(playing.utterance, linePosition(playing, position.playedSamples));',
    'credit(playing.utterance, sentEndPosition(playing));',
  ),
  mutant(
    'what was heard of earlier utterances is forgotten',
    'core/playout/segments.ts',
    'credit(segment.utterance, sentEndPosition(segment));',
    '',
  ),
  mutant(
    'a report of an old generation counts for the newest',
    'core/playout/segments.ts',
    'return segments.find((segment) => segment.generation === generation) ?? null;',
    'return segments.find((segment) => segment.generation === generation) ?? segments.at(-1) ?? null;',
  ),
  mutant(
    'a resume leaves out a packet',
    'core/playout/sender.ts',
    'if (!isWhole) setBack(segment, segment.anchorFrame + packets);',
    'if (!isWhole) setBack(segment, segment.anchorFrame + packets + 1);',
  ),
  mutant(
    'a replay begins between two samples',
    'core/playout/playback.ts',
    'Math.floor(track - segment.trackStart)',
    '(track - segment.trackStart + 0.5)',
  ),
  mutant(
    'the lead is a ratchet',
    'core/playout/pacer.ts',
    'if (position >= this.#sentPosition) this.playhead.rest(this.#sentPosition);',
    'if (position >= this.#sentPosition) this.playhead.rest(this.#sentPosition += 0);\n    else if (true) return;',
  ),
  mutant(
    'the estimate is told although the answer came',
    'core/playout/barge-in.ts',
    "this.#tell(record, 'reported');\n        return;",
    "this.#tell(record, 'estimated');\n        return;",
  ),
];

const ENGINE_MUTANTS: readonly Mutant[] = [
  mutant(
    'a welcome forgets what was cleared last',
    'core/conversation/call.ts',
    'lowestLiveGeneration: this.#toldLowestLive,',
    'lowestLiveGeneration: Math.max(1, this.#toldLowestLive - 1),',
  ),
  mutant(
    'a word of assent takes the floor',
    'core/conversation/floor.ts',
    "return this.#decide(QUIET, 'refused');",
    'return this.take(nowMs);',
  ),
  mutant(
    'nobody is ever held',
    'core/conversation/floor.ts',
    'if (this.#downlink.hold(nowMs)) this.#contest();',
    '',
  ),
  mutant(
    'caller audio is given from the beginning of the turn again',
    'core/conversation/turn-relay.ts',
    'this.#givenTo = Math.max(this.#givenTo, start.startSample, this.#voice.keptPosition);',
    'this.#givenTo = Math.max(start.startSample - 640, this.#voice.keptPosition);',
  ),
  mutant(
    'the rest of a turn is not given',
    'core/conversation/turn-relay.ts',
    'if (length <= 0) return;',
    'if (length >= 0) return;',
  ),
  mutant(
    'a turn that was kept back is forgotten when it ends',
    'core/conversation/turn-relay.ts',
    'if (!withheld) this.grant(nowMs);',
    'if (!withheld && start.turn % 4 !== 0) this.grant(nowMs);',
  ),
  mutant(
    'messages of a replaced connection count',
    'core/conversation/client-side.ts',
    'return this.connection?.number === number ? this.connection : null;',
    'return number >= 0 ? this.connection : null;',
  ),
  mutant(
    'a gap is filled twice',
    'core/conversation/uplink.ts',
    'this.voice.silence(length - ringing);',
    'this.voice.silence(2 * (length - ringing));',
  ),
  mutant(
    'the uplink cursor is one ahead',
    'core/jitter/jitter-buffer.ts',
    'this.#next = snapshot.nextSequence ?? null;',
    'this.#next = snapshot.nextSequence == null ? null : snapshot.nextSequence + 1;',
  ),
  mutant(
    'what was cleared is not stored',
    'core/conversation/agent-desk.ts',
    'this.#committed();',
    '',
  ),
  mutant(
    'a socket that has not said hello is forgotten',
    'core/conversation/client-side.ts',
    "this.#presence = { kind: 'greeting', connection: new Connection(number, link, nowMs) };",
    "this.#presence = { kind: 'nobody', sinceMs };",
  ),
];

export const MUTANTS: readonly Mutant[] = [
  ...CLIENT_MUTANTS,
  ...PLAYOUT_MUTANTS,
  ...ENGINE_MUTANTS,
  ...JITTER_MUTANTS,
];

// Agents with a fault, made by changing what a sound one sends to its backend.

import { faultsOfCut } from '../cut-call.ts';
import type { SabotageCase } from '../sabotage-case.ts';
import { holdBackendCut } from './backend-cut.ts';
import { BackendStage, type Sabotage } from './backend-stage.ts';

type Data = string | Uint8Array;

const ANSWER_MS = 1000;
const ANSWER_SAMPLES = ANSWER_MS * 16;

/** A few turns, with a cut in an answer. */
function faultsOf(sabotage?: Sabotage): readonly string[] {
  const stage = new BackendStage({ answerMs: ANSWER_MS }, sabotage);
  for (let turn = 0; turn < 4; turn++) {
    stage.turn(1000);
    stage.hear(200);
    if (turn === 1) stage.cut();
    stage.hear(3000);
  }
  const odd = stage.completed.filter((samples) => samples !== ANSWER_SAMPLES);
  return [
    ...stage.backend.violations,
    ...odd.map((samples) => `An answer of ${ANSWER_SAMPLES} samples was said as ${samples}.`),
  ];
}

/** A change of the message that ends a turn. */
function atTurnEnd(change: (text: string) => string | null): () => Sabotage {
  return () => (data) => (isText(data, '"state":"ended"') ? change(data) : data);
}

function renumbered(by: number): (text: string) => string {
  return (text) =>
    text.replace(/"number":(\d+)/, (_all, number) => `"number":${Number(number) + by}`);
}

function moveAudio(): Sabotage {
  let pieces = 0;
  return (data) => {
    if (typeof data === 'string' || ++pieces % 50 !== 0) return data;
    const copy = data.slice();
    new DataView(copy.buffer).setUint32(0, 0, true);
    return copy;
  };
}

function forgetUtterances(): Sabotage {
  return (data) =>
    isText(data, '"type":"start"') ? data.replace(/"utterances":\[.*\]/, '"utterances":[]') : data;
}

/** Tells that everything was heard. */
function tellAll(data: Data): Data {
  if (!isText(data, '"type":"interrupted"')) return data;
  const given = /"givenSamples":(\d+)/.exec(data)?.[1];
  return data.replace(/"heardSamples":\d+/, `"heardSamples":${given}`);
}

function cutCall(isSabotaged: boolean): readonly string[] {
  const sabotage = isSabotaged ? { sabotage: tellAll } : {};
  return faultsOfCut(holdBackendCut({ cutInMs: 1000, speed: 20, ...sabotage }));
}

function isText(data: Data, part: string): data is string {
  return typeof data === 'string' && data.includes(part);
}

const SABOTAGES: Readonly<Record<string, readonly [() => Sabotage, RegExp]>> = {
  'loses a message': [atTurnEnd(() => null), /^Message \d+ came after/],
  'tells a message twice': [atTurnEnd(renumbered(-1)), /^Message \d+ came after/],
  'misspells a message': [atTurnEnd((text) => text.replace('endSample', 'end')), /^Not a message/],
  'tells audio twice': [moveAudio, /^Audio at 0 came after/],
  'does not say what of an answer has come': [forgetUtterances, /samples was said as/],
};

export const BACKEND_SABOTAGES: readonly SabotageCase[] = [
  ...Object.entries(SABOTAGES).map(([name, [sabotage, expected]]) => ({
    name,
    expected,
    faults: (isSabotaged: boolean) => faultsOf(isSabotaged ? sabotage() : undefined),
  })),
  { name: 'tells wrongly what was heard', expected: /ms beside it/, faults: cutCall },
];

// Cascades with a fault in them, made by standing between a sound one and its models or its conversation.

import type { Agent } from '../../../core/conversation/agent.ts';
import type { SpeakingInputs, WorkersAi } from '../../../durable-objects/runtime/workers-ai.ts';
import type { SabotageCase } from '../sabotage-case.ts';
import { faultsOfCut } from './verdict.ts';
import { type StageOptions, WorkersAiStage } from './workers-ai-stage.ts';

const SLOW = { speed: 1, tokenMs: 70 };
const FAST = { speed: 30, tokenMs: 2 };

/** An answer that is cut short while the model writes and the voice speaks. */
function faults(options: StageOptions, fake: StageOptions['fake']): string[] {
  const stage = new WorkersAiStage({ ...options, fake });
  stage.say(1000);
  stage.run(2600);
  return [...faultsOfCut(stage, 2500), ...stage.fake.violations];
}

/** Tells the agent that all that it gave was heard. */
function deceived(agent: Agent): Agent {
  const interrupted = agent.interrupted.bind(agent);
  agent.interrupted = (heard, nowMs) =>
    interrupted({ ...heard, heardSamples: heard.givenSamples }, nowMs);
  return agent;
}

/** Lets no run be stopped. */
function unstoppable(ai: WorkersAi): WorkersAi {
  return {
    ...ai,
    write: (...run) => ({ ...ai.write(...run), cancel: () => {} }),
    speak: (...run) => ({ ...ai.speak(...run), cancel: () => {} }),
  };
}

/** Has the second sentence spoken in the place of the first. */
function swapped(ai: WorkersAi): WorkersAi {
  const places = ['This is answer number 1,', 'and it begins here.'];
  return {
    ...ai,
    speak: (model, inputs, listener) => {
      const text = places.pop() ?? inputs.text;
      return ai.speak(model, { ...inputs, text } satisfies SpeakingInputs, listener);
    },
  };
}

/** Speaks what the model has written with its marks, at a rate of its own. */
function careless(ai: WorkersAi): WorkersAi {
  return {
    ...ai,
    speak: (model, inputs, listener) =>
      ai.speak(model, { ...inputs, text: `**${inputs.text}**`, sample_rate: 24_000 }, listener),
  };
}

const SABOTAGES: Readonly<Record<string, readonly [StageOptions, StageOptions['fake'], RegExp]>> = {
  'holds what was given for heard': [{ wrap: deceived }, FAST, /The history holds/],
  'does not stop model and voice': [{ meddle: unstoppable }, SLOW, /not stopped at once/],
  'says the second sentence first': [{ meddle: swapped }, FAST, /in their order/],
  'says marks at another rate': [{ meddle: careless }, FAST, /marks/],
};

export const WORKERS_AI_SABOTAGES: readonly SabotageCase[] = Object.entries(SABOTAGES).map(
  ([name, [sabotage, fake, expected]]) => ({
    name,
    expected,
    faults: (isSabotaged) => faults(isSabotaged ? sabotage : {}, fake),
  }),
);

// Every number of a conversation, in one table: unit, default, allowed range and the reason for it.

/** One number of the configuration. */
interface ConfigField {
  readonly unit: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly reason: string;
}

export const CONFIG_FIELDS = {
  // Voice activity
  enterThreshold: {
    unit: 'probability',
    default: 0.5,
    min: 0.05,
    max: 0.99,
    reason: 'Silero is calibrated at 0.5; far speech wants less, noise wants more',
  },
  leaveThreshold: {
    unit: 'probability',
    default: 0.35,
    min: 0.01,
    max: 0.98,
    reason: 'hysteresis of 0.15 below entering, as Silero recommends',
  },
  onsetMs: {
    unit: 'ms',
    default: 96,
    min: 32,
    max: 1000,
    reason: 'three windows: a click scores one or two',
  },
  pauseMs: {
    unit: 'ms',
    default: 192,
    min: 32,
    max: 2000,
    reason: 'silence after which speech is shown as stopped and a held agent is released',
  },
  hangoverMs: {
    unit: 'ms',
    default: 576,
    min: 64,
    max: 10_000,
    reason:
      'silence that ends a turn; pauses inside sentences reach 500 ms, and one window more or less shows',
  },
  hangoverMaximumMs: {
    unit: 'ms',
    default: 0,
    min: 0,
    max: 10_000,
    reason:
      'at most this much silence ends a turn when hovering scores and long turns may ask for more; up to hangoverMs they may not, so that ends come at a constant time',
  },
  minimumSpeechMs: {
    unit: 'ms',
    default: 160,
    min: 0,
    max: 2000,
    reason: 'less speech than this in a whole turn is a misfire',
  },
  preRollMs: {
    unit: 'ms',
    default: 300,
    min: 0,
    max: 1000,
    reason: 'soft first consonants lie before the first window that scores',
  },
  maximumTurnMs: {
    unit: 'ms',
    default: 30_000,
    min: 2000,
    max: 60_000,
    reason: 'bounds what an agent must hold and what a client must be able to resend',
  },
  cutLookbackMs: {
    unit: 'ms',
    default: 2000,
    min: 200,
    max: 3000,
    reason: 'a turn that is too long is cut at the lowest score of this last stretch',
  },
  // Work
  unitsPerEvent: {
    unit: 'thousand multiply-adds',
    default: 1416,
    min: 354,
    max: 14_160,
    reason:
      'four windows of the kernel, 0.2 ms: twice what the longest frame brings, a hundredth of what it lasts',
  },
  workIntervalMs: {
    unit: 'ms',
    default: 5,
    min: 1,
    max: 100,
    reason: 'windows that wait are scored this often: 800 a second, 25 times real time',
  },
  lateArrivalMs: {
    unit: 'ms',
    default: 100,
    min: 20,
    max: 10_000,
    reason:
      'audio this much later than the fastest has more behind it, which goes first; above what jitter does',
  },
  overloadMs: {
    unit: 'ms',
    default: 1000,
    min: 100,
    max: 10_000,
    reason: 'windows that wait for so long without getting fewer are too many for the isolate',
  },
  recoveryMs: {
    unit: 'ms',
    default: 2000,
    min: 100,
    max: 60_000,
    reason: 'calm before a better level of scoring is tried or told, so that levels do not flicker',
  },
  // Watchdogs
  noAudioMs: {
    unit: 'ms',
    default: 1500,
    min: 200,
    max: 60_000,
    reason: 'socket open and no audio: ends the turn',
  },
  resumeGraceMs: {
    unit: 'ms',
    default: 5000,
    min: 0,
    max: 600_000,
    reason: 'socket gone: a turn waits this long for the client',
  },
  idleTimeoutMs: {
    unit: 'ms',
    default: 300_000,
    min: 1000,
    max: 86_400_000,
    reason: 'a conversation without a client ends after this long',
  },
  userIdleMs: {
    unit: 'ms',
    default: 0,
    min: 0,
    max: 86_400_000,
    reason:
      'silence of both parties after which the agent is told that nobody speaks; 0 for never, since not every agent has something to say to that',
  },
  helloTimeoutMs: {
    unit: 'ms',
    default: 5000,
    min: 100,
    max: 60_000,
    reason: 'a connection that says nothing holds a slot',
  },
  maximumCallMs: {
    unit: 'ms',
    default: 3_600_000,
    min: 1000,
    max: 86_400_000,
    reason: 'a forgotten tab must not run for ever',
  },
  // Gaps
  gapScoredMs: {
    unit: 'ms',
    default: 60,
    min: 0,
    max: 500,
    reason: 'a gap up to this long is scored as it is; a longer one only decays the score',
  },
  gapResetMs: {
    unit: 'ms',
    default: 1000,
    min: 100,
    max: 10_000,
    reason: 'after this much missing or muted audio windows and model start anew',
  },
  reorderWaitMs: {
    unit: 'ms',
    default: 60,
    min: 0,
    max: 1000,
    reason: 'how long an unreliable wire waits for a packet that others have overtaken',
  },
  // Playout
  leadMs: {
    unit: 'ms',
    default: 600,
    min: 20,
    max: 1500,
    reason:
      'a 200 ms lead breaks one utterance in five on a mobile network; clear makes a lead cheap',
  },
  leadGrowthPct: {
    unit: '%',
    default: 25,
    min: 0,
    max: 100,
    reason:
      'the lead grows by this share of what was played, to 2.5 times leadMs: slowly, so that nothing queues in the network',
  },
  inFlightBytes: {
    unit: 'bytes',
    default: 65_536,
    min: 1920,
    max: 1_048_576,
    reason: 'the send queue of the runtime is unbounded and its memory shared',
  },
  playheadHoldMs: {
    unit: 'ms',
    default: 3000,
    min: 100,
    max: 30_000,
    reason: 'how far the playhead is extrapolated when reports stall',
  },
  queueSeconds: {
    unit: 's',
    default: 600,
    min: 1,
    max: 3600,
    reason: 'hard cap on speech accepted from an agent and not yet heard',
  },
  unheardKeptMs: {
    unit: 'ms',
    default: 10_000,
    min: 0,
    max: 86_400_000,
    reason:
      'what a caller who was away for longer than this has not heard is stale, and is dropped',
  },
  // Barge-in
  commitSpeechMs: {
    unit: 'ms',
    default: 544,
    min: 100,
    max: 2500,
    reason:
      "speech during the agent's own that takes the floor: 17 windows, most words of assent are over by then",
  },
  commitFadeDb: {
    unit: 'dB',
    default: 15,
    min: 3,
    max: 100,
    reason:
      'speech that has faded so far below its loudest is ending: a "mm-hm" of 600 ms rings on in the model',
  },
  clearedTimeoutMs: {
    unit: 'ms',
    default: 1000,
    min: 50,
    max: 10_000,
    reason: 'how long the agent waits for the exact heard position before it gets the estimate',
  },
  releaseBackUpMs: {
    unit: 'ms',
    default: 600,
    min: 0,
    max: 2000,
    reason: 'how far back a released player looks for a pause to start from',
  },
  // Reporting
  echoIntervalMs: {
    unit: 'ms',
    default: 100,
    min: 20,
    max: 10_000,
    reason: 'ten a second: outgoing messages are free, and lag is felt above 10 ms',
  },
  statsIntervalMs: {
    unit: 'ms',
    default: 1000,
    min: 100,
    max: 60_000,
    reason: 'one a second is enough for a live picture',
  },
  checkpointIntervalMs: {
    unit: 'ms',
    default: 4900,
    min: 500,
    max: 60_000,
    reason:
      "how long audio may wait to be stored; the journal's buffer, and the client's ring by far, must reach further back",
  },
  deferredWorkMs: {
    unit: 'ms',
    default: 100,
    min: 0,
    max: 60_000,
    reason: 'how long work that can wait, audio to be stored, waits for silence after that',
  },
} as const satisfies Record<string, ConfigField>;

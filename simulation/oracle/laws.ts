// The laws that hold in every run, whatever happens; docs/SPEC.md has them in full, in section L.

export const LAWS = {
  L1: 'Each pull of the device gives exactly what it asked for, content first.',
  L2: 'What is heard of an utterance moves on sample by sample: nothing is skipped, and nothing comes again but after a release or in a new generation.',
  L3: 'Nothing of a cleared generation plays, and nothing that never arrived.',
  L4: 'Received = played + repeated + dropped + buffered, on both sides.',
  L5: 'Lead and backlog stay within bounds.',
  L6: 'While jitter stays below the lead and nothing is lost, nothing is concealed.',
  L7: 'When the network turns clean, delay returns.',
  L8: 'A constant shift of the clock changes nothing.',
  L9: 'The same scenario gives the same run.',
  L10: 'Every turn is told once and whole, whatever the network did.',
  L11: 'The heard position that is told is what was truly played, to a frame.',
  L12: 'Every utterance ends exactly once.',
  L13: 'What is on the wire is what was said, in order, and nothing else.',
  L14: 'Neither side breaks the protocol, and no event throws.',
  L15: 'Who talks over an interruptible agent silences it in time; who does not, does not.',
  L16: 'An engine restored from its snapshot goes on as if never interrupted.',
  L19: 'Each pull of the jitter buffer is filled to its last sample, and nothing beyond.',
  L20: 'Playout moves on: what was kept is played once, as it was sent, and nothing is left out of it but pauses.',
  L21: 'Received = played + duplicate + late + overrun + overlap + backlog, each called by its name.',
  L22: 'The backlog of the jitter buffer stays within its capacity.',
  L23: 'Nothing is concealed where nothing is missing, and no more than that.',
  L24: 'When the network turns clean, the delay of playout returns.',
  L25: 'The same stream at another time, or with other numbers, is played the same.',
} as const;

export type Law = keyof typeof LAWS;

// Builds the story that the storyteller reads aloud, with the time of every sentence.

import type { Span, Voice } from './speech.ts';
import {
  edgeRule,
  fliteVersion,
  place,
  sampleRateHz,
  silence,
  soundingMs,
  speak,
} from './speech.ts';

const narrator: Voice = { name: 'rms', stretch: 0.96 };

/** Silence kept at both ends of the recording. */
const edgeMs = 30;
const betweenSentencesMs = 330;
const betweenParagraphsMs = 600;

const title = 'The keeper and the clock';

const paragraphs: readonly (readonly string[])[] = [
  [
    'On the last rock before the open sea stood a lighthouse, and in it lived a keeper named Ada.',
    'Every evening she climbed two hundred steps, lit the lamp, and wound the old brass clock beside it.',
    'Its wheels turned the beam, one flash for every seven ticks, and sailors steered by that rhythm.',
  ],
  [
    'One autumn night a gale tore the shutters open, and salt water ran into the gears.',
    'The ticking stumbled, grew hurried, then stopped altogether.',
    'Far out, beyond the reef, a fishing boat was counting on her.',
  ],
  [
    'There was no spare spring, and no time to weep.',
    'So she put both palms on the great glass lens, hummed a tune her grandmother used to sing while kneading bread, and pushed.',
    'Through wind and rain, that song never rushed, nor did it fall behind.',
  ],
  [
    'At dawn the crew came home, tired but whole.',
    'Their captain laid his watch on the table and frowned.',
    'He swore that no machine had ever kept such perfect measure.',
    'The keeper only smiled, poured him some tea, and asked whether he knew a good clockmaker.',
  ],
];

/** What is known about the recording, written next to it as JSON. */
interface StoryTimes {
  readonly about: string;
  readonly title: string;
  readonly sampleRateHz: number;
  readonly durationMs: number;
  readonly synthesizer: { readonly name: string; readonly voice: string };
  readonly edges: typeof edgeRule;
  readonly sentences: readonly (Span & { readonly text: string })[];
}

/** The recording at full precision, before its level is set, and its sentences. */
export interface Story {
  readonly track: Float64Array;
  readonly times: StoryTimes;
}

/** Speaks the whole story. Throws where flite cannot speak. */
export function buildStory(): Story {
  let startMs = edgeMs;
  const spoken = paragraphs.flatMap((paragraph) =>
    paragraph.map((text, index) => {
      const phrase = speak(narrator, text);
      const span = { startMs, endMs: startMs + soundingMs(phrase) };
      startMs =
        span.endMs + (index === paragraph.length - 1 ? betweenParagraphsMs : betweenSentencesMs);
      return { text, phrase, span };
    }),
  );
  const durationMs = spoken.at(-1)!.span.endMs + edgeMs;
  const track = silence(durationMs);
  for (const { phrase, span } of spoken) place(track, phrase, span.startMs);
  return {
    track,
    times: {
      about: 'The sentences of story.wav and when each sounds.',
      title,
      sampleRateHz,
      durationMs,
      synthesizer: { name: fliteVersion(), voice: narrator.name },
      edges: edgeRule,
      sentences: spoken.map(({ text, span }) => ({ text, ...span })),
    },
  };
}

// `npm run demo`: starts the service, holds a whole conversation with it, shows what happened, stops it.

import { writeFile } from 'node:fs/promises';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { samplesToMs } from '../../core/media/units.ts';
import { type CallSummary, summaryText } from './call-summary.ts';
import { readCallerVoice } from './caller-voice.ts';
import { type CallRecord, holdConversation } from './conversation-client.ts';
import { DEMO_HELP, type DemoOptions, readDemoOptions } from './demo-options.ts';
import { writePicture } from './picture-file.ts';
import { ProgressLine } from './progress-line.ts';
import { runCommand } from './run-command.ts';
import { burnIsolate, type Service } from './service-api.ts';
import { launchService } from './service-launcher.ts';
import { BUNDLED_VOICE } from './talk-options.ts';
import { seconds } from './timeline-event.ts';
import { encodeWavFile } from './wav-file.ts';

const REPLY_PATH = 'reply.wav';

/** So little that any computation longer than it is heard. */
const BURN_LEAD_MS = 40;

/** Answers go on after the caller's last word. */
const BURN_AFTER_VOICE_MS = 15_000;

await runCommand(async (stop) => {
  const options = readDemoOptions(process.argv.slice(2));
  if (options === null) return console.log(DEMO_HELP);
  console.log('Starting the service …');
  const service = await launchService();
  console.log(`It runs at ${service.url.origin}.`);
  try {
    const voice = await readCallerVoice(BUNDLED_VOICE);
    const record = await talk(service, voice, options, stop);
    await writeFile(REPLY_PATH, await encodeWavFile(record.heard, ENGINE_RATE_HZ));
    console.log(`\n${summaryText(record.summary)}\n${verdict(record.summary, options)}`);
    console.log(`\n  What the caller heard is in ${REPLY_PATH}.`);
    await writePicture(options.picturePath, {
      title: 'A caller talks with the parrot',
      ...{ said: voice, record },
    });
    if (options.json) console.log(JSON.stringify(record.summary));
  } finally {
    await service.stop();
  }
});

async function talk(
  service: Service,
  voice: Int16Array,
  { burnMs }: DemoOptions,
  stop: AbortSignal,
): Promise<CallRecord> {
  const voiceMs = samplesToMs(voice.length, ENGINE_RATE_HZ);
  console.log(
    `A caller talks with the parrot, which says back what it hears, for ${seconds(voiceMs)}.\n`,
  );
  const line = new ProgressLine(process.stdout);
  try {
    return await holdConversation(service, {
      voice,
      conversation: burnMs === null ? {} : { settings: { leadMs: BURN_LEAD_MS } },
      stop,
      onInvited: async ({ conversation }) => {
        if (burnMs === null) return;
        await burnIsolate(service, conversation, burnMs, Math.ceil(voiceMs + BURN_AFTER_VOICE_MS));
      },
      onEvent: (event) => line.event(event),
      onProgress: (progress) => line.progress(progress),
    });
  } finally {
    line.end();
  }
}

function verdict({ underruns }: CallSummary, { burnMs }: DemoOptions): string {
  if (burnMs !== null) {
    return `
  The service computed for ${burnMs} ms each second. Nothing else ran there meanwhile, so no speech left it,
  and the player had only ${BURN_LEAD_MS} ms of speech in hand: it found nothing in ${underruns} of its blocks of 10 ms.
  The answers have holes, and end so late that the caller talks into them. This is what an underrun is;
  the usual lead of 600 ms covers such stretches, and nothing in the service computes that long.`;
  }
  return underruns === 0
    ? '\n  Every word came in time.'
    : `\n  The player found nothing in ${underruns} of its blocks of 10 ms: this machine was too busy to keep time.`;
}

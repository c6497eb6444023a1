// `npm run talk`: holds a conversation with a running service, with any WAV file as the caller.

import { writeFile } from 'node:fs/promises';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { summaryText } from './call-summary.ts';
import { readCallerVoice } from './caller-voice.ts';
import { holdConversation } from './conversation-client.ts';
import { ProgressLine } from './progress-line.ts';
import { runCommand } from './run-command.ts';
import { readTalkOptions, TALK_HELP } from './talk-options.ts';
import { encodeWavFile } from './wav-file.ts';

await runCommand(async (stop) => {
  const options = readTalkOptions(process.argv.slice(2), process.env);
  if (options === null) return console.log(TALK_HELP);
  const { service, voicePath, outPath, json, ...callOptions } = options;
  const voice = await readCallerVoice(voicePath);
  const line = new ProgressLine(process.stdout);
  try {
    const { heard, summary } = await holdConversation(service, {
      ...callOptions,
      voice,
      stop,
      onEvent: (event) => line.event(event),
      onProgress: (progress) => line.progress(progress),
    });
    line.end();
    await writeFile(outPath, await encodeWavFile(heard, ENGINE_RATE_HZ));
    console.log(`\n${summaryText(summary)}\n\n  What the caller heard is in ${outPath}.`);
    if (json) console.log(JSON.stringify(summary));
  } finally {
    line.end();
  }
});

// `npm run talk`: holds a conversation with a running service, with any WAV file as the caller.

import { writeFile } from 'node:fs/promises';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { summaryText } from './call-summary.ts';
import { readCallerVoice } from './caller-voice.ts';
import { holdConversation } from './conversation-client.ts';
import { writePicture } from './picture-file.ts';
import { ProgressLine } from './progress-line.ts';
import { runCommand } from './run-command.ts';
import { readTalkOptions, TALK_HELP, type TalkOptions } from './talk-options.ts';
import { encodeWavFile } from './wav-file.ts';

await runCommand(async (stop) => {
  const options = readTalkOptions(process.argv.slice(2), process.env);
  if (options === null) return console.log(TALK_HELP);
  const { service, voicePath, outPath, picturePath, json, ...callOptions } = options;
  const voice = await readCallerVoice(voicePath);
  const line = new ProgressLine(process.stdout);
  try {
    const record = await holdConversation(service, {
      ...callOptions,
      voice,
      stop,
      onEvent: (event) => line.event(event),
      onProgress: (progress) => line.progress(progress),
    });
    line.end();
    await writeFile(outPath, await encodeWavFile(record.heard, ENGINE_RATE_HZ));
    console.log(`\n${summaryText(record.summary)}\n\n  What the caller heard is in ${outPath}.`);
    await writePicture(picturePath, { title: title(options), said: voice, record });
    if (json) console.log(JSON.stringify(record.summary));
  } finally {
    line.end();
  }
});

function title({ conversation }: TalkOptions): string {
  const name = 'token' in conversation ? undefined : conversation.agent?.name;
  return name === undefined
    ? 'A caller talks with an agent'
    : `A caller talks with the ${name} agent`;
}

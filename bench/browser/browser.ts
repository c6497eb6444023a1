// `npm run bench:browser`: what people have of a call in a real browser, from their microphone to their speaker.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { launchService } from '../../client/node/service-launcher.ts';
import { CONFIG_FIELDS } from '../../core/conversation/config-fields.ts';
import { BenchBrowser } from './bench-browser.ts';
import { browserOptions, HELP, LEAST_MINUTES } from './browser-options.ts';
import { browserReport } from './browser-report.ts';
import { resultAsRecord, type Scenes } from './browser-result.ts';
import { chromiumPath } from './chromium.ts';
import { interrupt } from './interrupt-scene.ts';
import { progressWords } from './progress-words.ts';
import { becomeReady, buildClient, type ClientSize } from './ready-scene.ts';
import { silentAims, spoiledScenes } from './spoiled.ts';
import type { Playing } from './stage.ts';
import { talk } from './talk-scene.ts';
import { passTones } from './tones-scene.ts';
import { type SpokenTurn, VoiceFinder } from './voice-finder.ts';

const VOICE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));

await runCommand(async (stop) => {
  const { minutes, control, json, help } = browserOptions(process.argv.slice(2));
  if (help) return console.log(HELP);
  if (chromiumPath() === null)
    throw new CommandError('Chromium is missing: apt-get install chromium, or set CHROME_PATH.');
  const size = buildClient();
  const service = await launchService();
  let browser: BenchBrowser | null = null;
  try {
    browser = await BenchBrowser.launch(service.url, VOICE);
    const playing = { stage: await stageOf(service.url), stop };
    const scenes = control
      ? await spoiledScenes(browser, playing, size)
      : await allScenes(browser, playing, minutes, size);
    playing.stage.say('');
    if (stop.aborted) return;
    console.log(browserReport(browser.version, scenes));
    if (control) requireMisses(scenes);
    if (json) console.log(JSON.stringify(resultAsRecord(browser.version, scenes)));
  } finally {
    await browser?.close();
    await service.stop();
  }
});

async function allScenes(
  browser: BenchBrowser,
  playing: Playing,
  minutes: number,
  size: ClientSize,
): Promise<Scenes> {
  const ready = await becomeReady(browser, {});
  const tones = await passTones(browser);
  return {
    ready,
    tones,
    size,
    talk: await talk(browser, playing, { minutes, page: {} }),
    interrupt: await interrupt(browser, playing, {
      minutes: Math.max(LEAST_MINUTES, minutes / 3),
      page: {},
    }),
  };
}

async function stageOf(service: URL): Promise<Playing['stage']> {
  const list = await readFile(VOICE.replace('.wav', '.json'), 'utf8');
  const { turns } = JSON.parse(list) as { turns: readonly SpokenTurn[] };
  return {
    service,
    finder: new VoiceFinder(await readCallerVoice(VOICE), turns),
    hangoverMs: CONFIG_FIELDS.hangoverMs.default,
    onsetMs: CONFIG_FIELDS.onsetMs.default,
    say: progressWords(process.stderr),
  };
}

/** Throws CommandError when a number looks well. */
function requireMisses(scenes: Scenes): void {
  const silent = silentAims(scenes);
  if (silent.length > 0)
    throw new CommandError(
      `Spoiled as they are, these numbers do not show it: ${silent.join(', ')}.`,
    );
  console.log('Every number shows that it was spoiled.');
}

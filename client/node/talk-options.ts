// The command line of `npm run talk`.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatFault } from '../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import type { ConversationRequest, Invitation, Service } from './service-api.ts';
import { usageError } from './usage-error.ts';

/** The recording that comes with the project. */
export const BUNDLED_VOICE = fileURLToPath(
  new URL('../../samples/conversation.wav', import.meta.url),
);

export const TALK_HELP = `Holds a spoken conversation with a running Isochron service, in real time.

  npm run talk -- [file.wav] [options]

  file.wav             what the caller says: any WAV file (default: the bundled sample)
  --url URL            the service (default: http://127.0.0.1:8787, where "npm start" puts it)
  --agent NAME         parrot (default), storyteller or silent
  --api-key KEY        for a service with a secret (default: ISOCHRON_API_KEY)
  --token TOKEN        joins a conversation that was created elsewhere
  --out FILE           writes what the caller heard (default: reply.wav)
  --picture FILE.svg   draws the conversation on a time axis
  --json               the last line is the summary as JSON
  --lead-ms N          how far ahead the service sends its speech
  --scorer NAME        kernel (default), energy, remote, onnx or trap (docs/scorers.md)
  --codec NAME         pcm16 at 16 kHz (default) or mulaw at 8 kHz
  --frame-ms N         packet length: 10, 20 (default), 40 or 60
  --maximum-s N        hangs up after this long
  --reconnect-ms N     how long a lost connection is tried again (default: 5000)
  --help               this text

Ctrl-C hangs up and writes what was heard until then.`;

export interface TalkOptions {
  readonly voicePath: string;
  readonly service: Service;
  readonly conversation: ConversationRequest | Invitation;
  readonly format: AudioFormat;
  readonly outPath: string;
  /** Where the picture of the call goes, null for nowhere. */
  readonly picturePath: string | null;
  readonly json: boolean;
  readonly maximumMs: number;
  readonly reconnectMs: number;
}

/** Reads the arguments; null when help is asked for. Throws CommandError with exit code 2. */
export function readTalkOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): TalkOptions | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  if (positionals.length > 1) throw usageError('only one recording can be given');
  const { token, agent, scorer } = values;
  const leadMs = number('--lead-ms', values['lead-ms']);
  return {
    voicePath: positionals[0] ?? BUNDLED_VOICE,
    service: {
      url: serviceUrl(values.url),
      apiKey: values['api-key'] ?? environment['ISOCHRON_API_KEY'],
    },
    conversation:
      token === undefined
        ? {
            agent: { name: agent },
            scorer,
            settings: leadMs === undefined ? {} : { leadMs },
          }
        : invitation(token),
    format: format(values.codec, number('--frame-ms', values['frame-ms']) ?? 20),
    outPath: values.out,
    picturePath: values.picture ?? null,
    json: values.json,
    maximumMs: 1000 * (number('--maximum-s', values['maximum-s']) ?? Number.POSITIVE_INFINITY),
    reconnectMs: number('--reconnect-ms', values['reconnect-ms']) ?? 5000,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:8787' },
        agent: { type: 'string', default: 'parrot' },
        'api-key': { type: 'string' },
        token: { type: 'string' },
        out: { type: 'string', default: 'reply.wav' },
        picture: { type: 'string' },
        json: { type: 'boolean', default: false },
        'lead-ms': { type: 'string' },
        scorer: { type: 'string' },
        codec: { type: 'string', default: 'pcm16' },
        'frame-ms': { type: 'string' },
        'maximum-s': { type: 'string' },
        'reconnect-ms': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (fault) {
    throw usageError(fault);
  }
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0))
    throw usageError(`"${option}" must be a number, received "${text}"`);
  return value;
}

function serviceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usageError(`"--url" must be an http or https address, received "${text}"`);
  }
  return url;
}

function format(codec: string, frameMs: number): AudioFormat {
  const wanted = { codec, rateHz: codec === 'mulaw' ? 8000 : 16_000, frameMs } as AudioFormat;
  const isKnown = ['pcm16', 'mulaw'].includes(codec) && [10, 20, 40, 60].includes(frameMs);
  const fault = isKnown
    ? formatFault(wanted)
    : 'it must be pcm16 or mulaw, in frames of 10, 20, 40 or 60 ms';
  if (fault !== null)
    throw usageError(`the format ${codec} in frames of ${frameMs} ms cannot be used: ${fault}`);
  return wanted;
}

/** The token says for which conversation it is: a JWT's payload can be read by whoever holds it (RFC 7519 §3). */
function invitation(token: string): Invitation {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { conversation } = JSON.parse(payload) as { conversation?: unknown };
    if (typeof conversation === 'string') return { conversation, token };
  } catch {
    // Told below.
  }
  throw usageError('"--token" must be a token of a conversation');
}

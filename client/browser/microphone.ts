// The microphone: asked for, refused in words, and described as the browser describes it.

import { CallError } from './call-error.ts';
import type { CaptureSettings } from './call-statistics.ts';
import type { AudioOptions } from './connect-options.ts';

/** Kinds of refusal by the name of the DOMException (Media Capture and Streams §9.2.2). */
const REFUSALS: Readonly<Record<string, 'permission-denied' | 'no-microphone' | undefined>> = {
  NotAllowedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'no-microphone',
  NotReadableError: 'no-microphone',
  OverconstrainedError: 'no-microphone',
  AbortError: 'no-microphone',
};

const SENTENCES = {
  'permission-denied': 'The browser does not let this page use the microphone.',
  'no-microphone': 'There is no microphone, or another program has it.',
} as const;

type Processing = Pick<AudioOptions, 'echoCancellation' | 'noiseSuppression' | 'autoGainControl'>;

/** Asks the browser for a microphone, the default one unless a device id is given. Rejects with CallError. */
export async function openMicrophone(
  deviceId: string | undefined,
  { echoCancellation = true, noiseSuppression = true, autoGainControl = true }: Processing,
): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) {
    throw new CallError(
      'unsupported',
      'A microphone can be had on a secure page only: https, or this machine itself.',
    );
  }
  const audio: MediaTrackConstraints = {
    channelCount: 1,
    echoCancellation,
    noiseSuppression,
    autoGainControl,
    ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (cause) {
    throw microphoneError(cause);
  }
}

/** What the browser made of the wishes. */
export function captureSettings(stream: MediaStream | null): CaptureSettings {
  const track = stream?.getAudioTracks()[0];
  const settings = track?.getSettings() ?? {};
  return {
    label: track?.label ?? '',
    // Newer browsers name a kind of echo cancellation where older ones say yes.
    echoCancellation: asBoolean(settings.echoCancellation),
    noiseSuppression: asBoolean(settings.noiseSuppression),
    autoGainControl: asBoolean(settings.autoGainControl),
  };
}

function asBoolean(setting: unknown): boolean | null {
  return setting === undefined ? null : setting !== false;
}

function microphoneError(cause: unknown): CallError {
  const code =
    (cause instanceof DOMException ? REFUSALS[cause.name] : undefined) ?? 'no-microphone';
  return new CallError(code, SENTENCES[code], { cause });
}

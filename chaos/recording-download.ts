// Waits for the recording of a conversation that is over, and fetches its files by the public routes.

import { setTimeout as pause } from 'node:timers/promises';
import type { ChaoticService } from './chaotic-service.ts';
import type { RecordingFiles } from './recording-verdict.ts';

/** Longest wait for a recording: a bucket that fails three times is tried again after 14 s, and each kill costs some more. */
const PATIENCE_MS = 90_000;
const POLL_MS = 500;
const ASK_MS = 5000;

/** The files; null when they were not made in time. */
export async function downloadRecording(
  service: ChaoticService,
  conversation: string,
): Promise<RecordingFiles | null> {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    const files = await attempt(service, conversation);
    if (files !== null) return files;
    await pause(POLL_MS);
  }
  return null;
}

async function attempt(
  service: ChaoticService,
  conversation: string,
): Promise<RecordingFiles | null> {
  try {
    const report = await ask(service, conversation, '');
    const { phase } = (await report.json()) as { phase: string };
    if (phase !== 'assembled') return null;
    const [caller, agent, timeline] = await Promise.all(
      ['/caller.wav', '/agent.wav', '/timeline.jsonl'].map((name) =>
        ask(service, conversation, name),
      ),
    );
    return {
      callerWav: new Uint8Array(await caller!.arrayBuffer()),
      agentWav: new Uint8Array(await agent!.arrayBuffer()),
      timeline: await timeline!.text(),
    };
  } catch {
    // A service that is just being killed is asked again.
    return null;
  }
}

async function ask(service: ChaoticService, conversation: string, file: string): Promise<Response> {
  const url = new URL(`/v1/conversations/${conversation}/recording${file}`, service.url);
  const response = await fetch(url, {
    headers: { Authorization: `Bearer ${service.apiKey}` },
    signal: AbortSignal.timeout(ASK_MS),
  });
  if (!response.ok) throw new Error(`${file} answered with status ${response.status}.`);
  return response;
}

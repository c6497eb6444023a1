// Serves recordings: their state, their files, and the end of both.

import { RECORDING_FILES, type RecordingFileName } from '../core/recording/chunked-file.ts';
import { recordingBucket } from '../durable-objects/recording/bucket.ts';
import { recordingKey } from '../durable-objects/recording/object-keys.ts';
import { admitToConversation } from './admission.ts';
import { byteRange } from './byte-range.ts';
import { Refusal } from './refusal.ts';
import { objectOf, type Visit } from './visit.ts';

/** Nothing between the service and the one who asked may keep a copy. */
const PRIVATE = { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' };

/** `GET /v1/conversations/:id/recording`: where it stands, and what was made. */
export async function readRecording(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['recording', 'admin'], nowMs);
  const report = await objectOf(visit).recording();
  if (report === null) throw new Refusal('not-found', 'There is no such conversation.');
  return Response.json(report);
}

/** `GET /v1/conversations/:id/recording/:file`, whole or a range of it (RFC 9110 §14), and `HEAD`. */
export function downloadOf(name: RecordingFileName): (visit: Visit) => Promise<Response> {
  return async (visit) => {
    const { request, env, settings, conversation, nowMs } = visit;
    await admitToConversation(request, settings, conversation, ['recording', 'admin'], nowMs);
    const bucket = recordingBucket(env);
    const key = recordingKey(conversation, name);
    const head = (await bucket?.head(key)) ?? null;
    if (bucket === null || head === null) throw noSuchFile(name);
    const headers = {
      ...PRIVATE,
      'Content-Type': RECORDING_FILES[name].contentType,
      'Content-Disposition': `attachment; filename="${conversation}-${name}"`,
      'Accept-Ranges': 'bytes',
      ETag: head.httpEtag,
      'Last-Modified': head.uploaded.toUTCString(),
    };
    if (isKnown(request, head.httpEtag)) return new Response(null, { status: 304, headers });
    const range = byteRange(rangeAskedFor(request, head.httpEtag), head.size);
    if (range.kind === 'unsatisfiable') {
      throw new Refusal(
        'range-not-satisfiable',
        `The file has ${head.size} bytes; the range lies beyond them.`,
        { 'Content-Range': `bytes */${head.size}` },
      );
    }
    const { from, to } = range.kind === 'part' ? range : { from: 0, to: head.size };
    const partHeaders = {
      ...headers,
      'Content-Length': String(to - from),
      ...(range.kind === 'part' ? { 'Content-Range': `bytes ${from}-${to - 1}/${head.size}` } : {}),
    };
    const status = range.kind === 'part' ? 206 : 200;
    if (request.method === 'HEAD') return new Response(null, { status, headers: partHeaders });
    const object = await bucket.get(key, { range: { offset: from, length: to - from } });
    if (object === null) throw noSuchFile(name);
    return new Response(object.body, { status, headers: partHeaders });
  };
}

/** `DELETE /v1/conversations/:id`: ends it if it goes on, removes everything of it, and tells what was there and what is left. */
export async function deleteConversation(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['admin'], nowMs);
  const outcome = await objectOf(visit).erase();
  switch (outcome.kind) {
    case 'unknown':
      throw new Refusal('not-found', 'There is no such conversation.');
    case 'delayed':
      throw new Refusal(
        'unavailable',
        'Not everything could be deleted yet; it is tried again until it is done.',
      );
    case 'erased': {
      const { removed, remaining } = outcome;
      return Response.json({ conversation, removed, remaining });
    }
  }
}

/** The Range header, unless If-Range says that it was meant for another version (RFC 9110 §13.1.5). */
function rangeAskedFor(request: Request, etag: string): string | null {
  const condition = request.headers.get('If-Range');
  return condition === null || condition === etag ? request.headers.get('Range') : null;
}

function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get('If-None-Match');
  return known?.split(',').some((each) => [etag, '*'].includes(each.trim())) ?? false;
}

function noSuchFile(name: RecordingFileName): Refusal {
  return new Refusal(
    'not-found',
    `There is no "${name}": it was not asked for, is not made yet, or was deleted. GET …/recording tells.`,
  );
}

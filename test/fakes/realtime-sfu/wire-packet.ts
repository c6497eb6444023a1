// The packets of the SFU's adapters, read and written by hand: what is checked here shares nothing with who is checked.

/** What a message to the SFU holds: fields by number. */
export interface WirePacket {
  readonly payload: Uint8Array;
}

/** Largest serialized message that the SFU takes: 32 KB. */
export const MOST_BYTES = 32_768;

/** Reads a message to the SFU, where only the payload counts; or says in a sentence what is wrong with it. */
export function readWirePacket(message: Uint8Array): WirePacket | string {
  if (message.length > MOST_BYTES) return `A message has ${message.length} bytes.`;
  if (message[0] !== 0x2a) return 'A message does not begin with the payload.';
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = message[at++];
    if (byte === undefined || shift > 21) return 'The length of a payload cannot be read.';
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (at + length !== message.length) return 'A payload is not as long as it says.';
  if (length % 4 !== 0) return 'A payload is no PCM of two channels.';
  return { payload: message.subarray(at) };
}

/** A message from the SFU: mono samples at 48 kHz on both channels. */
export function writeWirePacket(sequence: number, timestamp: number, mono: Int16Array): Uint8Array {
  const head: number[] = [];
  for (const [tag, value] of [
    [0x08, sequence],
    [0x10, timestamp],
    [0x2a, mono.length * 4],
  ] as const) {
    head.push(tag);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) head.push((rest % 128) | 0x80);
    head.push(rest);
  }
  const message = new Uint8Array(head.length + mono.length * 4);
  message.set(head);
  const view = new DataView(message.buffer, head.length);
  mono.forEach((sample, n) => {
    view.setInt16(n * 4, sample, true);
    view.setInt16(n * 4 + 2, sample, true);
  });
  return message;
}

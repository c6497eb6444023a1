// Takes libopus out of the package that brings it, as a module of its own, with the names that its functions have in C.
//
// The package carries its WebAssembly inside its JavaScript and compiles the bytes when it is used, which workerd
// refuses. Its linker has shortened the names of the exports; the package's JavaScript says which is which.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Number of the export section of a module (WebAssembly Core §5.5.10). */
const EXPORT_SECTION = 7;

/** Bytes of a module before its first section: magic and version. */
const PREAMBLE_BYTES = 8;

/** The module that libopus-wasm would compile, its exports renamed (`oc_decode`, `malloc`, …). */
export async function opusModule(): Promise<Uint8Array> {
  const bytes = await embeddedModule();
  const names = exportNames(readFileSync(fileURLToPath(GENERATED), 'latin1'));
  return withSection(bytes, EXPORT_SECTION, (section) => renamed(section, names));
}

const GENERATED = new URL('generated/libopus.generated.mjs', import.meta.resolve('libopus-wasm'));

/** What the package hands to WebAssembly. Throws when it hands over nothing. */
async function embeddedModule(): Promise<Uint8Array> {
  const { instantiate } = WebAssembly;
  let taken: Uint8Array | null = null;
  WebAssembly.instantiate = ((source: BufferSource | WebAssembly.Module, imports: never) => {
    if (ArrayBuffer.isView(source)) {
      taken = new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
    } else if (source instanceof ArrayBuffer) taken = new Uint8Array(source).slice();
    return instantiate(source as WebAssembly.Module, imports);
  }) as typeof instantiate;
  try {
    const { loadLibopus } = await import('libopus-wasm');
    await loadLibopus();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  if (taken === null) throw new Error('libopus-wasm no longer brings its module as bytes.');
  return taken;
}

/** Short name → C name, from `_oc_decode=Module["_oc_decode"]=wasmExports["s"]`. */
function exportNames(source: string): Map<string, string> {
  const assignments = source.matchAll(/Module\["_(\w+)"\]=wasmExports\["(\w+)"\]/g);
  const names = new Map(Array.from(assignments, ([, long, short]) => [short!, long!]));
  const memory = /wasmMemory=wasmExports\["(\w+)"\]/.exec(source)?.[1];
  const start = /wasmExports\["(\w+)"\]\(\)\}function postRun/.exec(source)?.[1];
  if (names.size === 0 || memory === undefined || start === undefined) {
    throw new Error('The exports of libopus-wasm cannot be told apart any more.');
  }
  return names.set(memory, 'memory').set(start, '_initialize');
}

/** The module with one section's content changed. */
function withSection(
  module: Uint8Array,
  wanted: number,
  change: (content: Uint8Array) => Uint8Array,
): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, PREAMBLE_BYTES)];
  for (let at = PREAMBLE_BYTES; at < module.length; ) {
    const id = module[at]!;
    const [length, contentAt] = readUnsigned(module, at + 1);
    const content = module.subarray(contentAt, contentAt + length);
    const kept = id === wanted ? change(content) : content;
    parts.push(Uint8Array.of(id, ...unsigned(kept.length)), kept);
    at = contentAt + length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** An export section in which the names that have a longer one have it. */
function renamed(section: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array {
  const [count, first] = readUnsigned(section, 0);
  const parts: Uint8Array[] = [Uint8Array.from(unsigned(count))];
  let at = first;
  for (let entry = 0; entry < count; entry++) {
    const [length, nameAt] = readUnsigned(section, at);
    const short = Buffer.from(section.subarray(nameAt, nameAt + length)).toString();
    const name = Buffer.from(names.get(short) ?? short);
    const [, end] = readUnsigned(section, nameAt + length + 1);
    parts.push(Uint8Array.from(unsigned(name.length)), name);
    parts.push(section.subarray(nameAt + length, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** An unsigned LEB128 number (WebAssembly Core §5.2.2), and where it ends. */
function readUnsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

// Reads the float tensors out of an ONNX model: the few protobuf fields that hold them, no more.
//
// Field numbers are those of onnx/onnx.proto (ModelProto, GraphProto, TensorProto). Six of them are
// needed, fewer than it takes to set up a protobuf library with the schema; what a model may have
// beyond them is skipped or refused.

/** A named tensor of 32-bit floats, row-major. */
export interface FloatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_DIMS = 1;
const TENSOR_DATA_TYPE = 2;
const TENSOR_NAME = 8;
const TENSOR_RAW_DATA = 9;
const DATA_TYPE_FLOAT = 1;

/** A field of a message, varint or length-delimited; those of fixed width are passed over. */
type Field = { readonly number: number; readonly value: number | Uint8Array };

/** The float initializers of the model's main graph, by name. Throws when it does not parse. */
export function readFloatTensors(model: Uint8Array): ReadonlyMap<string, FloatTensor> {
  const tensors = new Map<string, FloatTensor>();
  for (const graph of messages(model, MODEL_GRAPH)) {
    for (const initializer of messages(graph, GRAPH_INITIALIZER)) {
      const tensor = readTensor(initializer);
      if (tensor !== undefined) tensors.set(tensor.name, tensor);
    }
  }
  return tensors;
}

function readTensor(message: Uint8Array): FloatTensor | undefined {
  const shape: number[] = [];
  let dataType = 0;
  let name = '';
  let raw: Uint8Array | undefined;
  for (const { number, value } of fields(message)) {
    if (typeof value === 'number') {
      if (number === TENSOR_DIMS) shape.push(value);
      if (number === TENSOR_DATA_TYPE) dataType = value;
    } else {
      if (number === TENSOR_DIMS) shape.push(...varints(value));
      if (number === TENSOR_NAME) name = new TextDecoder().decode(value);
      if (number === TENSOR_RAW_DATA) raw = value;
    }
  }
  if (dataType !== DATA_TYPE_FLOAT) return undefined;
  const length = shape.reduce((product, extent) => product * extent, 1);
  if (raw?.length !== length * 4) {
    throw new Error(
      `Cannot read tensor "${name}": ${raw?.length ?? 0} bytes of raw data are not ${length} floats.`,
    );
  }
  return { name, shape, values: readFloats(raw) };
}

function readFloats(littleEndian: Uint8Array): Float32Array {
  const view = new DataView(littleEndian.buffer, littleEndian.byteOffset, littleEndian.byteLength);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, index) =>
    view.getFloat32(index * 4, true),
  );
}

function* messages(message: Uint8Array, number: number): Generator<Uint8Array> {
  for (const field of fields(message)) {
    if (field.number === number && typeof field.value !== 'number') yield field.value;
  }
}

function* fields(message: Uint8Array): Generator<Field> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const key = varint(message, cursor);
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case WIRE_VARINT:
        yield { number, value: varint(message, cursor) };
        break;
      case WIRE_BYTES: {
        const length = varint(message, cursor);
        const end = cursor.at + length;
        if (end > message.length)
          throw new Error('Cannot read the ONNX model: a field reaches beyond its message.');
        yield { number, value: message.subarray(cursor.at, end) };
        cursor.at = end;
        break;
      }
      case WIRE_FIXED32:
        cursor.at += 4;
        break;
      case WIRE_FIXED64:
        cursor.at += 8;
        break;
      default:
        throw new Error(`Cannot read the ONNX model: unknown protobuf wire type ${key % 8}.`);
    }
  }
}

function varints(packed: Uint8Array): number[] {
  const cursor = { at: 0 };
  const values: number[] = [];
  while (cursor.at < packed.length) values.push(varint(packed, cursor));
  return values;
}

/** Seven bits a byte, lowest first; the high bit says that more follow. Exact below 2⁵³. */
function varint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[cursor.at];
    if (byte === undefined)
      throw new Error('Cannot read the ONNX model: it ends in the middle of a number.');
    cursor.at += 1;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
}

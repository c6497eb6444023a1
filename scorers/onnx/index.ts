// The Worker of the scorer `onnx`: conversations reach its objects by a binding, and nobody reaches it by HTTP.

import { silero } from './models/silero.ts';
import { onnxShard } from './onnx-shard.ts';

export const OnnxShard = onnxShard(silero);

export default {
  fetch: () =>
    new Response('This Worker scores for conversations, by its objects.', { status: 404 }),
};

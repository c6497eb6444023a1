// The same Worker with another model: `wrangler deploy scorers/onnx/half.ts --config scorers/onnx/wrangler.toml`.

import { sileroHalf } from './models/silero-half.ts';
import { onnxShard } from './onnx-shard.ts';

export const OnnxShard = onnxShard(sileroHalf);

export default {
  fetch: () =>
    new Response('This Worker scores for conversations, by its objects.', { status: 404 }),
};

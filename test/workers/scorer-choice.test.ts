import { describe, expect, it } from 'vitest';
import { API_KEY, ask, askAsOperator, errorOf, SECURED, type Variables } from './service.ts';

const LOCAL = 'http://localhost:8787';

function createLocally(body: unknown, variables: Variables): Promise<Response> {
  const headers = { 'CF-Connecting-IP': '127.0.0.1' };
  return ask('POST', '/v1/conversations', { body, variables, headers, origin: LOCAL });
}

describe('the choice of a scorer', () => {
  it('[D37] refuses one that the service does not have, with a sentence', async () => {
    const response = await askAsOperator('POST', '/v1/conversations', { scorer: 'onnx' });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toEqual({
      code: 'invalid-request',
      sentence:
        'The scorer "onnx" runs in a Worker of its own, and this service has no binding "ONNX_SHARD" to one: see docs/scorers.md.',
    });
    const unknown = await askAsOperator('POST', '/v1/conversations', { scorer: 'oracle' });
    expect(unknown.status).toBe(400);
  });

  it('[D37] refuses one that would take the audio out of its jurisdiction', async () => {
    const body = { scorer: 'remote', jurisdiction: 'eu' };
    const response = await askAsOperator('POST', '/v1/conversations', body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).sentence).toBe(
      'The scorer "remote" takes the audio out of the jurisdiction "eu": choose "kernel" or "energy".',
    );
  });

  it('[D37] has the trap in development only, and never with a secret', async () => {
    const trap = { scorer: 'trap' };
    expect((await createLocally(trap, { ISOCHRON_DEVELOPMENT: '1' })).status).toBe(201);
    for (const response of [
      await createLocally(trap, {}),
      await ask('POST', '/v1/conversations', {
        body: trap,
        headers: { Authorization: `Bearer ${API_KEY}` },
        variables: { ...SECURED, ISOCHRON_DEVELOPMENT: '1' },
      }),
    ]) {
      expect(response.status).toBe(400);
      expect((await errorOf(response)).sentence).toBe(
        'The scorer "trap" blocks everybody on purpose: it needs ISOCHRON_DEVELOPMENT=1 and a service without a secret.',
      );
    }
  });
});

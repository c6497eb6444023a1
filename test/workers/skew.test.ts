// Workers and objects of different versions beside each other.

import { expect, it } from 'vitest';
import { SUBPROTOCOL } from '../../core/wire/messages.ts';
import { ADMISSION_HEADER } from '../../durable-objects/creation.ts';
import { Caller } from './caller.ts';
import { create, objectOf } from './service.ts';

/** What version 0.1.0 of the Worker found out about a connection. */
const ADMISSION = {
  creation: {
    agent: { name: 'parrot' },
    settings: {},
    scorer: 'energy',
    turnTaking: 'manual',
    subject: null,
  },
  resumeToken: null,
  resumeIssuedMs: null,
  tokensExpireMs: 0,
};

it.each([
  ['an older', ADMISSION],
  [
    'a newer',
    {
      ...ADMISSION,
      creation: { ...ADMISSION.creation, mood: 'cheerful', limits: { turns: 3 } },
      tomorrow: true,
    },
  ],
])('[D44] an object understands %s Worker', async (_age, admission) => {
  const { conversation } = await create();
  const response = await objectOf(conversation).fetch('https://voice.example/', {
    headers: {
      Upgrade: 'websocket',
      'Sec-WebSocket-Protocol': SUBPROTOCOL,
      [ADMISSION_HEADER]: JSON.stringify({ ...admission, tokensExpireMs: Date.now() + 60_000 }),
    },
  });
  const caller = new Caller(response);
  caller.hello();
  expect(await caller.next('welcome')).toMatchObject({ epoch: 0, connection: 1 });
  expect(await objectOf(conversation).state()).toMatchObject({ scorer: 'energy' });
});

// A link with some of its methods replaced.

import type { Link } from '../../../durable-objects/runtime/link.ts';

export function linkAround(link: Link, changed: Partial<Link>): Link {
  return {
    connection: link.connection,
    resumeToken: null,
    received: (text, engine, nowMs) => link.received(text, engine, nowMs),
    left: (engine, nowMs) => link.left(engine, nowMs),
    answer: (engine, nowMs) => link.answer(engine, nowMs),
    answerClose: (code) => link.answerClose(code),
    sendAudio: (packet) => link.sendAudio(packet),
    sendControl: (message) => link.sendControl(message),
    close: (code, sentence) => link.close(code, sentence),
    ...changed,
  };
}

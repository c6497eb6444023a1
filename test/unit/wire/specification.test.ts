// The tables of docs/SPEC.md say what the code says.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../core/wire/close-codes.ts';
import * as limits from '../../../core/wire/limits.ts';
import { CLIENT_MESSAGES, SERVER_MESSAGES } from './sample-messages.ts';

const page = readFileSync(new URL('../../../docs/SPEC.md', import.meta.url), 'utf8');

/** Rows of the first table after a line of the page, each as the text of its cells. */
function rowsAfter(line: string): readonly (readonly string[])[] {
  const lines = page.slice(page.indexOf(`\n${line}\n`)).split('\n');
  const from = lines.findIndex((text) => text.startsWith('|'));
  const until = lines.findIndex((text, index) => index > from && !text.startsWith('|'));
  return lines.slice(from + 2, until).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The first two columns of a table of messages. */
const described = (line: string) => rowsAfter(line).map(([type, fields]) => [type, fields]);

/** The same columns, made from a complete message. */
function columns(message: object): readonly string[] {
  const { type, ...fields } = message as { readonly type: string; readonly state?: string };
  const names = Object.keys(fields).map((name) => `\`${name}\``);
  return [`\`${type}\``, names.join(', ')];
}

describe('the specification', () => {
  it('[W11] lists every type and field of the client', () => {
    expect(described('Client to server:')).toEqual(CLIENT_MESSAGES.map(columns));
  });

  it('[W11] lists every type and field of the server, by state where there are several', () => {
    expect(described('Server to client:')).toEqual(
      SERVER_MESSAGES.map((message) => {
        const [type, fields] = columns(message);
        const several = message.type === 'turn' || message.type === 'utterance';
        return [several ? `${type} ${message.state}` : type, fields];
      }),
    );
  });

  it('[W14] lists every limit with its value', () => {
    const values = Object.entries(limits).filter(([, value]) => typeof value === 'number');
    expect(
      rowsAfter('### Limits')
        .map(([name, value]) => [name, Number(value)])
        .sort(),
    ).toEqual(values.map(([name, value]) => [`\`${name}\``, value]).sort());
  });

  it('[W17] lists every close code with what the client does', () => {
    expect(rowsAfter('### Close codes')).toEqual(
      Object.entries(CLOSE_CODES).map(([name, { code, action }]) => [
        `${code}`,
        `\`${name}\``,
        action,
      ]),
    );
  });
});

// The check that keeps docs/SPEC.md and the tests together.

import { describe, expect, it } from 'vitest';
import { compareSpecWithTests } from '../../scripts/spec-coverage.ts';

const spec = (...lines: string[]) => ({ path: 'SPEC.md', text: lines.join('\n') });
const tests = (...lines: string[]) => [{ path: 'a.test.ts', text: lines.join('\n') }];

const TWO_RULES = spec('## Jitter buffer (J)', '', '- **J1** One.', '- **J2** Two.');

describe('compareSpecWithTests', () => {
  it('[N1] is silent when each rule is named by a test, and reports a rule that none names', () => {
    const first = "it('[J1] holds', () => {});";
    expect(compareSpecWithTests(TWO_RULES, tests(first, "test('[J2] too', () => {});"))).toEqual(
      [],
    );
    expect(compareSpecWithTests(TWO_RULES, tests(first))).toEqual(['SPEC.md:4: no test names J2.']);
  });

  it('[N1] does not take an id in a comment, a string or a description for a test', () => {
    const sources = tests(
      "// it('[J1] holds')",
      `const text = "it('[J1] holds')";`,
      "describe('[J1] group', () => { it('[J2] holds', () => {}); });",
      "/x/.test('[J1] not a test');",
    );
    expect(compareSpecWithTests(TWO_RULES, sources)).toEqual(['SPEC.md:3: no test names J1.']);
  });

  it('[N2] reports an id that the specification does not have', () => {
    const sources = tests("it('[J1] a', () => {});", "it('[J2][J9] b', () => {});");
    expect(compareSpecWithTests(TWO_RULES, sources)).toEqual([
      'a.test.ts:2: the test names J9, which SPEC.md does not have.',
    ]);
  });

  it('[N3] reads plain, tabled, templated and nested titles, and several ids in one', () => {
    for (const title of [
      "it('[J1][J2] a', () => {});",
      "it('[J1] [J2] a', () => {});",
      "it('[J1, J2] a', () => {});",
      "it.each([1, 2])('[J1][J2] a %i', () => {});",
      'it.each`x\n1`("[J1][J2] a $x", () => {});',
      'for (const x of [1, 2]) it(`[J1][J2] a ${x}`, () => {});',
      "export function contract() { it.concurrent('[J1][J2] a', () => {}); }",
    ]) {
      expect(compareSpecWithTests(TWO_RULES, tests(title)), title).toEqual([]);
    }
  });

  it('[N3] reports a title without an id, with an id elsewhere, and a computed one', () => {
    const sources = tests(
      "it('[J1][J2] a', () => {});",
      "it('drops a packet', () => {});",
      "it('drops [J1] a packet', () => {});",
      'it(title, () => {});',
      "const withCall = it.extend({ call: 'x' });",
    );
    const line = (number: number) =>
      `a.test.ts:${number}: the test title does not start with a rule id.`;
    expect(compareSpecWithTests(TWO_RULES, sources)).toEqual([line(2), line(3), line(4)]);
  });

  it.each([
    ['a gap', ['## J (J)', '- **J1** a', '- **J3** b'], 'SPEC.md:3: found J3 where J2 is due.'],
    ['a start above 1', ['## J (J)', '- **J2** a'], 'SPEC.md:2: found J2 where J1 is due.'],
    [
      'a repetition',
      ['## J (J)', '- **J1** a', '- **J1** b'],
      'SPEC.md:3: found J1 where J2 is due.',
    ],
    ['a foreign letter', ['## J (J)', '- **W1** a'], 'SPEC.md:2: found W1 where J1 is due.'],
    ['no letter', ['## Vocabulary', '- **J1** a'], 'SPEC.md:2: J1 is in a section without rules.'],
  ])('[N4] reports %s', (_fault, lines, sentence) => {
    const ids = lines.join('\n').match(/(?<=\*\*)[A-Z]{1,2}\d+/g) ?? [];
    const sources = tests(...ids.map((id) => `it('[${id}] a', () => {});`));
    expect(compareSpecWithTests(spec(...lines), sources)).toEqual([sentence]);
  });
});

// Compares the numbered rules of docs/SPEC.md with the titles of the tests that prove them.

import ts from 'typescript';

/** A source file as the comparison sees it. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

interface Rule {
  readonly id: string;
  readonly line: number;
}

/** A test title; `text` is undefined where the title does not start with literal text. */
interface Title {
  readonly place: string;
  readonly text: string | undefined;
}

const SECTION = /^## .*\(([A-Z]{1,2})\)$/;
const RULE = /^- \*\*([A-Z]{1,2})(\d+)\*\*/;
const LEADING_IDS = /^(?:\[[A-Z]{1,2}\d+(?:, [A-Z]{1,2}\d+)*\] ?)+/;

/**
 * Says in sentences how the specification and the tests disagree; an empty list means they do not.
 * A rule is proven when the title of a test starts with its id in brackets: `it('[J3] drops …')`.
 */
export function compareSpecWithTests(spec: SourceText, tests: readonly SourceText[]): string[] {
  const faults: string[] = [];
  const rules = readRules(spec, faults);
  const known = new Set(rules.map((rule) => rule.id));
  const proven = new Set<string>();
  for (const title of tests.flatMap(readTitles)) {
    const ids = readIds(title.text);
    if (ids.length === 0)
      faults.push(`${title.place}: the test title does not start with a rule id.`);
    for (const id of ids) {
      if (known.has(id)) proven.add(id);
      else faults.push(`${title.place}: the test names ${id}, which ${spec.path} does not have.`);
    }
  }
  for (const rule of rules) {
    if (!proven.has(rule.id)) faults.push(`${spec.path}:${rule.line}: no test names ${rule.id}.`);
  }
  return faults;
}

/** Rules in order of appearance; within a section they carry its letter and count up from 1. */
function readRules(spec: SourceText, faults: string[]): Rule[] {
  const rules: Rule[] = [];
  let letter: string | undefined;
  let next = 1;
  spec.text.split('\n').forEach((text, index) => {
    const line = index + 1;
    if (text.startsWith('## ')) {
      letter = SECTION.exec(text)?.[1];
      next = 1;
    }
    const rule = RULE.exec(text);
    if (rule === null) return;
    const id = `${rule[1]}${rule[2]}`;
    if (letter === undefined)
      faults.push(`${spec.path}:${line}: ${id} is in a section without rules.`);
    else if (id !== `${letter}${next}`) {
      faults.push(`${spec.path}:${line}: found ${id} where ${letter}${next} is due.`);
    }
    next = Number(rule[2]) + 1;
    rules.push({ id, line });
  });
  return rules;
}

function readIds(title: string | undefined): string[] {
  const leading = title === undefined ? null : LEADING_IDS.exec(title);
  return leading?.[0].match(/[A-Z]{1,2}\d+/g) ?? [];
}

function readTitles(file: SourceText): Title[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const titles: Title[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTestCall(node)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      titles.push({ place: `${file.path}:${line}`, text: literalStart(node.arguments[0]) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** True for `it(…)`, `test.only(…)` and `it.each(…)(…)`, not for the `it.each(…)` inside it nor for `test.extend(…)`. */
function isTestCall(call: ts.CallExpression): boolean {
  if (ts.isCallExpression(call.parent) && call.parent.expression === call) return false;
  let callee: ts.Expression = call.expression;
  if (ts.isPropertyAccessExpression(callee) && callee.name.text === 'extend') return false;
  while (!ts.isIdentifier(callee)) {
    if (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee))
      callee = callee.expression;
    else if (ts.isTaggedTemplateExpression(callee)) callee = callee.tag;
    else return false;
  }
  return callee.text === 'it' || callee.text === 'test';
}

function literalStart(title: ts.Expression | undefined): string | undefined {
  if (title === undefined) return undefined;
  if (ts.isStringLiteralLike(title)) return title.text;
  if (ts.isTemplateExpression(title)) return title.head.text;
  return undefined;
}

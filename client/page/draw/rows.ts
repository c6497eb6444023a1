// Where the rows of the picture lie, from top to bottom, in CSS pixels.

export interface Row {
  readonly name: string;
  readonly topPx: number;
  readonly heightPx: number;
}

/** Rows from top to bottom; a row without a name needs none. */
const HEIGHTS = [
  ['turns', '', 18],
  ['caller', 'you', 78],
  ['score', 'speech score', 46],
  ['utterances', '', 20],
  ['agent', 'agent', 78],
  ['faults', 'faults', 24],
  ['axis', '', 18],
] as const;

type RowName = (typeof HEIGHTS)[number][0];

function layOut(): Readonly<Record<RowName, Row>> & { readonly heightPx: number } {
  let topPx = 0;
  const rows: Partial<Record<RowName, Row>> = {};
  for (const [key, name, heightPx] of HEIGHTS) {
    rows[key] = { name, topPx, heightPx };
    topPx += heightPx + 2;
  }
  return { ...(rows as Record<RowName, Row>), heightPx: topPx };
}

export const ROWS = layOut();

/** The rows that have a name. */
export function rowLayout(): Row[] {
  return HEIGHTS.map(([key]) => ROWS[key]).filter(({ name }) => name !== '');
}

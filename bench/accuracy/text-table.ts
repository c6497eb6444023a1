// Rows of values as columns of text.

/** A heading, and how a row is shown under it. */
export type Column<Row> = readonly [heading: string, text: (row: Row) => string];

/** The first column is aligned left, the others right. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, text]) => text(row))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) =>
          index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!),
        )
        .join('  '),
    )
    .join('\n');
}

/** A number with so many decimals; an en dash where there is none to give. */
export function decimals(value: number | null, digits: number): string {
  return value === null || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

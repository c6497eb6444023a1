// Elements of an SVG file as text (W3C SVG 2).

export type Attributes = Readonly<Record<string, string | number>>;

/** An element with its attributes and children; numbers are written with one decimal at most. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const pairs = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? decimal(value) : escaped(value)}"`,
  );
  const head = `<${name}${pairs.join('')}`;
  return children.length === 0 ? `${head}/>` : `${head}>${children.join('')}</${name}>`;
}

/** Text that means itself inside an element or a quoted attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A coordinate with one decimal at most: a tenth of a pixel is finer than any screen shows. */
export function decimal(value: number): string {
  return String(Math.round(10 * value) / 10);
}

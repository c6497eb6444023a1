// One number for everything that happened in a run.

/** FNV-1a over 32-bit numbers. */
export class RunHash {
  #hash = 0x811c_9dc5;

  number(value: number): void {
    this.#hash = Math.imul(this.#hash ^ (value | 0), 0x0100_0193);
  }

  text(text: string): void {
    for (let index = 0; index < text.length; index++) this.number(text.charCodeAt(index));
  }

  get value(): number {
    return this.#hash >>> 0;
  }
}

// A spill in memory, which counts.

import type { SpeechSpill } from '../core/conversation/ports.ts';

export class MemorySpill implements SpeechSpill {
  readonly blocks = new Map<number, Int16Array>();
  mostBlocks = 0;
  reads = 0;

  write(block: number, samples: Int16Array): void {
    this.blocks.set(block, samples.slice());
    this.mostBlocks = Math.max(this.mostBlocks, this.blocks.size);
  }

  read(block: number, offset: number, into: Int16Array): boolean {
    this.reads++;
    const samples = this.blocks.get(block);
    if (samples === undefined) return false;
    into.set(samples.subarray(offset, offset + into.length));
    return true;
  }

  dropBelow(block: number): void {
    for (const each of this.blocks.keys()) if (each < block) this.blocks.delete(each);
  }
}

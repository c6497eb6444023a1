// Writes the picture of a call into a file.

import { writeFile } from 'node:fs/promises';
import { CommandError } from './command-error.ts';
import { conversationPicture } from './conversation-picture.ts';
import type { PicturedCall } from './picture-rows.ts';

/** Writes the picture and says where it is; does nothing without a path. Throws CommandError with a sentence. */
export async function writePicture(path: string | null, call: PicturedCall): Promise<void> {
  if (path === null) return;
  try {
    await writeFile(path, conversationPicture(call));
  } catch (fault) {
    throw new CommandError(`The picture cannot be written: ${(fault as Error).message}`);
  }
  console.log(`  A picture of the call is in ${path}.`);
}

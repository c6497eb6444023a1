// Serves a folder on loopback, as a page's own web server does.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
};

export interface StaticServer {
  readonly url: URL;
  close(): void;
}

export async function serveFolder(folder: string): Promise<StaticServer> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://loopback');
    const path = pathname === '/' ? '/index.html' : normalize(pathname);
    const bytes = await readFile(join(folder, path)).catch(() => null);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(bytes === null ? 404 : 200, { 'Content-Type': type }).end(bytes);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/`), close: () => void server.close() };
}

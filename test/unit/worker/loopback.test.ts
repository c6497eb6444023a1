import { describe, expect, it } from 'vitest';
import { foreignness, isLoopbackAddress, isLoopbackHost } from '../../../worker/loopback.ts';
import { isOriginAllowed } from '../../../worker/origins.ts';

function request(url: string, headers: Record<string, string>): Request {
  return new Request(url, { headers });
}

const LOCAL = { 'CF-Connecting-IP': '127.0.0.1' };

describe('loopback', () => {
  it('[A2] knows the addresses of this machine', () => {
    for (const address of [
      '127.0.0.1',
      '127.8.9.10',
      '::1',
      '::ffff:127.0.0.1',
      '::FFFF:127.0.0.1',
    ]) {
      expect(isLoopbackAddress(address), address).toBe(true);
    }
    for (const address of [
      '0.0.0.0',
      '10.0.0.1',
      '128.0.0.1',
      '::',
      '::ffff:10.0.0.1',
      '2001:db8::1',
      '127.0.0.1.5',
      '',
    ]) {
      expect(isLoopbackAddress(address), address).toBe(false);
    }
    expect(isLoopbackAddress(null)).toBe(false);
  });

  it('[A2] knows the names of this machine', () => {
    for (const name of ['localhost', 'LOCALHOST', 'app.localhost', '127.0.0.1', '[::1]']) {
      expect(isLoopbackHost(name), name).toBe(true);
    }
    for (const name of [
      '',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'notlocalhost',
      'evil.example',
    ]) {
      expect(isLoopbackHost(name), name).toBe(false);
    }
  });

  it('[A1] takes a request of this machine, from a program or from a local page on any port', () => {
    expect(foreignness(request('http://127.0.0.1:8787/', LOCAL))).toBeNull();
    expect(
      foreignness(request('http://localhost:8787/', { ...LOCAL, Origin: 'http://localhost:3000' })),
    ).toBeNull();
    expect(foreignness(request('http://[::1]:8787/', { 'CF-Connecting-IP': '::1' }))).toBeNull();
  });

  it.each([
    ['no address', 'http://127.0.0.1/', {}],
    ['a foreign address', 'http://127.0.0.1/', { 'CF-Connecting-IP': '203.0.113.9' }],
    ['a foreign name for this machine', 'http://evil.example/', LOCAL],
    ['a foreign page', 'http://127.0.0.1/', { ...LOCAL, Origin: 'https://evil.example' }],
    ['a sandboxed page', 'http://127.0.0.1/', { ...LOCAL, Origin: 'null' }],
    ['a proxy', 'http://127.0.0.1/', { ...LOCAL, 'X-Forwarded-For': '203.0.113.9' }],
    ['a proxy by RFC 7239', 'http://127.0.0.1/', { ...LOCAL, Forwarded: 'for=203.0.113.9' }],
  ])('[A1] refuses a request with %s', (_name, url, headers) => {
    expect(foreignness(request(url, headers as Record<string, string>))).toMatch(
      /^it (serves|answers) only/,
    );
  });
});

describe('origins', () => {
  const URL_OF_SERVICE = 'https://voice.example/v1/conversations';

  it('[A11] lets programs, the own pages and the listed origins connect, and no one else', () => {
    const listed = ['https://app.example'];
    expect(isOriginAllowed(null, URL_OF_SERVICE, listed)).toBe(true);
    expect(isOriginAllowed('https://voice.example', URL_OF_SERVICE, listed)).toBe(true);
    expect(isOriginAllowed('https://app.example', URL_OF_SERVICE, listed)).toBe(true);
    expect(isOriginAllowed('http://app.example', URL_OF_SERVICE, listed)).toBe(false);
    expect(isOriginAllowed('https://app.example.evil.example', URL_OF_SERVICE, listed)).toBe(false);
    expect(isOriginAllowed('null', URL_OF_SERVICE, listed)).toBe(false);
    expect(isOriginAllowed('https://evil.example', URL_OF_SERVICE, ['*'])).toBe(true);
  });
});

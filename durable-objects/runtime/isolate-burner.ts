// Keeps the isolate busy on purpose: shows in development what a computation does to the audio beside it.

/** Bounds the loop where the clock stands still during computation, as it does once deployed. */
const CHECKS_MAX = 50_000_000;

/** Computes for `burnMs` at a stretch, every `everyMs`, for `forMs` in all; nothing else runs meanwhile. Says when each begins. */
export function burnIsolate(
  burnMs: number,
  everyMs: number,
  forMs: number,
  begins: () => void,
): void {
  const startMs = Date.now();
  const burnAgain = (count: number): void => {
    begins();
    spin(burnMs);
    const nextMs = startMs + count * everyMs;
    if (nextMs - startMs >= forMs) return;
    setTimeout(() => burnAgain(count + 1), Math.max(0, nextMs - Date.now()));
  };
  burnAgain(1);
}

function spin(burnMs: number): void {
  const endMs = Date.now() + burnMs;
  for (let checks = 0; checks < CHECKS_MAX && Date.now() < endMs; checks += 1);
}

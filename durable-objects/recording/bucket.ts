// The bucket that recordings go to, where one is bound.

/** Null where no R2 bucket is bound as RECORDINGS: the types know only of the configuration that is in this repository. */
export function recordingBucket(env: object): R2Bucket | null {
  return 'RECORDINGS' in env ? ((env.RECORDINGS as R2Bucket | undefined) ?? null) : null;
}

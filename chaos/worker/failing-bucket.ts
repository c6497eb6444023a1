// A bucket whose next operations fail when told to.

/** What R2 says when it is not well. */
const FAILURE = 'We encountered an internal error. Please try again. (10001)';

/** Every method of the bucket, and of the uploads that it hands out, is one operation. */
export class FailingBucket {
  readonly bucket: R2Bucket;
  #failures = 0;
  #failed: (isDone: boolean) => void = () => {};

  constructor(bucket: R2Bucket) {
    this.bucket = this.#guarded(bucket);
  }

  /** So many operations fail from now on; then all is well again, and the promise resolves. */
  failNext(operations: number): Promise<boolean> {
    this.#failures = operations;
    return new Promise((resolve) => {
      this.#failed = resolve;
    });
  }

  #guarded<Target extends object>(target: Target): Target {
    return new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => this.#operate(() => value.apply(of, args) as unknown);
      },
    });
  }

  #operate(operate: () => unknown): unknown {
    if (this.#failures > 0) {
      if (--this.#failures === 0) this.#failed(true);
      return Promise.reject(new Error(FAILURE));
    }
    const result = operate();
    if (!(result instanceof Promise)) return isUpload(result) ? this.#guarded(result) : result;
    return result.then((value: unknown) => (isUpload(value) ? this.#guarded(value) : value));
  }
}

function isUpload(value: unknown): value is R2MultipartUpload {
  return typeof value === 'object' && value !== null && 'uploadPart' in value;
}

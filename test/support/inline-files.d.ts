// Files that Vite puts into a test as text, for tests that run where there is no file system.

declare module '*.wav?inline' {
  /** A data URL in base64. */
  const url: string;
  export default url;
}

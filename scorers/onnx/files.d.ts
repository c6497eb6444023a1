// What importing a file gives in this Worker, by the rules of its wrangler.toml.

declare module '*.onnx' {
  const file: ArrayBuffer;
  export default file;
}

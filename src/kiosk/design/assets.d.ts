/** Vite's way of importing a file's text at build time. */
declare module '*.svg?raw' {
  const text: string;
  export default text;
}
declare module '*.css';

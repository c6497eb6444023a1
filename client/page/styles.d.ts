// Style sheets that the page's program brings along; the bundler makes one file of them.

declare module '*.css';

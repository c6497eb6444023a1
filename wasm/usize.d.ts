// Lets tsc read assembly/layout.ts, which is AssemblyScript: to Node its addresses are numbers.

declare type usize = number;

/** dynalite 4.0.0 ships no types; this is the part in use. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** An HTTP server that speaks DynamoDB, in memory. The times are how long a table stays in its transient states. */
  const dynalite: (options?: { readonly createTableMs?: number; readonly deleteTableMs?: number }) => Server;
  export default dynalite;
}

/** What `scan` can write. By itself: every command knows the names, and what writes them takes long to load. */
export const FORMATS = ['table', 'json', 'ndjson', 'ocsf'] as const;
export type Format = (typeof FORMATS)[number];

import { dayFolder } from './digest/place.ts';
import type { ListedObject, ListObjects } from './ports.ts';

/**
 * Lists the objects below dated folders (`<prefix>YYYY/MM/DD/…`) of the days from `start` to `end`, both included:
 * listing begins at the first day and stops behind the last, however many years the prefix holds.
 *
 * @param start milliseconds
 * @param end milliseconds
 * @throws what the port throws
 */
export async function* listDays(
  list: ListObjects,
  bucket: string,
  prefix: string,
  start: number,
  end: number,
): AsyncGenerator<ListedObject> {
  const first = `${prefix}${dayFolder(start)}`;
  const last = `${prefix}${dayFolder(end)}0`; // '0' follows '/': behind every key of the last day
  for await (const object of list(bucket, prefix, { startAfter: first })) {
    if (object.key >= last) return;
    yield object;
  }
}

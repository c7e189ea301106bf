import { type CloudTrailClient, ListPublicKeysCommand } from '@aws-sdk/client-cloudtrail';
import type { ListPublicKeys, PublicKey } from '../engine/ports.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const listAll = async (client: CloudTrailClient, start: Date, end: Date): Promise<readonly PublicKey[]> => {
  const keys: PublicKey[] = [];
  let token: string | undefined;
  do {
    const input = { StartTime: start, EndTime: end, ...(token === undefined ? {} : { NextToken: token }) };
    const page = await client.send(new ListPublicKeysCommand(input));
    for (const { Fingerprint, Value, ValidityStartTime, ValidityEndTime } of page.PublicKeyList ?? [])
      if (Fingerprint !== undefined && Value !== undefined)
        keys.push({
          fingerprint: Fingerprint,
          value: Value,
          validityStart: ValidityStartTime ?? start,
          validityEnd: ValidityEndTime ?? end,
        });
    token = page.NextToken;
  } while (token !== undefined);
  return keys;
};

/**
 * Lists the public keys that CloudTrail signed digests with, in the Region that signed. Asked for whole UTC days and
 * remembered for the process: a warm function asks once per Region and day. An empty or failed answer is not remembered.
 */
export const publicKeyLister = (clientFor: (region: string) => CloudTrailClient): ListPublicKeys => {
  const answers = new Map<string, Promise<readonly PublicKey[]>>();
  return (region, start, end) => {
    const from = new Date(Math.floor(start.getTime() / DAY_MS) * DAY_MS);
    const to = new Date(Math.ceil((end.getTime() + 1) / DAY_MS) * DAY_MS);
    const question = `${region} ${from.toISOString()} ${to.toISOString()}`;
    const known = answers.get(question);
    if (known !== undefined) return known;
    const answer = listAll(clientFor(region), from, to);
    answers.set(question, answer);
    const forget = () => answers.delete(question);
    answer.then((keys) => keys.length === 0 && forget(), forget);
    return answer;
  };
};

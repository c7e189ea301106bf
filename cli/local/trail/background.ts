import type { JsonObject } from '../../../engine/record/json.ts';
import { isJsonObject } from '../../../engine/record/json.ts';
import { peopleShapes } from './people-events.ts';
import type { Random } from './random.ts';
import { type Shape, serviceShapes } from './service-events.ts';

/**
 * One record of an ordinary day, chosen by chance: mostly reads, mostly by AWS's own services. None of them is meant
 * to raise a finding above `low`.
 */
export const backgroundRecord: Shape = (random, place) =>
  random.weighted([...serviceShapes, ...peopleShapes])(random, place);

/**
 * The same record with its caller, address, agent and request unlike any other's: what an engine that remembers values
 * it has seen likes least.
 */
export const makeUnique = (random: Random, record: JsonObject): JsonObject => {
  const mark = random.text('lower', 12);
  const who = record['userIdentity'];
  const request = record['requestParameters'];
  return {
    ...record,
    userIdentity: isJsonObject(who)
      ? {
          ...who,
          arn: `arn:aws:sts::${random.text('digits', 12)}:assumed-role/role-${mark}/${mark}`,
          principalId: mark,
        }
      : { type: 'Unknown', principalId: mark },
    sourceIPAddress: [10, 0, 0, 0].map((base) => base || random.int(0, 255)).join('.'),
    userAgent: `client-${mark}/${random.int(1, 99)}.${random.int(0, 999)} (${random.uuid()})`,
    requestParameters: { ...(isJsonObject(request) ? request : {}), token: random.uuid(), name: `thing-${mark}` },
  };
};

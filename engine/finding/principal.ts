import type { Json } from '../record/json.ts';
import { type CloudTrailRecord, own, textAt } from '../record/record.ts';
import { plainText } from './escape.ts';
import type { Principal } from './finding.ts';

const MAX = 512;

/** `Role/session` of an assumed-role ARN (`arn:aws:sts::<account>:assumed-role/Role/session`). */
const assumedRoleName = (arn: string | undefined): string | undefined => {
  const at = arn?.indexOf(':assumed-role/') ?? -1;
  return at < 0 ? undefined : arn?.slice(at + ':assumed-role/'.length);
};

const nameOf = (identity: Json | undefined, type: string | undefined): string | undefined => {
  const userName = textAt(identity, 'userName');
  const issuer = textAt(identity, 'sessionContext', 'sessionIssuer', 'userName');
  const account = textAt(identity, 'accountId');
  switch (type) {
    case 'Root':
      return 'root';
    case 'AssumedRole':
    case 'Role':
      return assumedRoleName(textAt(identity, 'arn')) ?? issuer ?? textAt(identity, 'principalId');
    case 'AWSAccount':
      return account === 'ANONYMOUS_PRINCIPAL' ? 'anonymous' : (userName ?? account);
    case 'IdentityCenterUser':
      return userName ?? textAt(identity, 'onBehalfOf', 'userId');
    default:
      return userName ?? issuer ?? textAt(identity, 'invokedBy') ?? textAt(identity, 'principalId');
  }
};

/** CloudTrail writes both as strings: `"true"` in a session's attributes, `"Yes"` on a console sign-in. */
const mfaOf = (record: CloudTrailRecord): boolean | undefined => {
  const session = own(own(own(own(record, 'userIdentity'), 'sessionContext'), 'attributes'), 'mfaAuthenticated');
  const value = session ?? own(own(record, 'additionalEventData'), 'MFAUsed');
  if (value === true || value === 'true' || value === 'Yes') return true;
  return value === false || value === 'false' || value === 'No' ? false : undefined;
};

const text = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : plainText(value, MAX);

/**
 * Who made the call, from `userIdentity` (user guide, "CloudTrail userIdentity element"); undefined where the record
 * names no one, as insights do. AWS services act without a type: then `name` is who invoked the call.
 */
export const principalOf = (record: CloudTrailRecord): Principal | undefined => {
  const identity = own(record, 'userIdentity');
  const type = text(textAt(identity, 'type'));
  const fields = {
    type,
    arn: text(textAt(identity, 'arn')),
    name: text(nameOf(identity, type)),
    accessKeyId: text(textAt(identity, 'accessKeyId')),
    issuerArn: text(textAt(identity, 'sessionContext', 'sessionIssuer', 'arn')),
    mfa: mfaOf(record),
  };
  const { type: kind, arn, name, accessKeyId, issuerArn, mfa } = fields;
  if (Object.values(fields).every((value) => value === undefined)) return undefined;
  return {
    ...(kind !== undefined && { type: kind }),
    ...(arn !== undefined && { arn }),
    ...(name !== undefined && { name }),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(issuerArn !== undefined && { issuerArn }),
    ...(mfa !== undefined && { mfa }),
  };
};

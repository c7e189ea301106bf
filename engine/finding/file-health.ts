import { type ObjectLocation, showLocation } from '../record/location.ts';
import type { LogFile } from '../record/log-file.ts';
import { parseObjectKey } from '../record/object-key.ts';
import type { MalformedRecord } from '../record/record.ts';
import type { HealthProblem } from './health.ts';

/** Why a log file, or a part of it, could not be scanned. */
export type FileFault =
  | { readonly fault: Extract<LogFile, { kind: 'fault' }>['fault']; readonly reason: string }
  | { readonly fault: 'missing' }
  | { readonly fault: 'denied'; readonly awsCode: string; readonly reason: string };

const REDRIVE = 'When the cause is mended, move the message from the dead-letter queue back: it is scanned then.';

const UNREADABLE = {
  code: 'FILE_UNREADABLE',
  severity: 'high',
  title: 'A CloudTrail log file cannot be read',
  nextSteps: [
    'Compare the object with the digest that lists it: trailwarden verify names files that were altered.',
    'Look for who wrote the object: its versions, and S3 data events on the log bucket.',
    REDRIVE,
  ],
} as const;

/** What each fault is called. Absent from the table: unreadable content. */
const kindOf = ({ fault }: FileFault): Pick<HealthProblem, 'code' | 'severity' | 'title' | 'nextSteps'> => {
  switch (fault) {
    case 'missing':
      return {
        code: 'FILE_MISSING',
        severity: 'high',
        title: 'A delivered CloudTrail log file is gone',
        nextSteps: [
          'Look for DeleteObject on the key, and for a lifecycle rule that expires log files early.',
          'In a versioned bucket remove the delete marker; otherwise restore the object from a copy.',
          REDRIVE,
        ],
      };
    case 'denied':
      return {
        code: 'FILE_DENIED',
        severity: 'high',
        title: 'Trailwarden may not read a CloudTrail log file',
        nextSteps: [
          'Allow the function role s3:GetObject in the bucket policy and kms:Decrypt in the key policy.',
          'Find out what changed: PutBucketPolicy, PutKeyPolicy, DisableKey, ScheduleKeyDeletion.',
          REDRIVE,
        ],
      };
    case 'too-large':
      return {
        code: 'FILE_TOO_LARGE',
        severity: 'high',
        title: 'A CloudTrail log file is larger than CloudTrail writes',
        nextSteps: ['CloudTrail writes at most 50 MB before compression: find out who wrote this object.', REDRIVE],
      };
    case 'trailing-data':
      return {
        code: 'FILE_TRAILING_DATA',
        severity: 'high',
        title: 'Data was appended to a CloudTrail log file',
        nextSteps: [
          'The records CloudTrail signed were scanned; what stands behind them was not.',
          'Find out who wrote the object after CloudTrail: its versions, and S3 data events on the log bucket.',
        ],
      };
    default:
      return UNREADABLE;
  }
};

const reasonOf = (fault: FileFault): string => {
  if (fault.fault === 'missing') return 'the object does not exist (404)';
  return fault.fault === 'denied' ? `${fault.awsCode}: ${fault.reason}` : `${fault.fault}: ${fault.reason}`;
};

const placeOf = ({ key }: ObjectLocation) => {
  const named = parseObjectKey(key);
  return named.kind === 'folder' || named.kind === 'foreign' ? {} : { account: named.account, region: named.region };
};

// The version is no part of it: a notification may name one on one path and none on another.
const about = ({ bucket, key }: ObjectLocation): readonly string[] => [bucket, key];

/** The health problem of a log file that could not be scanned, or not whole. */
export const fileProblem = (location: ObjectLocation, fault: FileFault): HealthProblem => {
  const kind = kindOf(fault);
  const reason = reasonOf(fault);
  return {
    ...kind,
    ...placeOf(location),
    summary: `${kind.title}: ${showLocation(location)} (${reason})`,
    about: about(location),
    resources: [`arn:aws:s3:::${location.bucket}/${location.key}`],
    details: { bucket: location.bucket, key: location.key, fault: fault.fault, reason },
  };
};

const MOST_NAMED = 20;

/**
 * The health problem of records that are none: the others were scanned.
 *
 * @param from what they stood in: a location, a log stream
 */
export const malformedProblem = (
  from: { readonly name: string; readonly about: readonly string[]; readonly location?: ObjectLocation },
  malformed: readonly MalformedRecord[],
): HealthProblem => ({
  code: 'RECORDS_MALFORMED',
  severity: 'medium',
  title: 'Records of CloudTrail could not be read',
  summary: `${malformed.length} of the records in ${from.name} could not be read, the first at index ${malformed[0]?.index ?? 0}: ${malformed[0]?.reason ?? ''}`,
  about: from.about,
  ...(from.location === undefined ? {} : placeOf(from.location)),
  details: {
    count: malformed.length,
    records: malformed.slice(0, MOST_NAMED).map(({ index, reason }) => ({ index, reason })),
  },
  nextSteps: ['Compare the file with the digest that lists it; CloudTrail writes JSON objects only.'],
});

const MOST_OBJECTS = 10;

/**
 * The health problem of log files that a verified digest lists and no scan has recorded: they were sent back to the
 * queue, so nothing is lost, but something between the bucket and the queue dropped what it should have passed on.
 */
export const requeuedProblem = (digest: ObjectLocation, files: readonly ObjectLocation[]): HealthProblem => {
  const named = files.slice(0, MOST_OBJECTS).map(showLocation);
  const [first = ''] = named;
  const what = files.length === 1 ? `Log file ${first} was` : `${files.length} log files, the first ${first}, were`;
  const them = files.length === 1 ? 'it' : 'them';
  return {
    code: 'LOG_REQUEUED',
    severity: 'low',
    title: 'CloudTrail log files whose notification did not come',
    ...placeOf(digest),
    summary: `${what} not scanned when the digest ${showLocation(digest)} listed ${them}: the notification was lost or is late. Queued again, to be scanned now.`,
    about: about(digest),
    resources: files.slice(0, MOST_OBJECTS).map(({ bucket, key }) => `arn:aws:s3:::${bucket}/${key}`),
    details: { digest: showLocation(digest), count: files.length, objects: named },
    nextSteps: [
      'Nothing is lost: findings of these files come late. LOG_UNSCANNED follows for a file that is not scanned even now.',
      'If it repeats, look at the path of notifications: PutBucketNotification, a changed rule, topic or queue policy.',
      'Look at the age of the oldest message on the deliveries queue: with a backlog the files were only late.',
    ],
  };
};

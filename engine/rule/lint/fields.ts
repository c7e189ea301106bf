/** Objects whose content the services decide: any field may be there. */
const FREE = ['requestParameters', 'responseElements', 'additionalEventData', 'serviceEventDetails'] as const;

const SESSION = 'userIdentity.sessionContext';

/**
 * Every other field CloudTrail writes (AWS CloudTrail user guide, "CloudTrail record contents" and "userIdentity element",
 * as of event version 1.11).
 */
const FIELDS: readonly string[] = [
  'eventTime eventVersion eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage requestID eventID',
  'eventType apiVersion managementEvent readOnly recipientAccountId sharedEventID vpcEndpointId vpcEndpointAccountId',
  'eventCategory sessionCredentialFromConsole',
  'userIdentity userIdentity.type userIdentity.userName userIdentity.principalId userIdentity.arn userIdentity.accountId',
  'userIdentity.accessKeyId userIdentity.invokedBy userIdentity.identityProvider userIdentity.credentialId',
  'userIdentity.onBehalfOf userIdentity.onBehalfOf.userId userIdentity.onBehalfOf.identityStoreArn',
  'userIdentity.invokedByDelegate userIdentity.invokedByDelegate.accountId',
  'userIdentity.inScopeOf userIdentity.inScopeOf.sourceArn userIdentity.inScopeOf.sourceAccount',
  'userIdentity.inScopeOf.issuerType userIdentity.inScopeOf.credentialsIssuedTo',
  `${SESSION} ${SESSION}.sourceIdentity ${SESSION}.ec2RoleDelivery ${SESSION}.assumedRoot ${SESSION}.signInSessionArn`,
  `${SESSION}.attributes ${SESSION}.attributes.creationDate ${SESSION}.attributes.mfaAuthenticated`,
  `${SESSION}.sessionIssuer ${SESSION}.sessionIssuer.type ${SESSION}.sessionIssuer.userName`,
  `${SESSION}.sessionIssuer.principalId ${SESSION}.sessionIssuer.arn ${SESSION}.sessionIssuer.accountId`,
  `${SESSION}.webIdFederationData ${SESSION}.webIdFederationData.federatedProvider`,
  `${SESSION}.webIdFederationData.attributes`,
  'resources resources.ARN resources.ARNPrefix resources.accountId resources.type resources.resourceName',
  'resources.resourceType',
  'tlsDetails tlsDetails.tlsVersion tlsDetails.cipherSuite tlsDetails.clientProvidedHostHeader tlsDetails.keyExchange',
  'edgeDeviceDetails addendum addendum.reason addendum.updatedFields addendum.originalRequestID addendum.originalEventID',
  'insightDetails insightDetails.state insightDetails.eventSource insightDetails.eventName insightDetails.insightType',
  'insightDetails.errorCode insightDetails.insightContext insightSource',
].flatMap((line) => line.split(' '));

const KNOWN: ReadonlySet<string> = new Set(FIELDS);
const BY_LOWER: ReadonlyMap<string, string> = new Map(
  [...FIELDS, ...FREE].map((field) => [field.toLowerCase(), field]),
);
const OPEN: readonly string[] = [
  ...FREE,
  'edgeDeviceDetails',
  'insightDetails.insightContext',
  `${SESSION}.webIdFederationData.attributes`,
];

/** Whether CloudTrail writes a field of this path: known, or inside an object the services fill. */
export const isLoggedField = (field: string): boolean =>
  KNOWN.has(field) || OPEN.some((open) => field === open || field.startsWith(`${open}.`));

/** The field as CloudTrail spells it, or one that ends alike; undefined where nothing is near. */
export const nearestField = (field: string): string | undefined => {
  const lower = field.toLowerCase();
  const spelt = BY_LOWER.get(lower);
  if (spelt !== undefined) return spelt;
  const [head = ''] = lower.split('.');
  const root = BY_LOWER.get(head);
  if (root !== undefined && isLoggedField(`${root}${field.slice(head.length)}`))
    return `${root}${field.slice(head.length)}`;
  return FIELDS.find((known) => known.includes('.') && known.toLowerCase().endsWith(`.${lower}`));
};

/** Whether a value reads like the path of a field: compared as it stands, it would only ever equal that text. */
export const isFieldPath = (text: string): boolean =>
  /^[A-Za-z]+\.[A-Za-z][\w.-]*$/.test(text) && (KNOWN.has(text) || FREE.some((free) => text.startsWith(`${free}.`)));

/** Fields that hold one plain text each, so that two different values cannot both be there. */
export const isSingleText = (field: string): boolean =>
  KNOWN.has(field) && !field.startsWith('resources') && !field.startsWith('insightDetails');

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['an ARN', /arn$/i],
  ['an access key id', /accessKeyId$/i],
  ['an account id', /account(Id)?$/i],
  ['an address', /^sourceIPAddress$|ipAddress$/i],
  ['a user agent', /^userAgent$/],
  ['a time', /^eventTime$|creationDate$/],
  ['an event id', /^eventID$/],
  ['a name', /(user|role|group|bucket|function|policy)Name$/i],
];

/** What kind of text a field holds, as far as its name tells: `an ARN`, `a name` …; undefined where it does not. */
export const kindOfField = (field: string): string | undefined => {
  const last = KNOWN.has(field) ? field : (field.split('.').at(-1) ?? '');
  return KINDS.find(([, pattern]) => pattern.test(last))?.[0];
};

interface Domain {
  readonly expected: string;
  readonly has: (value: string) => boolean;
}

const oneOf = (...values: readonly string[]): Domain => ({
  expected: values.join(', '),
  has: (value) => values.some((each) => each.toLowerCase() === value.toLowerCase()),
});
const truth = oneOf('true', 'false');
const account: Domain = {
  expected: "twelve digits in quotes, e.g. '123456789012'",
  has: (value) => /^\d{12}$/.test(value) || /^[A-Z_]{4,}$/.test(value),
};

/** Values a field can have, where CloudTrail's documentation lists them; case does not count. */
export const DOMAINS: ReadonlyMap<string, Domain> = new Map([
  ['additionalEventData.MFAUsed', oneOf('Yes', 'No')],
  ['awsRegion', { expected: 'a Region as eu-west-1', has: (value: string) => /^[a-z]{2,}(-[a-z0-9]+)+$/i.test(value) }],
  ['eventCategory', oneOf('Management', 'Data', 'NetworkActivity', 'Insight', 'Aggregated')],
  [
    'eventSource',
    {
      expected: 'the whole name, as cloudtrail.amazonaws.com',
      has: (value: string) => /^[\w-]+(\.[\w-]+)+$/.test(value),
    },
  ],
  [
    'eventType',
    oneOf(
      ...['AwsApiCall', 'AwsServiceEvent', 'AwsConsoleAction', 'AwsConsoleSignIn', 'AwsVpceEvent', 'AwsVpceEvents'],
      ...['AwsCloudTrailInsight', 'AwsAggregatedEvent'],
    ),
  ],
  ['managementEvent', truth],
  ['readOnly', truth],
  ['recipientAccountId', account],
  ['responseElements.ConsoleLogin', oneOf('Success', 'Failure')],
  ['sessionCredentialFromConsole', oneOf('true')],
  ['userIdentity.accountId', account],
  [`${SESSION}.attributes.mfaAuthenticated`, truth],
  [
    'userIdentity.type',
    oneOf(
      ...['Root', 'IAMUser', 'AssumedRole', 'Role', 'FederatedUser', 'Directory', 'AWSAccount', 'AWSService'],
      ...['IdentityCenterUser', 'Unknown', 'SAMLUser', 'WebIdentityUser'],
    ),
  ],
]);

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '../../engine/record/json.ts';
import type { Trail } from './trail/trail.ts';

/** The part of the CloudTrail API the pipeline calls, for one invented trail. */
export interface CloudTrailStub {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

type World = Pick<Trail, 'organization' | 'publicKeys'>;

const seconds = (at: Date): number => at.getTime() / 1000;

/** The Region a caller signed for: `Credential=key/20261121/eu-central-1/cloudtrail/aws4_request`. */
const regionOf = (request: IncomingMessage): string =>
  (request.headers.authorization ?? '').split('Credential=')[1]?.split('/')[2] ?? '';

const listPublicKeys = ({ publicKeys }: World, region: string, asked: JsonObject): JsonObject => {
  const { StartTime, EndTime } = asked;
  const keys = (publicKeys.get(region) ?? []).filter(
    (key) =>
      (typeof EndTime !== 'number' || seconds(key.validityStart) <= EndTime) &&
      (typeof StartTime !== 'number' || seconds(key.validityEnd) >= StartTime),
  );
  return {
    PublicKeyList: keys.map((key) => ({
      Fingerprint: key.fingerprint,
      ValidityStartTime: seconds(key.validityStart),
      ValidityEndTime: seconds(key.validityEnd),
      Value: Buffer.from(key.value).toString('base64'),
    })),
  };
};

const describeTrails = ({ organization: { trail, bucket, prefix } }: World): JsonObject => ({
  trailList: [
    {
      Name: trail.name,
      TrailARN: trail.arn,
      S3BucketName: bucket,
      ...(prefix === '' ? {} : { S3KeyPrefix: prefix }),
      HomeRegion: trail.homeRegion,
      IsMultiRegionTrail: true,
      IsOrganizationTrail: true,
      IncludeGlobalServiceEvents: true,
      LogFileValidationEnabled: true,
      HasCustomEventSelectors: false,
      HasInsightSelectors: false,
    },
  ],
});

const answer = (world: World, operation: string, region: string, asked: JsonObject): JsonObject | undefined => {
  switch (operation) {
    case 'ListPublicKeys':
      return listPublicKeys(world, region, asked);
    case 'DescribeTrails':
      return describeTrails(world);
    case 'GetTrailStatus':
      return { IsLogging: true };
    default:
      return undefined;
  }
};

const readBody = async (request: IncomingMessage): Promise<JsonObject> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body: Json = JSON.parse(Buffer.concat(chunks).toString() || '{}');
  return isJsonObject(body) ? body : {};
};

const respond = async (world: World, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const operation =
    String(request.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? '';
  const body = answer(world, operation, regionOf(request), await readBody(request));
  response.writeHead(body === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(
    JSON.stringify(body ?? { __type: 'UnsupportedOperationException', message: `${operation} is not embedded` }),
  );
};

/**
 * Serves ListPublicKeys, DescribeTrails and GetTrailStatus for a generated trail on a loopback port, in CloudTrail's
 * JSON 1.1 protocol, so that the deployed code asks for keys through the real SDK client (no emulator on npm has the
 * CloudTrail API).
 *
 * @param world the trail's organization and public keys; keys are told apart by the Region the request is signed for
 */
export const startCloudTrailStub = async (world: World): Promise<CloudTrailStub> => {
  const server = createServer((request, response) => {
    respond(world, request, response).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'SerializationException', message: String(error) }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the CloudTrail stub has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

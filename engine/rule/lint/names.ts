import type { Item } from '../document.ts';
import type { Branch } from './branches.ts';
import {
  CATALOGUE_SOURCE,
  isKnownService,
  loggedAs,
  nearestName,
  serviceOf,
  servicesLike,
  servicesWith,
} from './catalogue.ts';
import type { Complaint } from './complaint.ts';
import { plainTexts } from './value.ts';

const sourcesIn = (branch: Branch): readonly string[] =>
  branch.flatMap(({ field, negated, item }) =>
    field === 'eventSource' && !negated ? (plainTexts(item) ?? []).flatMap((text) => serviceOf(text) ?? []) : [],
  );

const hintFor = (services: readonly string[], name: string): string => {
  const near = services.map((service) => nearestName(service, name)).find((found) => found !== undefined);
  if (near !== undefined) return `write '${near}'`;
  const others = servicesWith(name).filter((service) => !services.includes(service));
  if (others.length > 0)
    return `${others
      .slice(0, 3)
      .map((each) => `${each}.amazonaws.com`)
      .join(', ')} has a call of that name`;
  return 'compare with the `eventName` of a real record';
};

const nameComplaint = (item: Item, name: string, services: readonly string[]): Complaint => ({
  severity: 'warning',
  code: 'unknown-event-name',
  item,
  message: `${services.map((service) => `${service}.amazonaws.com`).join(', ')} logs no '${name}' (${CATALOGUE_SOURCE})`,
  hint: hintFor(services, name),
});

/**
 * Names of calls that the services beside them do not log. A name is right as soon as one of the services, in one of the
 * ways to match, has it; services without a public list are believed.
 */
export const checkNames = (branches: readonly Branch[]): readonly Complaint[] => {
  const asked = new Map<Item, Map<string, Set<string>>>();
  const right = new Map<Item, Set<string>>();
  for (const branch of branches) {
    const services = sourcesIn(branch);
    for (const { field, item } of branch) {
      if (field !== 'eventName') continue;
      for (const name of plainTexts(item) ?? []) {
        const ok =
          services.length === 0 || services.some((each) => !isKnownService(each) || loggedAs(each, name) !== undefined);
        if (ok) right.set(item, new Set([...(right.get(item) ?? []), name]));
        const names = asked.get(item) ?? new Map<string, Set<string>>();
        names.set(name, new Set([...(names.get(name) ?? []), ...services]));
        asked.set(item, names);
      }
    }
  }
  return [...asked].flatMap(([item, names]) =>
    [...names].flatMap(([name, services]) =>
      right.get(item)?.has(name) === true ? [] : [nameComplaint(item, name, [...services])],
    ),
  );
};

/** Event sources no service of AWS is known to have. */
export const checkSources = (branches: readonly Branch[]): readonly Complaint[] => {
  const items = new Set(branches.flat().flatMap(({ field, item }) => (field === 'eventSource' ? [item] : [])));
  return [...items].flatMap((item) =>
    (plainTexts(item) ?? []).flatMap((text): readonly Complaint[] => {
      const service = serviceOf(text);
      if (service === undefined || isKnownService(service)) return [];
      const like = servicesLike(service)
        .slice(0, 3)
        .map((each) => `${each}.amazonaws.com`);
      return [
        {
          severity: 'info',
          code: 'unknown-event-source',
          item,
          message: `'${text}' is no event source of a service with a public API (${CATALOGUE_SOURCE})`,
          hint: like.length > 0 ? `known: ${like.join(', ')}` : 'compare with the `eventSource` of a real record',
        },
      ];
    }),
  );
};

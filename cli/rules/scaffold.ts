import { randomUUID } from 'node:crypto';

const words = (name: string): readonly string[] => name.split('_').filter((word) => word !== '' && word !== 'aws');

/**
 * A new rule in the convention of rules/README.md, with an id of its own. Its tests fail until it is written: a rule that
 * nobody has tried on a record does not pass by accident.
 *
 * @param name file name without `.yml`
 * @param date ISO date, `2026-11-21`
 */
export const scaffold = (name: string, date: string): string => {
  const title = words(name)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(' ');
  const service = words(name)[0] ?? 'example';
  return `title: Potential ${title}
id: ${randomUUID()}
status: experimental
description: |
    Detects …
    Why it matters, in one sentence.
references:
    - https://example.com/a-page-that-explains-the-attack
author: …
date: ${date}
tags:
    - attack.persistence
    - attack.t1098
logsource:
    product: aws
    service: cloudtrail
detection:
    selection:
        eventSource: '${service}.amazonaws.com'
        eventName: 'ReplaceMe'
    filter_main_failed:
        errorCode|exists: true
    condition: selection and not 1 of filter_main_*
fields:
    - userIdentity.arn
    - sourceIPAddress
falsepositives:
    - Unknown
level: medium
tests:
    - name: paste the record that must be found
      match: true
      record: { eventSource: ${service}.amazonaws.com, eventName: '' }
    - name: the call is denied
      match: false
      record: { eventSource: ${service}.amazonaws.com, eventName: ReplaceMe, errorCode: AccessDenied }
    - name: the same name from another service
      match: false
      record: { eventSource: example.amazonaws.com, eventName: ReplaceMe }
`;
};

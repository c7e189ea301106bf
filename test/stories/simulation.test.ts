import { describe, expect, it } from 'vitest';
import { type Outcome, simulate } from './simulation.ts';

const SCHEDULES = Number(process.env['SIMULATION_SCHEDULES'] ?? 1000);
const FIRST = Number(process.env['SIMULATION_SEED'] ?? 1);

describe('random schedules of kills, faults, redelivery and skewed clocks', () => {
  it(`lose nothing, invent nothing and repeat nothing without a crash, in ${SCHEDULES} schedules`, async () => {
    const total = { matches: 0, published: 0, repeats: 0, kills: 0, faults: 0, steps: 0 };
    const wrong: string[] = [];
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) {
      const outcome: Outcome = await simulate(seed);
      wrong.push(...outcome.problems.map((problem) => `seed ${seed}: ${problem}`));
      total.matches += outcome.matches;
      total.published += outcome.published;
      total.repeats += outcome.repeats;
      total.kills += outcome.kills;
      total.faults += outcome.faults;
      total.steps += outcome.steps;
    }
    console.info(JSON.stringify({ schedules: SCHEDULES, ...total, lost: wrong.length }));
    expect(wrong).toEqual([]);
    // The storm was one: otherwise the schedules prove nothing.
    expect(total.kills).toBeGreaterThan(SCHEDULES);
    expect(total.faults).toBeGreaterThan(SCHEDULES);
    expect(total.repeats).toBeGreaterThan(0);
  }, 120_000);
});

/** The tests in the order they run, quickest answer first. Each group is a process of its own, with a time limit as a whole. */
export const TEST_GROUPS = [
  { name: 'unit', folder: 'test/unit', testTimeoutMs: 20_000, limitMs: 300_000 },
  { name: 'checks', folder: 'test/checks', testTimeoutMs: 150_000, limitMs: 300_000 },
  { name: 'contract', folder: 'test/contract', testTimeoutMs: 30_000, limitMs: 180_000 },
  { name: 'integration', folder: 'test/integration', testTimeoutMs: 60_000, limitMs: 600_000 },
  { name: 'e2e', folder: 'test/e2e', testTimeoutMs: 120_000, limitMs: 900_000 },
];

/** What `npm test` runs in the virtual room, last and only where the room is built: `npm run test:vm` builds it and runs everything. */
export const ROOM_GROUP = {
  name: 'vm',
  files: ['camera', 'gpio-lines', 'lights', 'serial', 'service', 'sound'].map(
    (name) => `test/vm/tests/${name}.test.ts`,
  ),
  limitMs: 360_000,
};

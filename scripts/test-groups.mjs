/** The tests in the order they run, quickest answer first. Each group is a process of its own, with a time limit as a whole. */
export const TEST_GROUPS = [
  { name: 'unit', folder: 'test/unit', testTimeoutMs: 20_000, limitMs: 180_000 },
  { name: 'checks', folder: 'test/checks', testTimeoutMs: 150_000, limitMs: 300_000 },
  { name: 'contract', folder: 'test/contract', testTimeoutMs: 30_000, limitMs: 180_000 },
  { name: 'integration', folder: 'test/integration', testTimeoutMs: 60_000, limitMs: 420_000 },
  { name: 'e2e', folder: 'test/e2e', testTimeoutMs: 120_000, limitMs: 600_000 },
];

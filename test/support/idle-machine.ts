import type { MachineLoad } from '../../src/call/demand/machine-load.ts';

/** For engines whose decisions must not depend on what else runs beside a test. */
export const idleMachine = { read: async (): Promise<MachineLoad> => ({ load: null, throttled: false }) };

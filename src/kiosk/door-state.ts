import type { ScheduleView } from '../calendar/schedule-state.ts';

/** All that a door display is told: nothing of calls, devices or links. */
export interface DoorState {
  readonly room: { readonly name: string };
  readonly inCall: boolean;
  readonly schedule: ScheduleView | null;
}

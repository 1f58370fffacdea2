import type { RoomActions } from '../kiosk/api/actions.ts';

/** What devices see of the room and may do to it. */
export type DrivenRoom = Pick<
  RoomActions,
  'state' | 'onState' | 'setMuted' | 'setCameraOff' | 'setVolume' | 'join' | 'leave'
>;

/** A call is there or on its way: displays stay on, speakerphones are off-hook. */
export function isInCall({ call }: ReturnType<DrivenRoom['state']>): boolean {
  return call.phase !== 'idle' && call.phase !== 'leaving';
}

/** A meeting is about to begin that can be joined here already: whoever comes finds the display on. */
export function isMeetingNear({ schedule }: ReturnType<DrivenRoom['state']>): boolean {
  return schedule?.bookings.some(({ phase, canJoin }) => phase === 'soon' && canJoin) ?? false;
}

/** A booking has the room, as far as is known. */
export function isBooked({ schedule }: ReturnType<DrivenRoom['state']>): boolean {
  return schedule !== null && schedule.busyUntil !== null;
}

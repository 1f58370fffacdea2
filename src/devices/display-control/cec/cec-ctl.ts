import type { PowerState } from '../display-control.ts';

/**
 * Runs `cec-ctl` with these arguments and resolves with what it wrote, also when it failed; `null` when it could not be run
 * or took longer than `timeoutMs`.
 */
export type RunCecCtl = (
  args: readonly string[],
  timeoutMs: number,
  signal: AbortSignal | null,
) => Promise<string | null>;

/** What `cec-ctl` says of our own adapter (v4l-utils, cec-ctl(1)). */
export interface CecAdapter {
  /** `null` while it is f.f.f.f: no display, or one that has let go of us (libcec#405, bookworm-feedback#333). */
  readonly physicalAddress: string | null;
  /** Whether it has taken a logical address, without which nothing can be sent. */
  readonly isConfigured: boolean;
}

export function readAdapter(output: string): CecAdapter | null {
  const physical = /Physical Address\s*:\s*([0-9a-f]\.[0-9a-f]\.[0-9a-f]\.[0-9a-f])/i.exec(output)?.[1];
  if (physical === undefined) return null;
  const mask = /Logical Address Mask\s*:\s*0x([0-9a-f]+)/i.exec(output)?.[1] ?? '0';
  return {
    physicalAddress: physical.toLowerCase() === 'f.f.f.f' ? null : physical,
    isConfigured: parseInt(mask, 16) !== 0,
  };
}

const powerStates: readonly PowerState[] = ['on', 'standby', 'warming', 'cooling'];

/** Of `pwr-state: to-on (0x02)` in the answer to --give-device-power-status. */
export function readPowerStatus(output: string): PowerState | null {
  const code = /pwr-state:\s*[\w-]+(?: [\w-]+)* \(0x0?([0-3])\)/.exec(output)?.[1];
  return code === undefined ? null : (powerStates[Number(code)] ?? null);
}

/** Of `aud-mute-status: off (0x00)` and `aud-vol-status: 40 (0x28)`; a volume of 0x7f is unknown (HDMI 1.4 CEC 13.15). */
export function readAudioStatus(output: string): { readonly isMuted: boolean; readonly volume: number | null } | null {
  const mute = /aud-mute-status:\s*(on|off)/.exec(output)?.[1];
  const volume = /aud-vol-status:\s*(\d+)/.exec(output)?.[1];
  if (mute === undefined || volume === undefined) return null;
  return { isMuted: mute === 'on', volume: Number(volume) <= 100 ? Number(volume) : null };
}

/** Whether the display took a message: it was neither left unacknowledged nor answered by FEATURE_ABORT. */
export function readDelivery(output: string): 'taken' | 'refused' | 'no-answer' {
  if (/FEATURE_ABORT/.test(output)) return 'refused';
  return /Not Acknowledged|Timeout|Error|Arbitration Lost|Low Drive|not configured/i.test(output)
    ? 'no-answer'
    : 'taken';
}

/**
 * Why a camera did not do what `v4l2-ctl` asked of it:
 * - `gone`: its node is not there.
 * - `no-answer`: the node is there, and the camera does not answer.
 * - `refused`: it answered that it will not, as for a control that an automatic mode holds.
 * - `not-now`: another program has it.
 * - `unsupported`: the driver does not know what was asked.
 * - `no-signal`, `bad-signal`: of grabbers, about what comes in.
 * - `no-tool`: `v4l2-ctl` is not installed.
 */
export type FailureReason =
  'gone' | 'no-answer' | 'refused' | 'not-now' | 'unsupported' | 'no-signal' | 'bad-signal' | 'no-tool';

export interface DeviceFailure {
  readonly kind: 'failed';
  readonly reason: FailureReason;
}

/**
 * The C library's words for `errno`, which are all that `v4l2-ctl` tells. Sources: V4L2 userspace API, generic error codes and
 * VIDIOC_QUERY_DV_TIMINGS (ENOLINK, ENOLCK, ERANGE); USB error codes of the kernel's documentation (EPROTO, EPIPE, ETIMEDOUT).
 */
const words: readonly (readonly [RegExp, FailureReason])[] = [
  [/No such (device|file)|No such device or address/i, 'gone'],
  [/Link has been severed/i, 'no-signal'],
  [/No locks available|Numerical result out of range/i, 'bad-signal'],
  [/Inappropriate ioctl for device|No data available|unknown control/i, 'unsupported'],
  [/Device or resource busy|Resource temporarily unavailable/i, 'not-now'],
  [/Permission denied|Invalid argument|Operation not permitted/i, 'refused'],
  [/Input\/output error|Protocol error|Broken pipe|timed out|Cannot send after/i, 'no-answer'],
];

/** What the program wrote when it failed. Anything unknown counts as no answer. */
export function failureOf(text: string): DeviceFailure {
  const known = words.find(([pattern]) => pattern.test(text));
  return { kind: 'failed', reason: known?.[1] ?? 'no-answer' };
}

/** What a failure means to who asked for a state. */
export function reasonOf({ reason }: DeviceFailure): 'no-answer' | 'refused' | 'not-now' | 'unsupported' {
  switch (reason) {
    case 'refused':
    case 'not-now':
    case 'unsupported':
      return reason;
    case 'no-signal':
    case 'bad-signal':
      return 'refused';
    default:
      return 'no-answer';
  }
}

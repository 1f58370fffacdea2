import { DeviceUnavailableError, UsageError } from '../../lib/errors.ts';
import type { GpioLineName } from './gpio-lines.ts';

export function unknownLine(name: GpioLineName): UsageError {
  return new UsageError('device/gpio-unknown-line', `There is no line ${describe(name)}`);
}

export function busyLine(name: GpioLineName): UsageError {
  return new UsageError('device/gpio-busy', `The line ${describe(name)} is held by another program or part`);
}

export function failedLine(name: GpioLineName, cause: unknown): DeviceUnavailableError {
  return new DeviceUnavailableError('device/gpio-failed', `The line ${describe(name)} does not work`, { cause });
}

function describe({ chip, line }: GpioLineName): string {
  return `${JSON.stringify(line)} of ${chip === null ? 'any chip' : JSON.stringify(chip)}`;
}

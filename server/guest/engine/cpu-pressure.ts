/** The browser's Compute Pressure API, as far as it is used; https://www.w3.org/TR/compute-pressure/ */
interface PressureObserverLike {
  observe(source: 'cpu', options: { sampleInterval: number }): Promise<void>;
  disconnect(): void;
}

type PressureObserverClass = new (
  onRecords: (records: readonly { readonly state: string }[]) => void,
) => PressureObserverLike;

export interface CpuPressure {
  /** Share of all cores in use, 0 to 1; null where the browser does not tell. */
  readonly load: number | null;
  close(): void;
}

const SAMPLE_MS = 1_000;
/** The middle of what each state stands for in Chromium: up to 0.6, 0.75, 0.9 and 1 of the cores in use. */
const loads: Readonly<Record<string, number>> = { nominal: 0.3, fair: 0.68, serious: 0.83, critical: 0.95 };

/** Watches how busy the machine is, where this browser says so; told once at each change of state. */
export function watchCpuPressure(scope: object): CpuPressure {
  let load: number | null = null;
  if (!('PressureObserver' in scope)) return { load, close: () => undefined };
  const observer = new (scope.PressureObserver as PressureObserverClass)((records) => {
    load = loads[records.at(-1)?.state ?? ''] ?? null;
  });
  // Refused by a policy: as if it were not there.
  observer.observe('cpu', { sampleInterval: SAMPLE_MS }).catch(() => undefined);
  return {
    get load() {
      return load;
    },
    close: () => observer.disconnect(),
  };
}

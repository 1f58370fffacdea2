/** One rule: the conditions it has and what it does, as they stand. */
export interface UdevRule {
  readonly line: number;
  readonly conditions: readonly UdevPart[];
  readonly actions: readonly UdevPart[];
}

export interface UdevPart {
  /** As `ATTR`, without what stands in braces. */
  readonly key: string;
  readonly attribute: string | null;
  readonly operator: string;
  readonly value: string;
}

/** Keys of udev(7) by what may be done with them. */
const conditionKeys =
  'ACTION DEVPATH KERNEL KERNELS NAME SUBSYSTEM SUBSYSTEMS DRIVER DRIVERS ATTR ATTRS SYSCTL ENV CONST TAG TAGS TEST PROGRAM RESULT SYMLINK'.split(
    ' ',
  );
const actionKeys = 'NAME SYMLINK OWNER GROUP MODE SECLABEL ATTR SYSCTL ENV TAG RUN LABEL GOTO IMPORT OPTIONS'.split(
  ' ',
);
const withBraces = ['ATTR', 'ATTRS', 'ENV', 'IMPORT', 'RUN', 'SYSCTL', 'CONST', 'SECLABEL', 'TEST'];
const braced = ['ATTR', 'ATTRS', 'ENV', 'IMPORT'];
const partOf = /^([A-Z]+)(?:\{([^}]+)\})?\s*(==|!=|\+=|-=|:=|=)\s*"([^"]*)"$/;

/** @throws {Error} naming the line for what udev would pass over with a warning, or take for something else. */
export function parseUdevRules(text: string): UdevRule[] {
  const rules: UdevRule[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const parts = (line.match(/(?:[^,"]|"[^"]*")+/g) ?? []).map((part) => readPart(part.trim(), i + 1));
    const isCondition = ({ operator }: UdevPart): boolean => ['==', '!='].includes(operator);
    rules.push({ line: i + 1, conditions: parts.filter(isCondition), actions: parts.filter((p) => !isCondition(p)) });
  }
  return rules;
}

function readPart(text: string, line: number): UdevPart {
  const [, key = '', attribute = null, operator = '', value = ''] = partOf.exec(text) ?? [];
  const fail = (what: string): never => {
    throw new Error(`line ${line}: ${what}: ${text}`);
  };
  if (key === '') fail('no key, operator and quoted value');
  const known = operator === '==' || operator === '!=' ? conditionKeys : actionKeys;
  // `KERNEL="x"` is the classic: an assignment where a comparison was meant.
  if (!known.includes(key)) fail(`${key} cannot be used with ${operator}`);
  if (attribute !== null && !withBraces.includes(key)) fail(`${key} has no braces`);
  if (attribute === null && braced.includes(key)) fail(`${key} needs braces`);
  return { key, attribute, operator, value };
}

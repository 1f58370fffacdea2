import { flagOf } from './command-line.ts';
import type { Setting } from './settings.ts';
import { rowOf, settingKeys } from './settings.ts';

const WHEN: Record<Setting<unknown>['apply'], string> = {
  'at-once': 'at once',
  'next-call': 'with the next call',
  restart: 'after a restart',
};

/** The JSON Schema of incamera.json (2020-12), for editors and for the fleet. */
export function configSchema(): Record<string, unknown> {
  const properties = settingKeys.map((key) => {
    const row = rowOf(key);
    return [key, { ...row.type.schema, description: row.meaning, default: row.default }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Incamera configuration',
    type: 'object',
    additionalProperties: false,
    properties: { $schema: { type: 'string' }, ...(Object.fromEntries(properties) as Record<string, unknown>) },
  };
}

/** docs/configuration.md, whole. */
export function configDocument(): string {
  return `${[INTRODUCTION, ...settingKeys.map(section)].join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Made from src/config/settings.ts by \`npm run docs\`; a test compares. -->

\`incamera.json\` holds one JSON object with the keys below, flat: \`{ "room.name": "Aurora", "devices": "auto" }\`. A key left out has its default.
An unknown key or a value out of range refuses the start and names the key, the value and what is accepted; nothing is applied in part.
For an editor, \`docs/configuration.schema.json\` is the same as a JSON Schema.

The file is looked for at \`$INCAMERA_CONFIG\`, else in \`$CONFIGURATION_DIRECTORY\`, else in the state directory.
The directories, each the first that is set:

| directory | holds | set by |
| --- | --- | --- |
| state | configuration, identity | \`INCAMERA_STATE_DIR\`, \`STATE_DIRECTORY\`, \`XDG_STATE_HOME\`/incamera, \`~/.local/state/incamera\` |
| cache | what can be made again | \`INCAMERA_CACHE_DIR\`, \`CACHE_DIRECTORY\`, \`XDG_CACHE_HOME\`/incamera, \`~/.cache/incamera\` |
| runtime | what a reboot clears | \`INCAMERA_RUNTIME_DIR\`, \`RUNTIME_DIRECTORY\`, \`XDG_RUNTIME_DIR\`/incamera, \`/tmp/incamera-UID\` |

Relative paths in values are taken from the state directory. Every setting that is not a secret is also a flag for one start, as in
\`npm start -- --devices virtual --virtual-microphone tone:440\`; the flag of a list is repeated.`;

function section(key: (typeof settingKeys)[number]): string {
  const row = rowOf(key);
  const lines = [
    `## \`${key}\``,
    '',
    row.meaning,
    '',
    `- Accepts: ${row.type.accepts}`,
    `- Default: \`${JSON.stringify(row.default)}\``,
    `- Takes effect: ${WHEN[row.apply]}`,
    row.secret ? '- Secret: never shown, logged or exported; no flag' : `- Flag: \`--${flagOf(key)}\``,
  ];
  return lines.join('\n');
}

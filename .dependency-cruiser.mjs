/** Which part may import which: lib <- config, devices, crypto, calendar <- call <- kiosk, agent <- appliance. */
const TOP =
  '^src/(main|start|appliance|call-process|call-engine|room-calendar|room-devices|room-panels|doctor)\\.ts$|^src/room-devices/';

const OURS = '^(src|server|provisioning|bench|test|scripts)/';

const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: OURS, pathNot: allowed },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types may refer to each other; code may not.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('lib-is-a-leaf', '^src/lib/', '^src/lib/', 'lib imports nothing of ours.'),
    only(
      'config-sees-lib',
      '^src/config/',
      '^src/(config|lib)/',
      'config, devices, crypto and calendar never import each other.',
    ),
    only(
      'devices-see-lib',
      '^src/devices/',
      '^src/(devices|lib)/',
      'config, devices, crypto and calendar never import each other.',
    ),
    only('crypto-sees-lib', '^src/crypto/', '^src/(crypto|lib)/', 'crypto does no I/O and runs in a browser worker.'),
    only(
      'calendar-sees-lib',
      '^src/calendar/',
      '^src/(calendar|lib)/',
      'config, devices, crypto and calendar never import each other.',
    ),
    {
      name: 'call-sees-device-interfaces',
      severity: 'error',
      comment: 'The call knows types of devices, never drivers.',
      from: { path: '^src/call/' },
      to: { path: OURS, pathNot: '^src/(call|crypto|lib|devices)/' },
    },
    {
      name: 'call-without-drivers',
      severity: 'error',
      comment: 'The call knows types of devices, never drivers.',
      from: { path: '^src/call/' },
      to: { path: '^src/devices/', dependencyTypesNot: ['type-only'] },
    },
    only(
      'kiosk-sees-interfaces',
      '^src/kiosk/',
      '^src/((kiosk|call|lib|config)/|crypto/link\\.ts$|devices/(room-)?device\\.ts$|calendar/schedule-state\\.ts$)',
      'The kiosk knows interfaces of call, calendar and devices, never a driver.',
    ),
    only(
      'agent-sees-interfaces',
      '^src/agent/',
      '^src/((agent|call|lib)/|devices/(room-)?device\\.ts$|config/)',
      'The agent knows interfaces, never a driver.',
    ),
    {
      name: 'nothing-imports-the-top',
      severity: 'error',
      comment: 'Only the top constructs things; nobody else knows it.',
      from: { path: '^(src|server)/', pathNot: TOP },
      to: { path: TOP },
    },
    only(
      'server-sees-what-is-shared',
      '^server/(?!guest/)',
      '^(server/|src/(crypto|lib)/|src/call/signalling/messages\\.ts$)',
      'The server shares message schemas, crypto and lib with the room, nothing else.',
    ),
    {
      name: 'server-without-guest',
      severity: 'error',
      comment: 'The guest page runs in a browser; the server only serves what Vite built of it.',
      from: { path: '^server/(?!guest/)' },
      to: { path: '^server/guest/' },
    },
    only(
      'guest-sees-the-client',
      '^server/guest/',
      '^(server/guest/|src/(crypto|lib|call|kiosk/design)/)',
      'The guest page shares the client stack with the room and the design with the panel.',
    ),
    {
      name: 'crypto-without-node',
      severity: 'error',
      comment:
        'crypto runs in Node and in a browser worker; files named *-node.ts and the SFrame of the room may use node:crypto.',
      from: { path: '^src/crypto/', pathNot: '/sframe|-node[.]ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that leads nowhere; Vite resolves assets, and the GStreamer binding is a binary.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^gstreamer-superficial$|[.](css|svg|woff2)|[?](worker|url|raw|inline)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'browser', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};

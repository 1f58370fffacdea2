/**
 * Displays with a serial protocol of questions and answers, one row each. Texts are Latin-1; `{id}` is the display's number in
 * two hexadecimal digits and `{value}` what is set, as the row writes it. Answers are searched in what came since the
 * question was sent.
 */
export interface DisplayTable {
  readonly name: string;
  /** The manual that the row is from. */
  readonly source: string;
  readonly baudRate: number;
  /** The display's number where none is configured. */
  readonly defaultId: number;
  readonly answerTimeoutMs: number;
  /** Silence that it needs between an answer and the next command. */
  readonly pauseMs: number;
  /** Answers that mean no, and that mean not now. */
  readonly refused: RegExp | null;
  readonly notNow: RegExp | null;
  readonly power: TableProperty;
  readonly input: TableProperty | null;
  readonly volume: TableVolume | null;
  readonly muted: TableProperty | null;
  readonly blanked: TableProperty | null;
}

export interface TableProperty {
  /** By value (`on`, `standby`; names of inputs; `true`, `false`): what is sent to set it. */
  readonly set: Readonly<Record<string, string>>;
  readonly taken: RegExp;
  readonly query: string | null;
  /** By value: the answer to `query`. The first that matches counts. */
  readonly states: Readonly<Record<string, RegExp>>;
}

export interface TableVolume {
  readonly set: string;
  readonly base: 10 | 16;
  readonly digits: number;
  readonly taken: RegExp;
  readonly query: string;
  /** The first group is the volume, 0 to 100. */
  readonly state: RegExp;
}

/** Main inputs differ by model: `xb` of the newer manuals, as in 70UL3E page 25. */
const lg: DisplayTable = {
  name: 'lg',
  source: 'LG 70UL3E owner\'s manual page 21 ff., M4210LCBA page A4: "[Command1][Command2][ ][Set ID][ ][Data][Cr]"',
  baudRate: 9_600,
  defaultId: 1,
  answerTimeoutMs: 2_000,
  pauseMs: 100,
  refused: /[a-z] [0-9a-f]{2} NG[0-9a-f]*x/i,
  notNow: null,
  power: {
    set: { on: 'ka {id} 01\r', standby: 'ka {id} 00\r' },
    taken: /a [0-9a-f]{2} OK0[01]x/i,
    query: 'ka {id} FF\r',
    states: { on: /a [0-9a-f]{2} OK01x/i, standby: /a [0-9a-f]{2} OK00x/i },
  },
  input: {
    set: { 'hdmi-1': 'xb {id} 90\r', 'hdmi-2': 'xb {id} 91\r', displayport: 'xb {id} C0\r', dvi: 'xb {id} 70\r' },
    taken: /b [0-9a-f]{2} OK[0-9a-f]{2}x/i,
    query: 'xb {id} FF\r',
    states: {
      // A0 and the like are the same sockets with a computer at them.
      'hdmi-1': /b [0-9a-f]{2} OK[9A]0x/i,
      'hdmi-2': /b [0-9a-f]{2} OK[9A]1x/i,
      displayport: /b [0-9a-f]{2} OK[CD]0x/i,
      dvi: /b [0-9a-f]{2} OK[78]0x/i,
    },
  },
  volume: {
    set: 'kf {id} {value}\r',
    base: 16,
    digits: 2,
    taken: /f [0-9a-f]{2} OK[0-9a-f]{2}x/i,
    query: 'kf {id} FF\r',
    state: /f [0-9a-f]{2} OK([0-9a-f]{2})x/i,
  },
  muted: {
    // Data 0 is muted (manual: "00: mute on").
    set: { true: 'ke {id} 00\r', false: 'ke {id} 01\r' },
    taken: /e [0-9a-f]{2} OK0[01]x/i,
    query: 'ke {id} FF\r',
    states: { true: /e [0-9a-f]{2} OK00x/i, false: /e [0-9a-f]{2} OK01x/i },
  },
  blanked: {
    set: { true: 'kd {id} 01\r', false: 'kd {id} 00\r' },
    taken: /d [0-9a-f]{2} OK0[01]x/i,
    query: 'kd {id} FF\r',
    states: { true: /d [0-9a-f]{2} OK01x/i, false: /d [0-9a-f]{2} OK00x/i },
  },
};

const sharp: DisplayTable = {
  name: 'sharp',
  source:
    'Sharp PN-K321 page 25 (answers, times: WAIT, 100 ms between, 10 s), PN-R903 page 37 (POWR, INPS, VOLM, MUTE)',
  baudRate: 9_600,
  defaultId: 0,
  answerTimeoutMs: 10_000,
  pauseMs: 100,
  refused: /^(ERR|LOCKED|UNSELECTED)\r\n/m,
  notNow: null,
  power: {
    set: { on: 'POWR0001\r\n', standby: 'POWR0000\r\n' },
    taken: /^OK\r\n/m,
    query: 'POWR????\r\n',
    // 2 is on and waiting for a signal.
    states: { on: /^[12]\r\n/m, standby: /^0\r\n/m },
  },
  input: {
    set: { dvi: 'INPS0001\r\n', 'hdmi-1': 'INPS0010\r\n', 'hdmi-2': 'INPS0013\r\n', displayport: 'INPS0014\r\n' },
    taken: /^OK\r\n/m,
    query: 'INPS????\r\n',
    states: { dvi: /^1\r\n/m, 'hdmi-1': /^(9|10)\r\n/m, 'hdmi-2': /^(12|13)\r\n/m, displayport: /^14\r\n/m },
  },
  volume: null,
  muted: {
    set: { true: 'MUTE0001\r\n', false: 'MUTE0000\r\n' },
    taken: /^OK\r\n/m,
    query: 'MUTE????\r\n',
    states: { true: /^1\r\n/m, false: /^0\r\n/m },
  },
  blanked: null,
};

export const displayTables: readonly DisplayTable[] = [lg, sharp];

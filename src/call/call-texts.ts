/** What a person reads for the codes of a call: what happened, what it means, what to do. */
export interface CodeText {
  readonly message: string;
  readonly action: string;
}

const texts: Record<string, CodeText> = {
  'call/server-unreachable': {
    message: 'The meeting server cannot be reached.',
    action: 'Check the network; the room keeps trying by itself.',
  },
  'call/media-lost': { message: 'Sound and picture were interrupted.', action: 'The room is reconnecting by itself.' },
  'call/nobody-answered': {
    message: 'Nobody in the meeting has let us in yet.',
    action: 'The room keeps asking; make sure the others are connected.',
  },
  'call/refused-meeting-unknown': {
    message: 'This meeting does not exist, or it has expired.',
    action: 'Ask the organiser for a new link.',
  },
  'call/refused-full': { message: 'This meeting is full.', action: 'Try again when somebody has left.' },
  'call/refused-link-secret': {
    message: 'The people in this meeting did not accept this link.',
    action: 'Ask the organiser for the whole link, including the part after #.',
  },
  'call/refused-identity': {
    message: 'The people in this meeting could not check who this is.',
    action: 'Check the certificate and the clock of this device.',
  },
  'call/refused-key-package': {
    message: 'The people in this meeting could not read our keys.',
    action: 'Update this software.',
  },
  'call/refused-protocol-version': {
    message: 'This software and the meeting server are of different versions.',
    action: 'Update the older one.',
  },
  'call/closed-shutdown': { message: 'The meeting server is restarting.', action: 'The room comes back by itself.' },
  'call/closed-replaced': {
    message: 'This place was taken by a newer login.',
    action: 'Join again if that was not you.',
  },
  'call/keys-lost': {
    message: 'The meeting’s keys could not be followed.',
    action: 'The room is joining again by itself.',
  },
  'call/keys-gap': {
    message: 'The meeting server left out a change of the meeting’s keys.',
    action: 'The room is joining again by itself.',
  },
  'call/keys-disturbed': {
    message: 'Somebody disturbs the meeting’s keys.',
    action: 'The room is joining again by itself; if it goes on, do not trust this meeting server.',
  },
  'call/keys-flooded': {
    message: 'The meeting server sent too much to follow.',
    action: 'The room is joining again by itself; if it goes on, do not trust this meeting server.',
  },
  'call/removed': {
    message: 'The others took this room out of the meeting, as if its connection were lost.',
    action: 'The room is joining again by itself.',
  },
  'call/process-crashed': { message: 'The call stopped unexpectedly.', action: 'The room is coming back by itself.' },
  'call/check-crashed': {
    message: 'The check of the devices stopped unexpectedly.',
    action: 'Try again; if it happens again, unplug camera and microphone one after the other to find which it is.',
  },
  'call/camera-unavailable': {
    message: 'The camera does not answer.',
    action: 'Check its cable; the call goes on without picture.',
  },
  'call/microphone-unavailable': {
    message: 'The microphone does not answer.',
    action: 'Check its cable; the others cannot hear this room.',
  },
  'call/screen-unavailable': {
    message: 'The screen cannot be shared.',
    action: 'Check the cable or the permission and try again.',
  },
};

export function textOf(code: string): CodeText {
  return (
    texts[code] ?? {
      message: 'The call was interrupted.',
      action: 'Try again; if it stays so, report this code.',
    }
  );
}

import { idleCallState, type CallState, type Participant } from '../../../src/call/call-state.ts';
import { unmeasuredDecoding } from '../../../src/call/demand/decode-capacity.ts';
import type { ViewerDecision } from '../../../src/call/demand/viewer-demand.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import type {
  CallController,
  CallControllerEvents,
  DeviceKind,
  DeviceList,
  JoinChoice,
  Links,
  LocalDevices,
  RemotePicture,
} from '../call-controller.ts';

const fail = (error: unknown): never => {
  throw error;
};

/** A call that reaches at once what it is asked for; stories set its state, tests read what was asked. */
export class FakeController implements CallController {
  readonly events = new TypedEmitter<CallControllerEvents>(fail);
  readonly canShare = true;
  readonly asked: string[] = [];
  readonly decoding = unmeasuredDecoding;
  demands: readonly ViewerDecision[] = [];
  state: CallState = idleCallState;
  pictures: readonly RemotePicture[] = [];
  selfView: MediaStream | null = null;

  show(patch: Partial<CallState>): void {
    this.state = { ...this.state, ...patch };
    this.events.emit('changed');
  }

  async join(_link: string, choice: JoinChoice): Promise<void> {
    this.asked.push(`join ${choice.name} ${choice.microphone} ${choice.camera}`);
    this.show({ phase: 'connecting' });
  }

  async leave(): Promise<void> {
    this.asked.push('leave');
    this.show({ ...idleCallState });
  }

  async setMicrophoneMuted(muted: boolean): Promise<void> {
    this.asked.push(`muted ${muted}`);
    this.show({ microphoneMuted: muted });
  }

  async setCameraOff(off: boolean): Promise<void> {
    this.asked.push(`camera off ${off}`);
    this.show({ cameraOff: off });
  }

  async startScreenShare(): Promise<boolean> {
    this.show({ sharing: true });
    return true;
  }

  async stopScreenShare(): Promise<void> {
    this.show({ sharing: false });
  }

  async sendChat(text: string): Promise<void> {
    const self = this.state.participants.find((each) => each.self);
    const message = {
      id: String(this.state.chat.length),
      peer: self?.peer ?? '',
      name: self?.name ?? null,
      text,
      at: Date.now(),
    };
    this.show({ chat: [...this.state.chat, message] });
  }

  async setHandRaised(raised: boolean): Promise<void> {
    const participants = this.state.participants.map((each): Participant =>
      each.self ? { ...each, handRaised: raised } : each,
    );
    this.show({ participants });
  }

  setDemand(demands: readonly ViewerDecision[]): void {
    this.demands = demands;
  }
}

export class FakeDevices implements LocalDevices {
  readonly events = new TypedEmitter<{ changed: []; level: [level: number] }>(fail);
  camera: DeviceList = {
    options: [
      { id: 'a', label: 'Integrated camera' },
      { id: 'b', label: 'Desk view' },
    ],
    chosen: 'a',
    trouble: null,
  };
  microphone: DeviceList = {
    options: [
      { id: 'a', label: 'Headset microphone' },
      { id: 'b', label: 'Built-in microphone' },
    ],
    chosen: 'a',
    trouble: null,
  };
  preview: MediaStream | null = null;

  async startPreview(): Promise<void> {
    this.events.emit('changed');
    setTimeout(() => this.events.emit('level', 0.42));
  }

  stopPreview(): void {
    this.preview = null;
  }

  async choose(kind: DeviceKind, id: string): Promise<void> {
    this[kind] = { ...this[kind], chosen: id };
    this.events.emit('changed');
  }
}

export const fakeLink = 'https://meet.example/m/8sQk2mVtYb0J4nTq1xWcLA#q0M8Xr2ZkWv5Ty7uBn3PdE9aLf6HsJ1c';

export const fakeLinks: Links = {
  create: async () => fakeLink,
  parse: (text) => (text.includes('#') ? text : null),
};

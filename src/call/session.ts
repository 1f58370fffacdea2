import type { DataMessage } from '../crypto/data-message.ts';
import type { MeetingLink } from '../crypto/link.ts';
import { Backoff } from '../lib/backoff.ts';
import { codeOf, UsageError } from '../lib/errors.ts';
import { TypedEmitter } from '../lib/events.ts';
import { errorFields } from '../lib/log.ts';
import { idleCallState } from './call-state.ts';
import type { CallPhase, CallState, ChatMessage, Notice, Problem } from './call-state.ts';
import { textOf } from './call-texts.ts';
import { demandsOf, type ViewerDecision } from './demand/viewer-demand.ts';
import type { EpochChange } from './keys/keys-port.ts';
import { Login } from './login.ts';
import type { LoginDeps, LoginEnd, ResumeToken } from './login.ts';
import type { IncomingInfo, OutgoingStream } from './media-engine.ts';
import { Participants } from './participants.ts';
import type { Layers, MediaSourceName } from './signalling/messages.ts';
import { startFigures, stepFigures } from './stream-figures.ts';

export interface SessionDeps extends LoginDeps {
  /** Uniform in [0, 1): jitter of retries only. */
  readonly random: () => number;
  readonly profile: { readonly name: string; readonly kind: 'room' | 'guest' };
}

export interface JoinOptions {
  readonly microphone: 'on' | 'muted' | 'none';
  readonly camera: 'on' | 'off' | 'none';
  /** A login of this client that a crash left behind. */
  readonly replaces: ResumeToken | null;
}

export interface SessionEvents {
  state: [state: CallState];
  /** For whoever restarts a crashed call: what the next login may replace; null when there is nothing to come back to. */
  resume: [token: ResumeToken | null];
}

const CHAT_KEPT = 200;
const NOTICES_KEPT = 20;
const STATS_PERIOD_MS = 1_000;
const LEAVE_DEADLINE_MS = 1_000;
const REJOIN = { firstMs: 300, capMs: 3_000 } as const;

/**
 * A call from join to leave, across as many logins as it takes. Local sources stay open between logins; keys never do.
 * INVARIANTS: at most one login lives; `#link` is set exactly while a call is wanted; after every await the login is compared
 * with the current one before anything is done with it.
 */
export class CallSession {
  readonly events: TypedEmitter<SessionEvents>;
  readonly #deps: SessionDeps;
  readonly #participants = new Participants();
  readonly #streams = new Map<MediaSourceName, OutgoingStream>();
  /** What our network or processor holds back now. */
  readonly #limits = new Map<MediaSourceName, Layers>();
  #state: CallState = idleCallState;
  #link: MeetingLink | null = null;
  #login: Login | null = null;
  #resume: ResumeToken | null = null;
  readonly #backoff: Backoff;
  #wanted: { microphone: JoinOptions['microphone']; camera: JoinOptions['camera']; sharing: boolean; hand: boolean } = {
    microphone: 'none',
    camera: 'none',
    sharing: false,
    hand: false,
  };
  #decisions: readonly ViewerDecision[] = [];
  #figures = startFigures();
  /** Of the current login, by consumer. */
  #forwarded = new Map<string, Layers | null>();
  #cancelTimers: (() => void)[] = [];
  #cancelRetry = (): void => undefined;
  #startedMs = 0;
  /** How long after the tap each step of the first login was reached. */
  #marks: Record<string, number> = {};
  #noticeId = 1;
  #chatId = 1;
  #emitPending = false;
  #profileSent = '';

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...REJOIN, random: deps.random });
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
    const { events } = deps.engine;
    events.on('audioLevel', (peer, level) => this.#handleLevel(peer, level));
    events.on('framesRejected', (info, reason) => this.#handleRejected(info, reason));
    events.on('firstFrame', () => this.#mark('firstPictureMs'));
    events.on('sourceProblem', (source, code) => this.#setProblem(`call/${source}-unavailable`, code !== null));
    events.on('limited', (source, layers) => this.#handleLimited(source, layers));
    events.on('sourceEnded', (source) => {
      if (source === 'screen') void this.stopScreenShare();
    });
  }

  get state(): CallState {
    return this.#state;
  }

  /** Streams received now, for whoever lays out windows. */
  get incoming(): readonly IncomingInfo[] {
    return this.#login?.incoming?.list ?? [];
  }

  /**
   * Starts a call and returns once it is under way; progress and failure show in `state`.
   * @throws {UsageError} call/busy when a call is on already.
   */
  async join(link: MeetingLink, options: JoinOptions): Promise<void> {
    if (this.#link) throw new UsageError('call/busy', 'This room is in a call already');
    this.#link = link;
    this.#wanted = { microphone: options.microphone, camera: options.camera, sharing: false, hand: false };
    this.#resume = options.replaces;
    this.#startedMs = this.#deps.clock.nowMs();
    this.#marks = {};
    this.#backoff.reset();
    this.#profileSent = '';
    this.#state = {
      ...idleCallState,
      volume: this.#state.volume,
      phase: options.replaces ? 'rejoining' : 'connecting',
      meeting: link.meeting,
      microphoneMuted: options.microphone !== 'on',
      cameraOff: options.camera !== 'on',
    };
    this.#emit();
    this.#cancelTimers.push(this.#deps.clock.every(STATS_PERIOD_MS, () => void this.#refreshStats()));
    this.#cancelTimers.push(this.#deps.clock.every(400, () => this.#refreshParticipants()));
    void this.#openSources();
    this.#logIn();
  }

  /** Leaves and releases every device; idempotent. */
  async leave(): Promise<void> {
    if (!this.#link) return;
    this.#update({ phase: 'leaving' });
    const login = this.#login;
    this.#login = null;
    this.#link = null;
    await login?.leave(LEAVE_DEADLINE_MS);
    await this.#finish(null);
  }

  /** Returns the state reached: true when muted. */
  async setMicrophoneMuted(muted: boolean): Promise<boolean> {
    const reached = await this.#setSource('microphone', muted);
    this.#wanted.microphone = this.#wanted.microphone === 'none' ? 'none' : reached ? 'muted' : 'on';
    this.#update({ microphoneMuted: reached });
    this.#sendProfile();
    return reached;
  }

  /** Returns the state reached: true when the camera is off. */
  async setCameraOff(off: boolean): Promise<boolean> {
    const reached = await this.#setSource('camera', off);
    this.#wanted.camera = this.#wanted.camera === 'none' ? 'none' : reached ? 'off' : 'on';
    this.#update({ cameraOff: reached });
    this.#sendProfile();
    return reached;
  }

  /** @throws {RoomError} when the screen cannot be had. */
  async startScreenShare(): Promise<void> {
    this.#requireCall();
    await this.#openSource('screen', false);
    this.#wanted.sharing = true;
    this.#update({ sharing: true });
    this.#sendProfile();
  }

  async stopScreenShare(): Promise<void> {
    if (!this.#streams.has('screen')) return;
    this.#login?.stopProducing('screen');
    this.#streams.delete('screen');
    this.#limits.delete('screen');
    await this.#deps.engine.release('screen');
    this.#wanted.sharing = false;
    this.#update({ sharing: false });
    this.#sendProfile();
  }

  async setVolume(percent: number): Promise<number> {
    const volume = await this.#deps.engine.setVolume(percent);
    this.#update({ volume });
    return volume;
  }

  /** @throws {RoomError} call/not-in-call when there is nobody to send to yet. */
  async sendChat(text: string): Promise<void> {
    const login = this.#requireCall();
    await login.sendData({ type: 'chat', text });
    this.#addChat(login.peer, this.#deps.profile.name, text);
  }

  async setHandRaised(raised: boolean): Promise<void> {
    this.#requireCall();
    this.#wanted.hand = raised;
    this.#sendProfile();
  }

  /** What the viewer's windows can use; replaces the previous list. */
  async setDemand(decisions: readonly ViewerDecision[]): Promise<void> {
    this.#decisions = decisions;
    await this.#login?.incoming?.setDemand(demandsOf(decisions));
  }

  async close(): Promise<void> {
    await this.leave();
    await this.#deps.engine.close();
    this.events.clear();
  }

  #logIn(): void {
    const link = this.#link;
    if (!link) return;
    const login = new Login(this.#deps, link);
    this.#login = login;
    this.#forwarded.clear();
    login.events.on('entered', (token) => this.#handleEntered(login, token));
    login.events.on('epoch', (change) => this.#handleEpoch(change));
    login.events.on('message', (peer, data) => this.#handleData(peer, data));
    login.events.on('demand', (source, layers) => this.#deps.engine.setDemand(source, layers));
    login.events.on('layers', (consumer, layers) => this.#forwarded.set(consumer, layers));
    login.events.on('streams', () => this.#forgetForwarded(login));
    login.events.on('ended', (end) => this.#handleEnded(end));
    void login.start(this.#resume);
  }

  #forgetForwarded(login: Login): void {
    const there = new Set(login.incoming?.list.map(({ consumer }) => consumer));
    for (const consumer of this.#forwarded.keys()) if (!there.has(consumer)) this.#forwarded.delete(consumer);
  }

  #handleEntered(login: Login, token: ResumeToken): void {
    this.#resume = token;
    this.#mark('enteredMs');
    this.events.emit('resume', token);
    if (this.#state.phase === 'connecting') this.#update({ phase: 'securing' });
    for (const [source, stream] of this.#streams) this.#produce(login, source, stream);
    void login.incoming?.setDemand(demandsOf(this.#decisions));
  }

  #handleEpoch(change: EpochChange): void {
    const login = this.#login;
    if (!login) return;
    this.#mark('keyedMs');
    // Their names go with them.
    const left = change.removed.map((peer) => this.#participants.nameOf(peer) ?? '');
    this.#participants.setRoster(change.roster);
    void this.#deps.engine.setKeys(change.keys);
    const first = this.#state.phase !== 'in-call';
    for (const name of left) this.#notice('left', { name });
    this.#noteMembership(change, login.peer, first);
    this.#backoff.reset();
    this.#update({
      phase: 'in-call',
      code: change.code,
      alone: change.roster.length === 1,
      joinedAt: this.#state.joinedAt ?? this.#deps.clock.wallMs(),
      problems: this.#state.problems.filter((problem) => !isConnectionProblem(problem)),
    });
    if (first || change.added.length > 0) this.#profileSent = '';
    this.#sendProfile();
    this.#refreshParticipants();
  }

  #noteMembership(change: EpochChange, self: string, first: boolean): void {
    if (first && this.#state.joinedAt !== null) this.#notice('rejoined', {});
    for (const peer of this.#unannounced) if (!this.#participants.has(peer)) this.#unannounced.delete(peer);
    // Who joined is told when the name arrives: a notice without one helps nobody.
    if (!first) for (const peer of change.added) if (peer !== self) this.#unannounced.add(peer);
  }
  readonly #unannounced = new Set<string>();

  #handleData(peer: string, data: DataMessage): void {
    if (data.type === 'profile') {
      this.#participants.setProfile(peer, data);
      if (this.#unannounced.delete(peer)) this.#notice('joined', { name: data.name });
      this.#refreshParticipants();
    } else if (data.type === 'chat') {
      this.#addChat(peer, this.#participants.nameOf(peer), data.text);
    }
  }

  #handleEnded(end: LoginEnd): void {
    this.#login = null;
    this.#deps.engine.clearKeys();
    if (!this.#link) return;
    if (!end.retry) {
      this.#link = null;
      void this.#finish(end.code);
      return;
    }
    const delayMs = this.#backoff.nextMs();
    const { attempt } = this.#backoff;
    this.#deps.log.info('logging in again', { code: end.code, attempt, delayMs: Math.round(delayMs) });
    this.#setProblem(end.code, true);
    const phase: CallPhase = this.#state.joinedAt === null ? 'connecting' : 'rejoining';
    this.#update({ phase, code: null });
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => this.#logIn());
  }

  async #finish(code: string | null): Promise<void> {
    this.#cancelRetry();
    for (const cancel of this.#cancelTimers.splice(0)) cancel();
    this.#resume = null;
    this.events.emit('resume', null);
    this.#deps.engine.clearKeys();
    this.#participants.setRoster([]);
    const sources = [...this.#streams.keys()];
    this.#streams.clear();
    this.#limits.clear();
    await Promise.all(sources.map((source) => this.#deps.engine.release(source)));
    const lastEnd = code === null ? null : { code, message: `${textOf(code).message} ${textOf(code).action}` };
    this.#state = { ...idleCallState, volume: this.#state.volume, lastEnd };
    this.#emit();
  }

  async #openSources(): Promise<void> {
    const { microphone, camera } = this.#wanted;
    await Promise.all([
      microphone === 'none' ? null : this.#openSource('microphone', microphone === 'muted').catch(() => undefined),
      // A camera that is off stays closed: its light must not flash at a join.
      camera === 'on' ? this.#openSource('camera', false).catch(() => undefined) : null,
    ]);
  }

  async #openSource(source: MediaSourceName, muted: boolean): Promise<void> {
    if (this.#streams.has(source)) return;
    try {
      const stream = await this.#deps.engine.open(source);
      if (!this.#link) return await this.#deps.engine.release(source);
      this.#streams.set(source, stream);
      this.#setProblem(`call/${source}-unavailable`, false);
      if (muted) await this.#deps.engine.setMuted(source, true);
      if (this.#login && this.#resume) this.#produce(this.#login, source, stream);
    } catch (error) {
      this.#deps.log.warn('a source cannot be opened', { ...errorFields(error), source });
      this.#setProblem(`call/${source}-unavailable`, true);
      throw error;
    }
  }

  #produce(login: Login, source: MediaSourceName, stream: OutgoingStream): void {
    const sent = login.produce(source, stream, this.#isMuted(source)).then(() => {
      const limit = this.#limits.get(source);
      if (limit) login.limitLayers(source, limit);
    });
    sent.catch((error: unknown) => {
      if (login.ended) return;
      this.#deps.log.warn('a source cannot be sent', { ...errorFields(error), source });
      this.#setProblem(codeOf(error) === 'unknown' ? `call/${source}-unavailable` : codeOf(error), true);
    });
  }

  #handleLimited(source: MediaSourceName, layers: Layers | null): void {
    if (layers) this.#limits.set(source, layers);
    else this.#limits.delete(source);
    this.#login?.limitLayers(source, layers);
  }

  #isMuted(source: MediaSourceName): boolean {
    if (source === 'microphone') return this.#wanted.microphone === 'muted';
    return source === 'camera' && this.#wanted.camera === 'off';
  }

  async #setSource(source: 'microphone' | 'camera', off: boolean): Promise<boolean> {
    if (!this.#link) return true;
    if (!this.#streams.has(source)) {
      if (off) return true;
      // Not opened at the start, or lost since: asking for it is asking to open it.
      if (source === 'microphone') this.#wanted.microphone = 'on';
      else this.#wanted.camera = 'on';
      await this.#openSource(source, false).catch(() => undefined);
      return !this.#streams.has(source);
    }
    const reached = await this.#deps.engine.setMuted(source, off);
    this.#login?.setPaused(source, reached);
    return reached;
  }

  #sendProfile(): void {
    const { name, kind } = this.#deps.profile;
    const { microphone, camera, sharing, hand } = this.#wanted;
    const profile: DataMessage = { type: 'profile', name, kind, media: { microphone, camera, sharing, hand } };
    const login = this.#login;
    if (!login || this.#state.phase !== 'in-call') return;
    this.#participants.setProfile(login.peer, profile);
    this.#refreshParticipants();
    const text = JSON.stringify(profile);
    if (text === this.#profileSent || this.#participants.count < 2) return;
    this.#profileSent = text;
    login.sendData(profile).catch((error: unknown) => {
      this.#profileSent = '';
      this.#deps.log.debug('profile not sent', errorFields(error));
    });
  }

  #handleLevel(peer: string | null, levelDbov: number): void {
    const who = peer ?? this.#login?.peer;
    if (who === undefined) return;
    this.#participants.handleLevel(who, levelDbov, this.#deps.clock.nowMs());
  }

  #handleRejected(info: IncomingInfo, reason: string): void {
    this.#deps.log.warn('frames rejected', { reason, source: info.source, kind: info.kind });
    const recent = this.#state.notices.findLast((notice) => notice.code === 'frames-rejected');
    const now = this.#deps.clock.wallMs();
    if (recent && now - recent.at < 10_000) return;
    this.#notice('frames-rejected', { name: this.#participants.nameOf(info.peer) ?? '', source: info.source, reason });
  }

  #refreshParticipants(): void {
    const login = this.#login;
    if (!login || this.#state.phase !== 'in-call') return;
    const participants = this.#participants.list(login.peer, this.#deps.clock.nowMs());
    if (JSON.stringify(participants) !== JSON.stringify(this.#state.participants)) this.#update({ participants });
  }

  async #refreshStats(): Promise<void> {
    const stats = await this.#deps.engine.stats().catch(() => []);
    if (!this.#link) return;
    const off = new Set(this.#state.participants.filter(({ camera }) => camera !== 'on').map(({ peer }) => peer));
    const input = { stats, decisions: this.#decisions, forwarded: this.#forwarded, camerasOff: off };
    const { state, figures } = stepFigures(this.#figures, input, this.#deps.clock.nowMs());
    this.#figures = state;
    this.#update({ stats: figures });
  }

  #addChat(peer: string, name: string | null, text: string): void {
    const message: ChatMessage = { id: String(this.#chatId++), peer, name, text, at: this.#deps.clock.wallMs() };
    this.#update({ chat: [...this.#state.chat, message].slice(-CHAT_KEPT) });
  }

  #notice(code: string, params: Record<string, string>): void {
    const notice: Notice = {
      id: this.#noticeId++,
      code,
      params,
      message: noticeText(code, params),
      at: this.#deps.clock.wallMs(),
    };
    this.#update({ notices: [...this.#state.notices, notice].slice(-NOTICES_KEPT) });
  }

  #setProblem(code: string, present: boolean): void {
    const others = this.#state.problems.filter((problem) => problem.code !== code);
    if (!present && others.length === this.#state.problems.length) return;
    if (!this.#link && present) return;
    const since = this.#state.problems.find((problem) => problem.code === code)?.since ?? this.#deps.clock.wallMs();
    const problem: Problem = { code, ...textOf(code), since };
    this.#update({ problems: present ? [...others, problem] : others });
  }

  /** The line tells people and benchmarks where a join spends its time. */
  #mark(step: 'enteredMs' | 'keyedMs' | 'firstPictureMs'): void {
    if (!this.#link || step in this.#marks) return;
    this.#marks[step] = Math.round(this.#deps.clock.nowMs() - this.#startedMs);
    if (step === 'firstPictureMs') this.#deps.log.info('first picture', this.#marks);
  }

  #requireCall(): Login {
    if (!this.#login || this.#state.phase !== 'in-call')
      throw new UsageError('call/not-in-call', 'There is no call now');
    return this.#login;
  }

  #update(patch: Partial<CallState>): void {
    this.#state = { ...this.#state, ...patch };
    this.#emit();
  }

  /** One event for all that changed in this turn of the event loop. */
  #emit(): void {
    if (this.#emitPending) return;
    this.#emitPending = true;
    queueMicrotask(() => {
      this.#emitPending = false;
      this.events.emit('state', this.#state);
    });
  }
}

function isConnectionProblem(problem: Problem): boolean {
  return !problem.code.endsWith('-unavailable');
}

function noticeText(code: string, params: Record<string, string>): string {
  const name = params['name'] || 'Somebody';
  const texts: Record<string, string> = {
    joined: `${name} joined`,
    left: `${name} left`,
    rejoined: 'Reconnected',
    'frames-rejected': `Blocked ${params['source'] === 'microphone' ? 'sound' : 'video'} that did not come from ${name}`,
  };
  return texts[code] ?? code;
}

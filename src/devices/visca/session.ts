import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { ReopeningLink } from '../link/reopening-link.ts';
import { waitFor } from '../link/wait.ts';
import { addressSet, interfaceClear } from './commands.ts';
import type { Message } from './commands.ts';
import { encodeMessage, MessageDecoder, RESET_SEQUENCE } from './framing.ts';
import type { MessageKind, Received, ViscaTransport } from './framing.ts';
import type { ViscaModel } from './models.ts';
import type { ViscaErrorReason, ViscaReply } from './reply.ts';
import { TERMINATOR } from './reply.ts';

/** What became of a command. */
export type CommandOutcome =
  /** The camera has carried it out. */
  | { readonly kind: 'done' }
  /** It has taken it; that it has carried it out was not waited for, or was never said. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: ViscaErrorReason }
  | { readonly kind: 'no-answer' };

export type InquiryOutcome =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: ViscaErrorReason }
  | { readonly kind: 'no-answer' };

export interface CommandOptions {
  readonly until: 'accepted' | 'done';
  /** Goes before all that waits, and does not wait for a free socket: for stopping. */
  readonly urgent: boolean;
  /** From asking to the answer, with all waiting and retries. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
}

export interface ViscaSessionDeps {
  readonly link: ReopeningLink;
  readonly transport: ViscaTransport;
  /** The camera's place in a serial chain, 1 to 7; over IP always 1. */
  readonly address: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly model: ViscaModel;
}

type RequestResult = CommandOutcome | InquiryOutcome;

interface Request {
  readonly kind: 'command' | 'inquiry';
  readonly packet: Uint8Array;
  readonly urgent: boolean;
  readonly until: 'accepted' | 'done';
  sequence: number | null;
  tries: number;
  /** Once; later calls do nothing. */
  readonly settle: (result: RequestResult) => void;
  abandoned: boolean;
}

/** glikely/obs-ptz gives a camera three tries before it takes it for gone. */
const MAX_TRIES = 3;
const BUFFER_FULL_PAUSE_MS = 100;
/** A camera that has acknowledged and never completes gives its socket back to us after this. */
const SOCKET_TIMEOUT_MS = 15_000;
const INQUIRY_TIMEOUT_MS = 3_000;

/**
 * One camera's conversation.
 *
 * INVARIANTS
 * - At most one message waits for its first reply (`#head`), because replies without a sequence number can be told apart by
 *   their order only.
 * - Commands that were acknowledged wait in `#executing` by socket, at most as many as the camera has; inquiries never do.
 * - A request is in exactly one of `#queue`, `#head`, `#executing`, or settled.
 * - Nothing but the handshake is sent between the opening of a link and the end of the handshake.
 */
export class ViscaSession {
  readonly #deps: ViscaSessionDeps;
  readonly #decoder: MessageDecoder;
  readonly #events: TypedEmitter<{ answering: [boolean] }>;
  readonly #queue: Request[] = [];
  readonly #executing = new Map<number, { request: Request; cancel: () => void }>();
  readonly #unsubscribe: (() => void)[];
  #model: ViscaModel;
  #head: Request | null = null;
  #cancelReplyTimer: (() => void) | null = null;
  #cancelPause: (() => void) | null = null;
  #shaking: { await: Received['kind'] | ViscaReply['kind']; next: () => void } | null = null;
  #sequence = 0;
  #answering: boolean | null = null;
  #closed = false;

  constructor(deps: ViscaSessionDeps) {
    this.#deps = deps;
    this.#model = deps.model;
    this.#decoder = new MessageDecoder(deps.transport);
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
    this.#unsubscribe = [
      deps.link.on('open', () => this.#begin()),
      deps.link.on('data', (chunk) => this.#receive(chunk)),
      deps.link.on('down', () => this.#linkDown()),
      deps.link.on('probe', () => this.#probe()),
    ];
  }

  /** Whether the camera answers; `null` before the first message. Told when it changes. */
  onAnswering(listener: (answers: boolean) => void): () => void {
    return this.#events.on('answering', listener);
  }

  get model(): ViscaModel {
    return this.#model;
  }

  /** The camera was identified. */
  useModel(model: ViscaModel): void {
    this.#model = model;
  }

  /** @throws what `options.signal` was aborted with. */
  async command(message: Message, options: CommandOptions): Promise<CommandOutcome> {
    const outcome = await this.#request('command', message, options);
    return outcome.kind === 'data' ? { kind: 'done' } : outcome;
  }

  /** @throws what `signal` was aborted with. */
  async inquire(message: Message, signal: AbortSignal | null): Promise<InquiryOutcome> {
    const options: CommandOptions = { until: 'done', urgent: false, timeoutMs: INQUIRY_TIMEOUT_MS, signal };
    const outcome = await this.#request('inquiry', message, options);
    return outcome.kind === 'done' || outcome.kind === 'accepted' ? { kind: 'no-answer' } : outcome;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const off of this.#unsubscribe) off();
    this.#linkDown();
    this.#events.clear();
  }

  async #request(kind: Request['kind'], message: Message, options: CommandOptions): Promise<RequestResult> {
    if (this.#closed || !this.#deps.link.isOpen) return { kind: 'no-answer' };
    const packet = Uint8Array.of(0x80 | this.#deps.address, ...message, TERMINATOR);
    const wait = await waitFor<RequestResult>(this.#deps.clock, options.timeoutMs, options.signal, (settle) => {
      const { urgent, until } = options;
      const request: Request = { kind, packet, urgent, until, sequence: null, tries: 0, settle, abandoned: false };
      if (urgent) this.#queue.unshift(request);
      else this.#queue.push(request);
      this.#pump();
      return () => this.#abandon(request);
    });
    return wait.kind === 'value' ? wait.value : { kind: 'no-answer' };
  }

  /** Nobody waits any more. What was sent stays in its place until the camera has answered, for the sake of the order. */
  #abandon(request: Request): void {
    request.abandoned = true;
    const at = this.#queue.indexOf(request);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  // The link

  #begin(): void {
    this.#decoder.reset();
    this.#sequence = 0;
    if (this.#deps.transport === 'serial') this.#numberChain();
    else if (this.#deps.transport === 'udp-header') this.#resetSequence();
    else this.#pump();
  }

  #numberChain(): void {
    this.#shake('command', Uint8Array.of(0x88, ...addressSet, TERMINATOR), 'address-set', () =>
      this.#shake('command', Uint8Array.of(0x88, ...interfaceClear, TERMINATOR), 'interface-cleared', () =>
        this.#pump(),
      ),
    );
  }

  #resetSequence(): void {
    this.#sequence = 0;
    this.#shake('control', RESET_SEQUENCE, 'reset-done', () => this.#pump());
  }

  /** A camera that does not know the handshake is spoken to all the same, after the time of one reply. */
  #shake(kind: MessageKind, packet: Uint8Array, answer: Received['kind'] | ViscaReply['kind'], then: () => void): void {
    this.#cancelReplyTimer?.();
    const next = (): void => {
      this.#cancelReplyTimer?.();
      this.#cancelReplyTimer = null;
      this.#shaking = null;
      then();
    };
    this.#shaking = { await: answer, next };
    this.#cancelReplyTimer = this.#deps.clock.after(this.#model.replyTimeoutMs, next);
    this.#write(kind, 0, packet);
  }

  #linkDown(): void {
    this.#cancelReplyTimer?.();
    this.#cancelPause?.();
    this.#cancelReplyTimer = this.#cancelPause = this.#shaking = null;
    const requests = [this.#head, ...[...this.#executing.values()].map(({ request }) => request), ...this.#queue];
    for (const { cancel } of this.#executing.values()) cancel();
    this.#executing.clear();
    this.#queue.length = 0;
    this.#head = null;
    for (const request of requests) request?.settle({ kind: 'no-answer' });
    this.#tellAnswering(false);
  }

  /** The heartbeat: any answer will do. */
  #probe(): void {
    if (this.#head === null && this.#queue.length === 0) void this.inquire([0x09, 0x00, 0x02], null);
  }

  #write(kind: MessageKind, sequence: number, packet: Uint8Array): void {
    // A link that refuses is about to say that it is down, which settles everything.
    this.#deps.link.write(encodeMessage(this.#deps.transport, kind, sequence, packet)).catch(() => undefined);
  }

  #tellAnswering(answers: boolean): void {
    if (this.#answering === answers) return;
    this.#answering = answers;
    this.#events.emit('answering', answers);
  }

  // Sending

  #pump(): void {
    if (this.#closed || this.#shaking || this.#cancelPause || this.#head || !this.#deps.link.isOpen) return;
    const at = this.#queue.findIndex((request) => this.#maySend(request));
    const [request] = at < 0 ? [] : this.#queue.splice(at, 1);
    if (request) this.#send(request);
  }

  #maySend(request: Request): boolean {
    const atATime = Math.max(1, this.#model.sockets);
    return request.urgent || request.kind === 'inquiry' || this.#executing.size < atATime;
  }

  #send(request: Request): void {
    this.#head = request;
    request.tries += 1;
    // A repeated message keeps its number, so that the camera can tell that it is one.
    request.sequence ??= this.#sequence++ >>> 0;
    this.#cancelReplyTimer = this.#deps.clock.after(this.#model.replyTimeoutMs, () => this.#headTimedOut(request));
    this.#write(request.kind, request.sequence, request.packet);
  }

  #headTimedOut(request: Request): void {
    this.#clearHead();
    const isUrgentBehind = this.#queue.some((waiting) => waiting.urgent);
    if (request.abandoned || request.tries >= MAX_TRIES) {
      request.settle({ kind: 'no-answer' });
      if (request.tries >= MAX_TRIES) this.#tellAnswering(false);
    } else if (isUrgentBehind) this.#queue.push(request);
    else this.#queue.unshift(request);
    this.#pump();
  }

  #clearHead(): void {
    this.#head = null;
    this.#cancelReplyTimer?.();
    this.#cancelReplyTimer = null;
  }

  // Receiving

  #receive(chunk: Uint8Array): void {
    for (const message of this.#decoder.push(chunk)) this.#handle(message);
  }

  #handle(message: Received): void {
    const kind = message.kind === 'reply' ? message.reply.kind : message.kind;
    if (this.#shaking?.await === kind) {
      this.#tellAnswering(true);
      this.#shaking.next();
    } else if (message.kind === 'reply') this.#handleReply(message.reply, message.sequence);
    else if (message.kind !== 'reset-done') this.#recount();
  }

  /** The camera counts otherwise, as after its restart: begins anew with 0 and sends the message again. */
  #recount(): void {
    const request = this.#head;
    if (this.#shaking || request === null) return;
    this.#clearHead();
    if (request.tries >= MAX_TRIES) request.settle({ kind: 'no-answer' });
    else {
      request.sequence = null;
      this.#queue.unshift(request);
    }
    this.#resetSequence();
  }

  #handleReply(reply: ViscaReply, sequence: number | null): void {
    if (reply.kind === 'address-set' || reply.kind === 'interface-cleared') return;
    if (reply.from !== this.#deps.address) return;
    this.#tellAnswering(true);
    switch (reply.kind) {
      case 'network-change':
        return this.#renumber();
      case 'ack':
        return this.#acknowledged(reply.socket, sequence);
      case 'completion':
        return this.#completed(reply.socket, reply.data, sequence);
      case 'error':
        return this.#refused(reply.socket, reply.reason, sequence);
    }
  }

  /** A camera was switched on or plugged into the chain: it has forgotten its number and everything it was asked. */
  #renumber(): void {
    if (this.#deps.transport !== 'serial' || this.#shaking) return;
    const head = this.#head;
    this.#clearHead();
    if (head !== null) this.#queue.unshift(head);
    for (const { request, cancel } of this.#executing.values()) {
      cancel();
      // A movement that nobody waits for any more must not begin again behind a stop.
      if (request.until === 'done' && !request.abandoned) this.#queue.unshift(request);
    }
    this.#executing.clear();
    this.#numberChain();
  }

  #isHeads(sequence: number | null): boolean {
    if (this.#head === null) return false;
    return sequence === null || this.#model.sequence === 'unrelated' || this.#head.sequence === sequence;
  }

  #acknowledged(socket: number, sequence: number | null): void {
    const request = this.#head;
    if (request?.kind !== 'command' || !this.#isHeads(sequence)) return;
    this.#clearHead();
    if (request.until === 'accepted') request.settle({ kind: 'accepted' });
    // The camera gives the socket away again: the completion of what was in it got lost.
    this.#free(socket)?.settle({ kind: 'accepted' });
    const cancel = this.#deps.clock.after(SOCKET_TIMEOUT_MS, () => {
      this.#free(socket)?.settle({ kind: 'accepted' });
      this.#pump();
    });
    this.#executing.set(socket, { request, cancel });
    this.#pump();
  }

  #free(socket: number): Request | null {
    const entry = this.#executing.get(socket);
    entry?.cancel();
    this.#executing.delete(socket);
    return entry?.request ?? null;
  }

  #completed(socket: number, data: Uint8Array, sequence: number | null): void {
    if (data.length > 0) return this.#answered(data, sequence);
    const executing = this.#executing.get(socket)?.request;
    if (executing && this.#matches(executing, sequence)) this.#free(socket)?.settle({ kind: 'done' });
    else if (this.#head?.kind === 'command' && this.#isHeads(sequence)) {
      // Some cameras complete without having acknowledged (glikely/obs-ptz).
      const request = this.#head;
      this.#clearHead();
      request.settle({ kind: 'done' });
    }
    this.#pump();
  }

  #answered(data: Uint8Array, sequence: number | null): void {
    const request = this.#head;
    if (request?.kind !== 'inquiry' || !this.#isHeads(sequence)) return;
    this.#clearHead();
    request.settle({ kind: 'data', data });
    this.#pump();
  }

  #refused(socket: number, reason: ViscaErrorReason, sequence: number | null): void {
    const executing = this.#executing.get(socket)?.request;
    const isLate = executing !== undefined && (reason === 'cancelled' || !this.#isHeads(sequence));
    if (isLate && this.#matches(executing, sequence)) this.#free(socket)?.settle({ kind: 'refused', reason });
    else if (this.#head !== null && this.#isHeads(sequence)) {
      const request = this.#head;
      this.#clearHead();
      if (reason === 'buffer-full' && !request.abandoned) return this.#tryLater(request);
      request.settle({ kind: 'refused', reason });
    }
    this.#pump();
  }

  #matches(request: Request, sequence: number | null): boolean {
    return sequence === null || this.#model.sequence === 'unrelated' || request.sequence === sequence;
  }

  /** Both sockets are taken, maybe by another controller: the request's own deadline ends the retries. */
  #tryLater(request: Request): void {
    request.sequence = null;
    request.tries = 0;
    this.#queue.unshift(request);
    this.#cancelPause = this.#deps.clock.after(BUFFER_FULL_PAUSE_MS, () => {
      this.#cancelPause = null;
      this.#pump();
    });
  }
}
